// What the commands of the queue have in common.
#pragma once

#include <memory>

#include "client/queue/queue.h"

namespace ferry::client {

// The user's queue. Lines of its journal that are damaged are told about.
Result<std::unique_ptr<Queue>> open_queue();

}  // namespace ferry::client
