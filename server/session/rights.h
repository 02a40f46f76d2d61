// What the kernel would let this process do with a name, told beforehand: for MLSx's perm, and for refusing
// an upload before its first byte instead of behind its last. Runs in workers. Decides nothing: every
// operation asks the kernel itself, which has the last word.
#pragma once

#include <sys/types.h>

#include <vector>

#include "server/session/home.h"

namespace ferry {

// Who this process is for the file system.
struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;

  static Identity of_process();  // before the sandbox: it allows no getgroups()
  // Whether the mode bits give all of `wanted`, a sum of R_OK, W_OK and X_OK. No system call; it knows
  // neither access control lists nor read-only mounts.
  bool may(const FileInfo& info, int wanted) const;
};

// What may be done with the names in one folder. The kernel is asked, so ACLs and mounts count too.
class FolderRights {
 public:
  FolderRights() = default;  // nothing may be done
  // `path` is relative to `folder`: "." or "..". Two system calls.
  static FolderRights of(const Identity& who, int folder, const char* path = ".");

  bool can_add() const { return is_writable_; }
  // Removing, renaming and replacing a name whose file has this owner; in a sticky folder only one's own.
  bool can_take(uid_t owner) const { return is_writable_ && (takes_all_ || owner == self_); }

 private:
  bool is_writable_ = false;
  bool takes_all_ = false;
  uid_t self_ = 0;
};

}  // namespace ferry
