// How far running items have come, from moment to moment: told by the process that works the queue off, for
// the others to see. Worth nothing after a power cut, so it is not in the journal and not waited for on the
// disk.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "client/engine/transfer.h"
#include "client/queue/item.h"

namespace ferry::client {

struct LiveProgress {
  Phase phase = Phase::moving;
  Bytes done = 0, resumed = 0;
  std::optional<Bytes> total;
  std::int64_t files_done = 0, files_total = 0;  // of a folder
  bool operator==(const LiveProgress&) const = default;
};
using LiveMap = std::map<QueueId, LiveProgress>;

std::string_view phase_word(Phase phase);  // "moving"

// Pure; what cannot be read is left out.
std::string format_live(const LiveMap& live);
LiveMap parse_live(std::string_view text);

// Whole or not at all.
Status write_live(const std::string& folder, const LiveMap& live);
LiveMap read_live(const std::string& folder);

}  // namespace ferry::client
