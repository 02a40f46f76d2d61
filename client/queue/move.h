// Another place in the order of a queue. Plain data.
#pragma once

#include "client/queue/item.h"

namespace ferry::client {

// Where an item is moved to: to an end, by one, or beside another.
struct Move {
  enum class To { front, back, up, down, before, behind } to = To::front;
  QueueId other = 0;  // of before and behind
};

}  // namespace ferry::client
