// Being another user for a moment. ferryd's master and ftpadm, when root, touch nothing below the run-as
// user's folders as root: a compromised worker could have put a link there.
#pragma once

#include <sys/types.h>

#include <vector>

#include "shared/config/options.h"

namespace ferry {

// While it lives, a process that is root has the effective user, group and (no) supplementary groups of
// `user`, and none of root's capabilities. Does nothing in a process that is not root. Not for processes with
// threads. Does not nest.
class ActAs {
 public:
  explicit ActAs(const RunAs& user);
  ActAs(const ActAs&) = delete;
  ActAs& operator=(const ActAs&) = delete;
  ~ActAs();

 private:
  bool is_active_ = false;
  std::vector<gid_t> groups_;
};

// The user this process is now.
RunAs current_user();

}  // namespace ferry
