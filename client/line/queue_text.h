// How the items of a queue are shown: for people, for programs, as JSON. Pure.
#pragma once

#include <string>
#include <vector>

#include "client/line/json_lines.h"
#include "client/queue/queue.h"

namespace ferry::client {

// An item as another process sees it: what seems to run does not if nobody works the queue off.
struct QueueView {
  QueueItem item;
  std::optional<LiveProgress> live;
};
std::vector<QueueView> views_of(const std::vector<QueueRow>& rows, bool has_runner, const LiveMap& live);

// A heading, and one line per item, with another below it for an error. Made safe; ends with newlines.
std::string queue_table(const std::vector<QueueView>& items);

// Separated by tabs, names last and as they are: id, state, direction, priority, bytes, bytes in all, files,
// files in all, tries that failed, added, login, question, class of the error, remote, local. "-": unknown or
// none. One line, no newline.
std::string queue_line(const QueueView& view);

JsonObject queue_fields(const QueueView& view);

// "-10", "low", "normal", "high" -> what it stands for.
std::optional<int> parse_priority(std::string_view text);

// "first", "last", "up", "down", "before=5", "behind=5".
std::optional<Move> parse_move(std::string_view text);

}  // namespace ferry::client
