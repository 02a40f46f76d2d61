// Is the file of one side the file of the other? What a sync knows of a pair, and what follows. Pure.
// Internal to client/engine: make_sync_plan() applies it.
#pragma once

#include "client/engine/sync_plan.h"

namespace ferry::client {

struct SyncVerdict {
  enum class Kind { same, copy, keep };
  Kind kind = Kind::same;
  SyncWhy why = SyncWhy::missing;  // of copy and keep
  bool is_by_size = false;         // of same: no time speaks for it, and none against it
};

// Both are files. `record` may be null.
SyncVerdict judge_pair(const SyncEntry& source, const SyncEntry& target, const SyncOptions& options,
                       const SyncRecord* record);

}  // namespace ferry::client
