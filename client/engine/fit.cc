#include "client/engine/fit.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <numeric>

namespace ferry::client {
namespace {

std::string what(const Load& load) {
  std::string text = count_for_people(load.files) + (load.files == 1 ? " file, " : " files, ") +
                     bytes_for_people(load.bytes);
  if (load.given_back > 0)
    text += " (" + bytes_for_people(load.given_back) + " of it in place of what is there)";
  return text;
}

}  // namespace

Status check_fit(const Load& load, const Room& room) {
  if (room.bytes) {
    const Bytes needed = std::max<Bytes>(0, load.bytes - load.given_back);
    const Bytes usable = std::max<Bytes>(0, *room.bytes - room.keep_free);
    const std::string kept =
        room.keep_free > 0 ? ", " + bytes_for_people(room.keep_free) + " of it to be kept" : "";
    if (needed > usable || (room.keep_free > *room.bytes && load.bytes > 0)) {
      return fail(room.kind, fmt::format("{}; {} {}{}: does not fit by {}", what(load), room.name,
                                         bytes_for_people(*room.bytes), kept,
                                         bytes_for_people(needed + room.keep_free - *room.bytes)));
    }
  }
  const std::int64_t more = load.files - load.in_place;
  if (room.files && more > *room.files) {
    return fail(room.kind, fmt::format("{}; {} {} files: does not fit by {}", what(load), room.name,
                                       count_for_people(std::max<std::int64_t>(0, *room.files)),
                                       count_for_people(more - *room.files)));
  }
  return {};
}

Bytes room_given_back(std::vector<Bytes> replaced, int parallel) {
  const auto twice = std::min(replaced.size(), static_cast<std::size_t>(std::max(1, parallel)));
  std::partial_sort(replaced.begin(), replaced.begin() + static_cast<std::ptrdiff_t>(twice), replaced.end(),
                    std::greater<>());
  return std::accumulate(replaced.begin() + static_cast<std::ptrdiff_t>(twice), replaced.end(), Bytes{0});
}

}  // namespace ferry::client
