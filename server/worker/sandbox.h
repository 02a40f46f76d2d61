// The last step before a worker's first accept: what it will never need is taken from it, so that a hole in
// the code that parses a client's bytes is a hole into very little. Landlock: only homes, store and logs;
// seccomp: only the system calls a worker makes, no new programs.
#pragma once

#include <string>
#include <vector>

#include "shared/base/log.h"
#include "shared/base/result.h"

namespace ferry {

struct SandboxPaths {
  std::vector<std::string> needed;  // folders the worker cannot do without, with everything below
  std::vector<std::string> homes;   // one that cannot be opened is its account's trouble only
};

// Both apply to this process and all its threads to come, and cannot be undone. What the kernel does not
// offer (Landlock before 5.19) is logged and left out; what it offers and refuses is an error.
Status enter_sandbox(const SandboxPaths& paths, Logs& logs);

}  // namespace ferry
