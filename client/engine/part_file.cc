#include "client/engine/part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>

namespace ferry::client {
namespace {

constexpr Bytes kHandOver = 8 * 1024 * 1024;

timespec timespec_of(WallTime when) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(when);
  return {static_cast<time_t>(seconds.time_since_epoch().count()),
          static_cast<long>((when - seconds).count())};
}

Result<UniqueFd> open_folder(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, path);
  return fd;
}

// A new name, on the disk. A folder that may be written but not read cannot be synced: its name is then as
// durable as any program makes it.
Status sync_name(const std::string& name) {
  const std::string parent = std::filesystem::path(name).parent_path().native();
  auto folder = open_folder(parent.empty() ? "." : parent);
  if (!folder) return {};
  if (::fsync(folder->get()) != 0 && errno != EINVAL) return fail_errno(errno, parent);
  return {};
}

}  // namespace

void set_modified(int fd, const std::optional<WallTime>& modified) {
  if (!modified) return;
  const std::array<timespec, 2> times{{{0, UTIME_OMIT}, timespec_of(*modified)}};
  (void)::futimens(fd, times.data());
}

Result<LocalTarget> look_at_target(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return LocalTarget{};
    return fail_errno(errno, path);
  }
  if (S_ISDIR(info.st_mode)) return fail_errno(EISDIR, path);
  if (!S_ISREG(info.st_mode)) return fail(Errc::exists, path + ": is no regular file");
  return LocalTarget{true, info.st_mode & 0777};
}

bool become_partial(const std::string& name) {
  return ::renameat2(AT_FDCWD, name.c_str(), AT_FDCWD, part_path(name).c_str(), RENAME_NOREPLACE) == 0;
}

std::string part_path(const std::string& name) {
  constexpr std::size_t kMostOfName = 255 - sizeof ".ferry-part.journal.new", kKept = 200;
  const auto slash = name.rfind('/');
  const std::size_t from = slash == name.npos ? 0 : slash + 1;
  if (name.size() - from <= kMostOfName) return name + kPartSuffix;
  std::size_t end = from + kKept;
  while (end > from && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;  // whole characters
  Digest digest(DigestKind::sha256);
  digest.update(std::string_view(name).substr(from));
  return name.substr(0, end) + "~" + digest.hex().substr(0, 16) + kPartSuffix;
}

Result<UniqueFd> PartFile::open_locked(const std::string& path, mode_t mode) {
  const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  for (int tries = 0; tries < 100; ++tries) {
    UniqueFd fd(::open(path.c_str(), flags, mode));
    if (!fd) return fail_errno(errno, path);
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return fail_errno(errno, path);
    if (!S_ISREG(info.st_mode) || info.st_uid != ::geteuid() || info.st_nlink > 1)
      return fail(Errc::exists, path + ": is no file of ours alone");
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      return fail(Errc::busy, path + ": another program is writing it");
    }
    // Its writer may have finished between our open and our lock: then what we hold is the finished file
    // under its own name, which is none of ours to write.
    struct stat now {};
    if (::lstat(path.c_str(), &now) == 0 && now.st_dev == info.st_dev && now.st_ino == info.st_ino) return fd;
  }
  return fail(Errc::busy, path + ": other programs keep replacing it");
}

Result<PartFile> PartFile::open(const std::string& name, const LocalTarget& target) {
  PartFile part;
  part.path_ = part_path(name);
  // What replaces a file must not be readable by more people than that, not even for a moment.
  const mode_t mode = target.exists || target.new_mode ? 0600 : 0666;
  auto fd = open_locked(part.path_, mode);
  if (!fd) return tl::unexpected(fd.error());
  part.fd_ = std::move(*fd);
  if (mode == 0600 && ::fchmod(part.fd_.get(), mode) != 0) return fail_errno(errno, part.path_);
  if (part.size() == 0) {
    remove_journal(part.path_);
  } else if (auto journal = read_journal(part.path_)) {
    part.journal_ = std::move(*journal);
  }
  return part;
}

Bytes PartFile::size() const {
  struct stat info {};
  return ::fstat(fd_.get(), &info) == 0 ? info.st_size : 0;
}

Status PartFile::start_at(Bytes offset) {
  if (offset == 0) {
    remove_journal(path_);  // first: it must never speak of bytes that another file will have
    journal_.reset();
  }
  is_written_down_ = false;
  if (::ftruncate(fd_.get(), offset) != 0 || ::lseek(fd_.get(), offset, SEEK_SET) < 0)
    return fail_errno(errno, path_);
  return {};
}

void PartFile::is_of(PartJournal description) {
  description_ = std::move(description);
  description_->boot = boot_id();
  synced_at_ = std::chrono::steady_clock::now();
}

Status PartFile::grown_to(Bytes done, const Digest* digest) {
  if (!description_ || (description_->size && *description_->size < kJournalFrom)) return {};
  if (!is_written_down_) {
    is_written_down_ = true;
    handed_over_ = done;
    // Lost in a power cut, a first journal costs a new start; one with synced bytes would cost these.
    write_down(description_->synced > 0 ? Durability::on_disk : Durability::may_be_lost);
    return {};
  }
  // The disk begins early, so that the sync does not keep the network waiting for all of it. Only a hint.
  if (done - handed_over_ >= kHandOver) {
    (void)::sync_file_range(fd_.get(), handed_over_, done - handed_over_, SYNC_FILE_RANGE_WRITE);
    handed_over_ = done;
  }
  const auto now = std::chrono::steady_clock::now();
  if (done - description_->synced < kSyncBytes && now - synced_at_ < kSyncTime) return {};
  if (::fdatasync(fd_.get()) != 0) return fail_errno(errno, path_);
  description_->synced = done;
  description_->digest_kind.reset();
  if (digest != nullptr) description_->digest_kind = digest->kind();
  description_->digest = digest != nullptr ? digest->hex() : "";
  synced_at_ = std::chrono::steady_clock::now();
  write_down(Durability::on_disk);
  return {};
}

// One that cannot be written is not tried again; what an older one says stays true.
void PartFile::write_down(Durability durability) {
  if (!write_journal(path_, *description_, durability)) description_.reset();
}

Status PartFile::take_name(const std::string& name, bool must_be_free) {
  int done =
      ::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, name.c_str(), must_be_free ? RENAME_NOREPLACE : 0);
  if (done != 0 && must_be_free && errno == EINVAL) {  // a file system that cannot
    done = ::link(path_.c_str(), name.c_str());
    if (done == 0) ::unlink(path_.c_str());
  }
  if (done == 0) return {};
  if (must_be_free && errno == EEXIST)
    return fail(Errc::exists, name + ": is there by now; what has come waits as " + path_);
  return fail_errno(errno, name);
}

Status PartFile::finish(const std::string& name, const LocalTarget& target,
                        const std::optional<WallTime>& modified, bool sync) {
  set_modified(fd_.get(), modified);
  const bool keeps_mode = target.exists || target.new_mode;
  if (keeps_mode && ::fchmod(fd_.get(), target.new_mode.value_or(target.mode)) != 0)
    return fail_errno(errno, path_);
  if (sync && ::fsync(fd_.get()) != 0) return fail_errno(errno, path_);
  if (auto taken = take_name(name, target.must_be_free); !taken) return taken;
  remove_journal(path_);
  return sync ? sync_name(name) : Status();
}

void PartFile::drop() {
  ::unlink(path_.c_str());
  remove_journal(path_);
}

void PartFile::drop_if_empty() {
  if (size() == 0) drop();
}

void drop_partial(const std::string& name, const LocalTarget& target) {
  struct stat info {};
  if (::lstat(part_path(name).c_str(), &info) != 0) return;  // and none is made for that
  if (auto part = PartFile::open(name, target)) part->drop();
}

Status sync_folder(const std::string& path) {
  auto folder = open_folder(path);
  if (!folder) return tl::unexpected(folder.error());
  if (::syncfs(folder->get()) != 0) return fail_errno(errno, path);
  return {};
}

}  // namespace ferry::client
