// A forked process of ferryd's: from the fork to the moment it is what it is going to be, an unprivileged
// process that holds nothing it does not need. Runs between master and worker; knows nothing of sessions.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "shared/config/options.h"

namespace ferry {

struct ChildRole {
  std::string title;       // for ps, "ferryd: worker 1"
  std::vector<int> keeps;  // descriptors it goes on holding, beside 0, 1 and 2; all others are closed
  RunAs run_as;
};

// The whole way from master to worker, in the child: descriptors, signals, user, capabilities. Aborts rather
// than go on with more than it should have. Terminal signals are ignored from here on (the master speaks for
// the operator); the process dies with `master`.
void become_worker(const ChildRole& role, pid_t master);

// Forks; the child becomes `role` and exits with what `life` returns. The pid, or -1 and errno.
pid_t fork_child(const ChildRole& role, const std::function<int()>& life);

}  // namespace ferry
