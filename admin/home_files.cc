#include "admin/home_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "shared/ftp/path.h"
#include "shared/store/account.h"

namespace ferry::admin {

namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

// `path` is relative.
UniqueFd open_folder_below(int home, const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return UniqueFd(static_cast<int>(::syscall(SYS_openat2, home, path.c_str(), &how, sizeof how)));
}

bool means_nothing_there(int why) {
  return why == ENOENT || why == ENOTDIR || why == ELOOP;
}

HomeFiles::Found found_at(int folder, const std::string& name, std::string_view context) {
  struct stat found {};
  if (::fstatat(folder, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0) return found;
  if (means_nothing_there(errno)) return std::nullopt;
  return fail_errno(errno, context);
}

}  // namespace

bool is_canonical(std::string_view path) {
  return path.size() > 1 && path.front() == '/' && ftp::check_path_bytes(path) &&
         ftp::join_path("/", path) == path;
}

bool is_token(std::string_view token) {
  return !token.empty() && token != "." && token != ".." &&
         token.find_first_of(std::string_view("/\0", 2)) == token.npos;
}

std::int64_t mtime_ns(const struct stat& found) {
  constexpr std::int64_t kPerSecond = 1'000'000'000;
  return std::int64_t{found.st_mtim.tv_sec} * kPerSecond + found.st_mtim.tv_nsec;
}

Result<HomeFiles> HomeFiles::open(const std::string& folder) {
  UniqueFd home(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!home) return fail_errno(errno, "home " + folder);
  UniqueFd partials(
      ::openat(home.get(), store::kPartialsFolder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!partials && errno != ENOENT) return fail_errno(errno, folder + "/" + store::kPartialsFolder);
  return HomeFiles(folder, std::move(home), std::move(partials));
}

HomeFiles::Found HomeFiles::look(std::string_view path) {
  const std::string parent(ftp::parent_path(path));
  if (!parent_ || parent != parent_path_) {
    parent_ = open_folder_below(home_.get(), parent == "/" ? "." : parent.substr(1));
    if (!parent_ && !means_nothing_there(errno)) return fail_errno(errno, path);
    parent_path_ = parent;
    if (!parent_) return std::nullopt;
  }
  return found_at(parent_.get(), std::string(ftp::leaf_name(path)), path);
}

HomeFiles::Found HomeFiles::look_again(std::string_view path) {
  parent_.reset();
  return look(path);
}

HomeFiles::Found HomeFiles::partial(const std::string& token) const {
  if (!partials_) return std::nullopt;
  return found_at(partials_.get(), token, folder_ + ": a partial");
}

Status HomeFiles::tidy_partial(const std::string& token, Bytes size) const {
  if (::fchmodat(partials_.get(), token.c_str(), 0600, 0) != 0)
    return fail_errno(errno, folder_ + ": a partial");
  const UniqueFd file(::openat(partials_.get(), token.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file || ::ftruncate(file.get(), size) != 0) return fail_errno(errno, folder_ + ": a partial");
  return {};
}

Status HomeFiles::cut_partial(const std::string& token, Bytes size) const {
  if (size == 0) return remove_partial(token);
  const UniqueFd file(::openat(partials_.get(), token.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file || ::ftruncate(file.get(), size) != 0) return fail_errno(errno, folder_ + ": a partial");
  return {};
}

Status HomeFiles::remove_partial(const std::string& token) const {
  if (!partials_ || ::unlinkat(partials_.get(), token.c_str(), 0) == 0 || errno == ENOENT) return {};
  return fail_errno(errno, folder_ + ": a partial");
}

Status HomeFiles::for_each_partial(const std::function<void(std::string_view)>& visit) const {
  if (!partials_) return {};
  UniqueFd own(::openat(partials_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, CloseFolder> folder(own ? ::fdopendir(own.get()) : nullptr);
  if (!folder) return fail_errno(errno, folder_ + ": the partials");
  static_cast<void>(own.release());  // the DIR has it
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(folder.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") visit(name);
  }
  if (errno != 0) return fail_errno(errno, folder_ + ": the partials");
  return {};
}

}  // namespace ferry::admin
