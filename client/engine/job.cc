#include "client/engine/job.h"

#include <algorithm>

namespace ferry::client {
Bytes plausible_sum(Bytes sum, std::optional<Bytes> size) {
  constexpr Bytes kMost = Bytes{1} << 60;
  if (!size || *size < 0 || *size > kMost) return sum;
  return std::min(sum + *size, kMost);
}

bool take_failure(Connection& connection, ItemId item, Error error, JobObserver& observer, Tally& tally) {
  ++tally.failed;
  observer.failed(item, error);
  const bool over = error.kind == Errc::cancelled || !connection.usable();
  if (over) tally.stopped_by = error;
  if (!tally.first_error) tally.first_error = std::move(error);
  return !over;
}

}  // namespace ferry::client
