// What a server costs the machine, read from /proc: its main process and everything that descends from it.
#pragma once

#include <sys/types.h>

#include <vector>

#include "shared/base/bytes.h"

namespace ferry::bench {

// `root` and its descendants that are alive now.
std::vector<pid_t> process_tree(pid_t root);

// CPU seconds, user and system, of the tree so far, with those of its processes that have ended and been
// waited for.
double cpu_seconds(pid_t root);

// Proportional set size: shared pages count by their share. Unreadable processes (gone meanwhile) count 0.
Bytes proportional_memory(pid_t root);

}  // namespace ferry::bench
