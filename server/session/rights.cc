#include "server/session/rights.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "shared/base/check.h"

namespace ferry {

Identity Identity::of_process() {
  Identity who{geteuid(), getegid(), {}};
  const int count = getgroups(0, nullptr);
  CHECK(count >= 0);
  who.groups.resize(static_cast<std::size_t>(count));
  CHECK(getgroups(count, who.groups.data()) == count);
  return who;
}

bool Identity::may(const FileInfo& info, int wanted) const {
  if (uid == 0) return (wanted & X_OK) == 0 || info.is_directory() || (info.mode & 0111) != 0;
  // The first class that fits decides, as in the kernel: an owner without a right has not the others' either.
  unsigned shift = 0;
  if (info.uid == uid) {
    shift = 6;
  } else if (info.gid == gid || std::ranges::find(groups, info.gid) != groups.end()) {
    shift = 3;
  }
  const auto bits = static_cast<unsigned>(wanted);
  return ((info.mode >> shift) & bits) == bits;
}

FolderRights FolderRights::of(const Identity& who, int folder, const char* path) {
  FolderRights rights;
  struct stat status {};
  if (faccessat(folder, path, W_OK | X_OK, 0) != 0 || fstatat(folder, path, &status, 0) != 0) return rights;
  rights.is_writable_ = true;
  rights.self_ = who.uid;
  rights.takes_all_ = (status.st_mode & S_ISVTX) == 0 || who.uid == 0 || status.st_uid == who.uid;
  return rights;
}

}  // namespace ferry
