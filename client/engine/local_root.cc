#include "client/engine/local_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace ferry::client {

Result<LocalRoot> LocalRoot::open(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, path);
  return LocalRoot(std::move(fd), path);
}

Result<LocalRoot::Place> LocalRoot::place_of(const std::string& path) const {
  const auto slash = path.rfind('/');
  const std::string folder = slash == path.npos ? "." : path.substr(0, slash);
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  UniqueFd fd(static_cast<int>(::syscall(SYS_openat2, fd_.get(), folder.c_str(), &how, sizeof how)));
  if (!fd && errno == ELOOP) return fail(Errc::outside, shown(folder) + ": a symbolic link is in the way");
  if (!fd) return fail_errno(errno, shown(folder));
  return Place{std::move(fd), slash == path.npos ? path : path.substr(slash + 1)};
}

Status LocalRoot::make_folder(const std::string& path) const {
  auto place = place_of(path);
  if (!place) return tl::unexpected(place.error());
  if (::mkdirat(place->folder.get(), place->name.c_str(), 0777) == 0) return {};
  const int why = errno;
  const auto info = look(path);
  if (why == EEXIST && info && S_ISDIR(info->st_mode)) return {};
  if (info && S_ISLNK(info->st_mode))
    return fail(Errc::outside, shown(path) + ": is a symbolic link here, which is not followed");
  return fail_errno(why, shown(path));
}

Status LocalRoot::remove_file(const std::string& path) const {
  auto place = place_of(path);
  if (!place) return tl::unexpected(place.error());
  if (::unlinkat(place->folder.get(), place->name.c_str(), 0) != 0) return fail_errno(errno, shown(path));
  return {};
}

Status LocalRoot::remove_folder(const std::string& path) const {
  auto place = place_of(path);
  if (!place) return tl::unexpected(place.error());
  if (::unlinkat(place->folder.get(), place->name.c_str(), AT_REMOVEDIR) != 0)
    return fail_errno(errno, shown(path));
  return {};
}

Result<struct stat> LocalRoot::look(const std::string& path) const {
  auto place = place_of(path);
  if (!place) return tl::unexpected(place.error());
  struct stat info {};
  if (::fstatat(place->folder.get(), place->name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
    return fail_errno(errno, shown(path));
  return info;
}

}  // namespace ferry::client
