// What people do to items, as one table: in which states an action makes sense and what becomes of the item.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client/queue/item.h"

namespace ferry::client {

enum class Action {
  pause,   // keeps what has arrived
  resume,  // a paused one
  cancel,  // forgets what has arrived
  retry,   // what has failed, was cancelled, asks, or waits for its next try; with a new count of attempts
  clear,   // off the list
};

bool may(Action action, ItemState state);

// How an item that asked is to go on, and any other when it is tried again; nullopt: as it was added.
struct RetryWish {
  std::optional<Resume> resume;
};

// The item after `action`, which must be allowed; not for clear.
QueueItem acted(Action action, QueueItem item, const RetryWish& wish, WallTime now);

// "item 5 is done: it cannot be paused".
std::string why_not(Action action, const QueueItem& item);

}  // namespace ferry::client
