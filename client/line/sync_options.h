// What the command line of `ferry sync` asked for, as plain data.
#pragma once

#include <string>
#include <vector>

#include "client/engine/sync_plan.h"

namespace ferry::client {

struct SyncWish {
  bool up = false, down = false;  // said, not derived
  SyncCompare compare = SyncCompare::time_size;
  bool remove_extra = false;   // --delete
  bool allow_empty = false;    // --allow-empty
  bool replace_newer = false;  // --overwrite-newer
  bool yes = false;            // no question before removals
  bool dry_run = false, exit_code = false;
  std::vector<std::string> excludes, includes;
};

}  // namespace ferry::client
