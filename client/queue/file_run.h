// One try of one file, over a session that somebody has borrowed. Blocks on network and disk. Internal to
// client/queue.
#pragma once

#include "client/engine/reports.h"
#include "client/queue/outcome.h"
#include "client/queue/queue.h"

namespace ferry::client {

// `number`: what the file is called in reports. Progress is shown in the queue.
struct FileRun {
  Queue& queue;
  Reports& reports;
  ItemId number;
  TransferResult result = {};

  Outcome run(Connection& connection, const QueueItem& item);
};

}  // namespace ferry::client
