#include "server/session/home.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <linux/openat2.h>
#include <sodium.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <climits>
#include <memory>

#include "server/session/catalogue.h"
#include "shared/ftp/path.h"

namespace ferry {

namespace {

constexpr mode_t kFileMode = 0666;    // less the umask of the worker
constexpr mode_t kFolderMode = 0777;  // likewise

// RESOLVE_IN_ROOT answers EAGAIN when a rename races with "..": the look-up is repeated, but not for ever.
constexpr int kMaxRaces = 128;

int open_in_root(int root, const char* path, std::uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  for (int race = 0; race < kMaxRaces; ++race) {
    const long fd = syscall(SYS_openat2, root, path, &how, sizeof how);
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) return static_cast<int>(fd);
  }
  return -1;
}

Result<FileInfo> info_of(int fd, std::string_view context) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return fail_errno(errno, context);
  return FileInfo::of(status);
}

Result<std::string> path_of_descriptor(int fd) {
  char text[PATH_MAX];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = readlink(link.c_str(), text, sizeof text);
  if (size < 0) return fail_errno(errno, link);
  if (static_cast<std::size_t>(size) == sizeof text) return fail(Errc::name_refused, "the path is too long");
  return std::string(text, static_cast<std::size_t>(size));
}

std::string child_path(std::string_view folder, std::string_view leaf) {
  std::string path(folder);
  if (path.empty() || path.back() != '/') path += '/';
  return path.append(leaf);
}

struct DirectoryCloser {
  void operator()(DIR* directory) const { closedir(directory); }
};
using Directory = std::unique_ptr<DIR, DirectoryCloser>;

// Reads `fd`'s names through a descriptor of its own, so that the caller's offset stays.
Result<Directory> open_names(int fd) {
  UniqueFd own(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own) return fail_errno(errno, "folder");
  Directory directory(fdopendir(own.get()));
  if (!directory) return fail_errno(errno, "folder");
  static_cast<void>(own.release());  // the DIR owns it now
  return directory;
}

bool is_dot(std::string_view name) {
  return name == "." || name == "..";
}

// A token that make_partial has not made comes from a damaged row: it may lead anywhere, so it leads nowhere.
Status check_token(std::string_view token) {
  if (!token.empty() && !is_dot(token) && token.find_first_of(std::string_view("/\0", 2)) == token.npos)
    return {};
  return fail(Errc::name_refused, "a damaged row of the store names no partial");
}

std::string token_prefix(std::int64_t maker) {
  return fmt::format("{:016x}-", static_cast<std::uint64_t>(maker));
}

}  // namespace

FileInfo FileInfo::of(const struct stat& status) {
  FileInfo info;
  info.inode = status.st_ino;
  info.device = status.st_dev;
  info.mode = status.st_mode;
  info.size = status.st_size;
  info.links = static_cast<unsigned>(status.st_nlink);
  info.uid = status.st_uid;
  info.gid = status.st_gid;
  info.modified = WallTime(std::chrono::seconds(status.st_mtim.tv_sec) +
                           std::chrono::nanoseconds(status.st_mtim.tv_nsec));
  return info;
}

Result<Bytes> free_bytes(int fd) {
  struct statvfs disk {};
  if (fstatvfs(fd, &disk) != 0) return fail_errno(errno, "the disk");
  return static_cast<Bytes>(disk.f_bavail * disk.f_frsize);
}

Home::Home(UniqueFd root, UniqueFd reserved, std::uint64_t reserved_inode, std::uint64_t device)
    : root_(std::move(root)),
      reserved_(std::move(reserved)),
      reserved_inode_(reserved_inode),
      device_(device) {}

Result<Home> Home::open(const std::string& folder, bool writable) {
  UniqueFd root(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) return fail_errno(errno, folder);
  if (writable && mkdirat(root.get(), store::kPartialsFolder, 0700) != 0 && errno != EEXIST) {
    return fail_errno(errno, folder + "/" + store::kPartialsFolder);
  }
  UniqueFd reserved(
      openat(root.get(), store::kPartialsFolder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!reserved) {
    if (writable || errno != ENOENT) return fail_errno(errno, folder + "/" + store::kPartialsFolder);
    return Home(std::move(root), UniqueFd(), 0, 0);
  }
  auto info = info_of(reserved.get(), folder);
  if (!info) return tl::unexpected(info.error());
  return Home(std::move(root), std::move(reserved), info->inode, info->device);
}

Result<UniqueFd> Home::resolve(std::string_view path, int flags, const char* inside) const {
  const std::string text(path.empty() ? "/" : path);
  if (auto checked = ftp::check_path_bytes(text); !checked) return tl::unexpected(checked.error());
  UniqueFd fd(open_in_root(root_.get(), (text + inside).c_str(), static_cast<std::uint64_t>(flags)));
  if (!fd) return fail_errno(errno, text);
  return fd;
}

Result<std::string> Home::canonical_path(int fd) const {
  auto root = path_of_descriptor(root_.get());
  if (!root) return root;
  auto path = path_of_descriptor(fd);
  if (!path) return path;
  struct stat status {};
  if (fstat(fd, &status) != 0) return fail_errno(errno, "folder");
  if (status.st_nlink == 0) return fail(Errc::not_found, "the folder has been removed");
  if (*path == *root) return std::string("/");
  const std::string prefix = *root == "/" ? *root : *root + "/";
  // The kernel has resolved inside the home already; this only turns its answer into our spelling.
  if (path->compare(0, prefix.size(), prefix) != 0) return fail(Errc::not_found, "the folder has moved");
  return "/" + path->substr(prefix.size());
}

Result<Place> Home::locate(std::string_view path, LastLink last) const {
  std::string_view tidy = path;
  while (tidy.size() > 1 && tidy.back() == '/') tidy.remove_suffix(1);
  const std::size_t slash = tidy.rfind('/');
  const std::string_view leaf = slash == std::string_view::npos ? tidy : tidy.substr(slash + 1);
  if (leaf.empty() ||
      is_dot(leaf)) {  // the home itself, or a folder by "." or "..": it exists, or the path is wrong
    auto folder = enter_folder(tidy);
    if (!folder) return tl::unexpected(folder.error());
    if (folder->path != "/") return locate(folder->path, last);
    return Place{std::move(folder->fd), "", "/", folder->info};
  }
  auto parent = resolve(slash == std::string_view::npos ? "/" : tidy.substr(0, slash), O_PATH | O_DIRECTORY);
  if (!parent) return tl::unexpected(parent.error());
  auto parent_info = info_of(parent->get(), "folder");
  if (!parent_info) return tl::unexpected(parent_info.error());
  if (is_reserved(*parent_info)) return refusal(Errc::not_found, "{}: no such file or folder", path);
  auto canonical = canonical_path(parent->get());
  if (!canonical) return tl::unexpected(canonical.error());

  Place place{std::move(*parent), std::string(leaf), child_path(*canonical, leaf), std::nullopt};
  struct stat status {};
  if (fstatat(place.parent.get(), place.leaf.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno != ENOENT) return fail_errno(errno, place.path);
    if (auto checked = ftp::check_path_bytes(place.path); !checked) return tl::unexpected(checked.error());
    return place;
  }
  place.info = FileInfo::of(status);
  if (is_reserved(*place.info)) return refusal(Errc::name_refused, "{} is reserved", place.path);
  if (!place.info->is_link() || last == LastLink::keep) return place;

  auto target = resolve(place.path, O_PATH);
  if (!target) return tl::unexpected(target.error());
  auto target_path = canonical_path(target->get());
  if (!target_path) return tl::unexpected(target_path.error());
  return locate(*target_path, LastLink::keep);
}

bool Home::is_as_seen(const Place& seen) const {
  auto now = locate(seen.path, LastLink::keep);
  if (!now || now->info.has_value() != seen.info.has_value()) return false;
  if (now->info && (now->info->inode != seen.info->inode || now->info->size != seen.info->size)) return false;
  const auto parent_now = info_of(now->parent.get(), seen.path);
  const auto parent_seen = info_of(seen.parent.get(), seen.path);
  return parent_now && parent_seen && parent_now->inode == parent_seen->inode &&
         parent_now->device == parent_seen->device;
}

Result<Home::Folder> Home::open_folder(std::string_view path) const {
  return folder_at(path, O_RDONLY | O_DIRECTORY);
}

Result<Home::Folder> Home::enter_folder(std::string_view path) const {
  return folder_at(path, O_PATH | O_DIRECTORY);
}

// By way of its ".", for which the kernel wants search permission in the folder itself.
Result<Home::Folder> Home::folder_at(std::string_view path, int flags) const {
  auto fd = resolve(path, flags, "/.");
  if (!fd) return tl::unexpected(fd.error());
  auto info = info_of(fd->get(), path);
  if (!info) return tl::unexpected(info.error());
  if (is_reserved(*info)) return refusal(Errc::not_found, "{}: no such file or folder", path);
  auto canonical = canonical_path(fd->get());
  if (!canonical) return tl::unexpected(canonical.error());
  return Folder{std::move(*fd), std::move(*canonical), *info};
}

Status Home::for_each(const Folder& folder,
                      const std::function<bool(std::string_view, const FileInfo&, bool)>& visit) const {
  auto directory = open_names(folder.fd.get());
  if (!directory) return tl::unexpected(directory.error());
  errno = 0;
  while (const dirent* entry = readdir(directory->get())) {
    const std::string_view name = entry->d_name;
    if (is_dot(name)) continue;
    struct stat status {};
    if (fstatat(folder.fd.get(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
      continue;  // gone meanwhile
    FileInfo info = FileInfo::of(status);
    if (is_reserved(info)) continue;
    const bool is_link = info.is_link();
    if (is_link) {
      if (UniqueFd target(open_in_root(root_.get(), child_path(folder.path, name).c_str(), O_PATH)); target) {
        if (auto real = info_of(target.get(), name); real && !is_reserved(*real)) info = *real;
      }
    }
    if (!visit(name, info, is_link)) return {};
    errno = 0;
  }
  if (errno != 0) return fail_errno(errno, folder.path);
  return {};
}

Result<UniqueFd> Home::open_for_reading(const Place& place) const {
  if (!place.info) return refusal(Errc::not_found, "{}: no such file", place.path);
  if (place.info->is_directory()) return refusal(Errc::is_directory, "{} is a folder", place.path);
  // O_NONBLOCK: a FIFO somebody left there must not hold the thread; plain files don't mind.
  UniqueFd file(openat(place.parent.get(), place.leaf.c_str(),
                       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file) return fail_errno(errno, place.path);
  auto info = info_of(file.get(), place.path);
  if (!info) return tl::unexpected(info.error());
  if (!info->is_file()) return refusal(Errc::permission, "{} is not a plain file", place.path);
  return file;
}

Status Home::make_folder(const Place& place) const {
  if (place.leaf.empty()) return fail(Errc::exists, "/ exists");
  if (mkdirat(place.parent.get(), place.leaf.c_str(), kFolderMode) != 0) return fail_errno(errno, place.path);
  return {};
}

Status Home::remove_folder(const Place& place) const {
  if (place.leaf.empty()) return fail(Errc::permission, "the home itself stays");
  if (unlinkat(place.parent.get(), place.leaf.c_str(), AT_REMOVEDIR) != 0)
    return fail_errno(errno, place.path);
  return {};
}

Status Home::remove_file(const Place& place) const {
  if (place.leaf.empty()) return fail(Errc::is_directory, "/ is a folder");
  if (unlinkat(place.parent.get(), place.leaf.c_str(), 0) != 0) return fail_errno(errno, place.path);
  return {};
}

Status Home::rename(const Place& from, const Place& to) const {
  if (from.leaf.empty() || to.leaf.empty())
    return fail(Errc::permission, "the home itself stays where it is");
  const unsigned flags =
      to.info ? 0 : RENAME_NOREPLACE;  // nothing that came meanwhile is replaced unaccounted
  if (renameat2(from.parent.get(), from.leaf.c_str(), to.parent.get(), to.leaf.c_str(), flags) != 0) {
    return fail_errno(errno, from.path + " to " + to.path);
  }
  return {};
}

Status Home::set_modified(const Place& place, WallTime when) const {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(when);
  timespec times[2] = {};
  times[0].tv_nsec = UTIME_OMIT;
  times[1].tv_sec = seconds.time_since_epoch().count();
  times[1].tv_nsec = (when - seconds).count();
  const char* leaf = place.leaf.empty() ? "." : place.leaf.c_str();
  if (utimensat(place.parent.get(), leaf, times, AT_SYMLINK_NOFOLLOW) != 0)
    return fail_errno(errno, place.path);
  return {};
}

Status Home::set_mode(const Place& place, mode_t permissions) const {
  if (place.leaf.empty()) return fail(Errc::permission, "the home itself keeps its mode");
  // chmod that follows no link exists only through a descriptor; O_PATH, because a file without any
  // permission can be given some back.
  const UniqueFd file(openat(place.parent.get(), place.leaf.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!file) return fail_errno(errno, place.path);
  auto info = info_of(file.get(), place.path);
  if (!info) return tl::unexpected(info.error());
  if (!info->is_file() && !info->is_directory())
    return refusal(Errc::permission, "{} is neither a file nor a folder", place.path);
  const std::string descriptor = "/proc/self/fd/" + std::to_string(file.get());
  if (chmod(descriptor.c_str(), permissions) != 0) return fail_errno(errno, place.path);
  return {};
}

Result<NewPartial> Home::make_partial(std::int64_t maker) const {
  if (!reserved_) return fail(Errc::permission, "this home is read-only");
  std::array<unsigned char, 16> random{};
  randombytes_buf(random.data(), random.size());
  std::string token(2 * random.size() + 1, '\0');
  sodium_bin2hex(token.data(), token.size(), random.data(), random.size());
  token.pop_back();
  token.insert(0, token_prefix(maker));
  UniqueFd file(
      openat(reserved_.get(), token.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode));
  if (!file) return fail_errno(errno, "the unfinished upload");
  auto info = info_of(file.get(), "the unfinished upload");
  if (!info) return tl::unexpected(info.error());
  return NewPartial{std::move(token), std::move(file), info->inode};
}

bool Home::is_partial_of(std::int64_t maker, std::string_view token) {
  return token.starts_with(token_prefix(maker));
}

Result<UniqueFd> Home::open_partial(const std::string& token) const {
  if (auto checked = check_token(token); !checked) return tl::unexpected(checked.error());
  UniqueFd file(openat(reserved_.get(), token.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  if (!file) return fail_errno(errno, "the unfinished upload");
  return file;
}

Result<FileInfo> Home::partial_info(const std::string& token) const {
  if (auto checked = check_token(token); !checked) return tl::unexpected(checked.error());
  struct stat status {};
  if (fstatat(reserved_.get(), token.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return fail_errno(errno, "the unfinished upload");
  return FileInfo::of(status);
}

Status Home::tidy_partial(const std::string& token, Bytes size) const {
  // It may have got the permissions of the file it was to replace, which may forbid to open it.
  if (fchmodat(reserved_.get(), token.c_str(), kFileMode & 0700, 0) != 0)
    return fail_errno(errno, "the unfinished upload");
  auto file = open_partial(token);
  if (!file) return tl::unexpected(file.error());
  if (ftruncate(file->get(), size) != 0) return fail_errno(errno, "the unfinished upload");
  return {};
}

Status Home::cut_partial(const std::string& token, Bytes size) const {
  if (size == 0) return remove_partial(token);
  auto file = open_partial(token);
  if (!file) return tl::unexpected(file.error());
  if (ftruncate(file->get(), size) != 0) return fail_errno(errno, "the unfinished upload");
  return {};
}

Status Home::remove_partial(const std::string& token) const {
  if (auto checked = check_token(token); !checked) return checked;
  if (unlinkat(reserved_.get(), token.c_str(), 0) != 0 && errno != ENOENT)
    return fail_errno(errno, "the unfinished upload");
  return {};
}

Status Home::publish(const std::string& token, const Place& place) const {
  if (auto checked = check_token(token); !checked) return checked;
  if (renameat(reserved_.get(), token.c_str(), place.parent.get(), place.leaf.c_str()) != 0) {
    return fail_errno(errno, place.path);
  }
  return {};
}

Status Home::sync_folder(const Place& place) const {
  const UniqueFd folder(openat(place.parent.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return fail_errno(errno, place.path);
  if (fsync(folder.get()) != 0) return fail_errno(errno, place.path);
  return {};
}

Status Home::for_each_partial(const std::function<void(std::string_view)>& visit) const {
  if (!reserved_) return {};
  auto directory = open_names(reserved_.get());
  if (!directory) return tl::unexpected(directory.error());
  while (const dirent* entry = readdir(directory->get())) {
    if (!is_dot(entry->d_name)) visit(entry->d_name);
  }
  return {};
}

}  // namespace ferry
