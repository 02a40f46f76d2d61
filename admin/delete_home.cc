// Deleting a home. A folder's sub-folders are moved up to the home's top before they are emptied in their
// turn, so two descriptors are enough for any depth, and no path gets long. Nothing is named by more than one
// component below a descriptor, and no link is followed.
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "admin/folder_names.h"
#include "admin/home_folder.h"
#include "shared/base/unique_fd.h"
#include "shared/config/run_as.h"
#include "shared/store/account.h"

namespace ferry::admin {

namespace {

// The folder `name` directly below `parent`, to be looked at: not what a link leads to, nor what is mounted
// there, be it of the same file system (EXDEV).
UniqueFd open_below(int parent, const std::string& name) {
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS;
  return UniqueFd(static_cast<int>(::syscall(SYS_openat2, parent, name.c_str(), &how, sizeof how)));
}

class Emptying {
 public:
  Emptying(const UniqueFd& top, std::string name) : top_(top.get()), name_(std::move(name)) {}

  // Until nothing is left: what was moved up in one round is emptied in the next.
  Status run() {
    while (true) {
      const auto names = names_in(top_);
      if (!names) return tl::unexpected<Error>(names.error());
      if (names->empty()) return {};
      for (const std::string& name : *names) {
        if (const Status removed = remove(name); !removed) return removed;
      }
    }
  }

 private:
  tl::unexpected<Error> broken(const std::string& name) const {
    return fail_errno(errno, "cannot delete " + name + " in " + name_);
  }

  // A folder that its owner may not read or change is opened up first; of the folder itself, not of what a
  // link leads to.
  Result<UniqueFd> open_up(int parent, const std::string& name) const {
    const UniqueFd handle = open_below(parent, name);
    if (!handle && errno == EXDEV)
      return fail(Errc::busy, "something is mounted on " + name + " in " + name_);
    if (!handle) return broken(name);
    struct stat found {};
    if (::fstat(handle.get(), &found) != 0) return broken(name);
    const std::string itself = "/proc/self/fd/" + std::to_string(handle.get());
    if ((found.st_mode & S_IRWXU) != S_IRWXU && ::chmod(itself.c_str(), 0700) != 0) return broken(name);
    UniqueFd folder(::openat(handle.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return broken(name);
    return folder;
  }

  // A name at the top: gone afterwards, its sub-folders at the top in its place.
  Status remove(const std::string& name) {
    if (::unlinkat(top_, name.c_str(), 0) == 0 || errno == ENOENT) return {};
    if (errno != EISDIR) return broken(name);
    const auto folder = open_up(top_, name);
    if (!folder) return tl::unexpected<Error>(folder.error());
    const auto inner_names = names_in(folder->get());
    if (!inner_names) return tl::unexpected<Error>(inner_names.error());
    for (const std::string& inner : *inner_names) {
      if (const Status gone = remove_or_move_up(folder->get(), inner); !gone) return gone;
    }
    if (::unlinkat(top_, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
    return errno == ENOTEMPTY ? Status()
                              : Status(broken(name));  // somebody still writes: again in the next round
  }

  Status remove_or_move_up(int folder, const std::string& name) {
    if (::unlinkat(folder, name.c_str(), 0) == 0 || errno == ENOENT) return {};
    if (errno != EISDIR) return broken(name);
    if (::unlinkat(folder, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
    if (errno != ENOTEMPTY) return broken(name);
    if (const auto opened = open_up(folder, name); !opened) return tl::unexpected<Error>(opened.error());
    while (true) {
      const std::string free = ".deleting-" + std::to_string(::getpid()) + "-" + std::to_string(++moved_);
      if (::renameat2(folder, name.c_str(), top_, free.c_str(), RENAME_NOREPLACE) == 0) return {};
      if (errno != EEXIST) return broken(name);
    }
  }

  int top_;
  std::string name_;  // for messages
  unsigned long moved_ = 0;
};

// The empty folder, in the folder it lies in. As root only if the user may not write there; an empty folder
// is all that can be lost.
Status remove_empty(const std::filesystem::path& folder, const RunAs& user) {
  const auto try_it = [&] { return ::rmdir(folder.c_str()) == 0 ? 0 : errno; };
  int why = 0;
  {
    const ActAs acting(user);
    why = try_it();
  }
  if (why == EACCES && ::geteuid() == 0) why = try_it();
  if (why == 0 || why == ENOENT) return {};
  return fail_errno(why, "the home is empty, but cannot be removed: " + folder.string());
}

}  // namespace

Status delete_home(const std::string& folder, const RunAs& user) {
  {
    const ActAs acting(user);
    const UniqueFd top(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!top && errno == ENOENT) return {};
    if (!top) return fail_errno(errno, "home " + folder);
    if (const Status emptied = Emptying(top, folder).run(); !emptied) return emptied;
  }
  return remove_empty(folder, user);
}

Status delete_partials(const std::string& folder, const RunAs& user) {
  const ActAs acting(user);
  const UniqueFd home(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!home && errno == ENOENT) return {};
  if (!home) return fail_errno(errno, "home " + folder);
  const UniqueFd handle = open_below(home.get(), store::kPartialsFolder);
  if (!handle && errno == ENOENT) return {};
  const UniqueFd top(handle ? ::openat(handle.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1);
  if (!top) return fail_errno(errno, "unfinished uploads in " + folder);
  if (const Status emptied = Emptying(top, folder).run(); !emptied) return emptied;
  if (::unlinkat(home.get(), store::kPartialsFolder, AT_REMOVEDIR) == 0) return {};
  return fail_errno(errno, "unfinished uploads in " + folder);
}

}  // namespace ferry::admin
