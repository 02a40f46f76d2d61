// What a cancelled upload has left on the server. Blocks on the network. Internal to client/queue.
#pragma once

#include "client/engine/connection.h"
#include "client/queue/item.h"

namespace ferry::client {

// Removes it if it is a piece of this upload for sure: ferryd says so (SITE BREAKPOINT), elsewhere it must be
// shorter than the local file and written down as begun from it (upload_records.h). Anything else stays. An
// error: the server could not be asked.
Status remove_leftover(Connection& connection, const QueueItem& item);

}  // namespace ferry::client
