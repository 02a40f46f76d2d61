#include "client/engine/rate.h"

#include <algorithm>
#include <string>

#include "client/engine/wait.h"

namespace ferry::client {
namespace {

constexpr Bytes kPortionsPerSecond = 20, kSmallestPortion = 512, kLargestPortion = 256 * 1024;

Result<std::optional<Bytes>> parse_rate(std::string_view text) {
  auto rate = parse_bytes(text);
  if (!rate) return fail(Errc::bad_syntax, std::string(text) + ": no rate such as 5M or 800K");
  return *rate == 0 ? std::optional<Bytes>() : std::optional<Bytes>(*rate);
}

}  // namespace

SteadyTime TokenBucket::take(Bytes bytes, SteadyTime now) {
  const auto goes = std::max(next_, now - std::chrono::duration_cast<SteadyTime::duration>(kBurst));
  const double seconds = static_cast<double>(bytes) / static_cast<double>(rate_);
  next_ = goes + std::chrono::duration_cast<SteadyTime::duration>(std::chrono::duration<double>(seconds));
  return std::max(next_, now);
}

std::size_t TokenBucket::portion() const {
  return static_cast<std::size_t>(
      std::clamp(rate_ / kPortionsPerSecond, std::min(rate_, kSmallestPortion), kLargestPortion));
}

Status RateLimit::wait_for(std::size_t bytes, const Cancel* cancel) {
  SteadyTime when;
  {
    const std::lock_guard lock(mutex_);
    when = bucket_.take(static_cast<Bytes>(bytes), std::chrono::steady_clock::now());
  }
  auto waited = wait_ready(-1, 0, Deadline::at(when), cancel);
  return !waited && waited.error().kind == Errc::cancelled ? waited : Status();
}

Result<Rates> parse_rates(std::string_view text) {
  const auto colon = text.find(':');
  auto down = parse_rate(text.substr(0, colon));
  auto up = colon == text.npos ? down : parse_rate(text.substr(colon + 1));
  if (!down || !up) return tl::unexpected(down ? up.error() : down.error());
  return Rates{*down, *up};
}

}  // namespace ferry::client
