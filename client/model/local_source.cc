// This machine's files as a FileSource.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "client/model/file_source.h"
#include "shared/base/digest.h"
#include "shared/base/unique_fd.h"

namespace ferry::client {
namespace {

constexpr std::size_t kPiece = 1000;  // entries that are given at once

WallTime time_of(const timespec& time) {
  return WallTime(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

// What `info` says; for a link what it leads to, if that is a folder, so that it can be entered.
ftp::Entry entry_of(const std::string& name, const struct stat& info, bool leads_to_folder) {
  ftp::Entry entry;
  entry.name = name;
  entry.is_link = S_ISLNK(info.st_mode);
  entry.type = S_ISDIR(info.st_mode) || leads_to_folder ? ftp::EntryType::directory
               : S_ISREG(info.st_mode) || entry.is_link ? ftp::EntryType::file
                                                        : ftp::EntryType::other;
  entry.size = info.st_size;
  entry.modified = time_of(info.st_mtim);
  entry.unix_mode = info.st_mode & 07777U;
  entry.uid = info.st_uid;
  entry.gid = info.st_gid;
  return entry;
}

class LocalSource : public FileSource {
 public:
  bool is_remote() const override { return false; }
  std::string label() const override { return ""; }

  Result<std::string> start() override {
    std::error_code failure;
    const auto folder = std::filesystem::current_path(failure);
    return failure ? "/" : folder.native();
  }

  Status list(const std::string& folder, const OnEntries& found) override {
    const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return fail_errno(errno, folder);
    UniqueFd reading(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
    std::unique_ptr<DIR, int (*)(DIR*)> stream(reading ? ::fdopendir(reading.get()) : nullptr, ::closedir);
    if (!stream) return fail_errno(errno, folder);
    static_cast<void>(reading.release());  // the stream's now
    std::vector<ftp::Entry> piece;
    while (true) {
      if (is_cancelled_) return fail(Errc::cancelled, folder);
      errno = 0;
      const dirent* next = ::readdir(stream.get());
      if (next == nullptr && errno != 0) return fail_errno(errno, folder);
      if (next == nullptr) break;
      take(fd.get(), next->d_name, piece);
      if (piece.size() == kPiece) {
        found(piece);
        piece.clear();
      }
    }
    if (!piece.empty()) found(piece);
    return {};
  }

  Result<ftp::Entry> describe(const std::string& path) override {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) return fail_errno(errno, path);
    return entry_of(std::filesystem::path(path).filename().native(), info, is_folder_behind(path, info));
  }

  Status make_folder(const std::string& path) override {
    return ::mkdir(path.c_str(), 0777) == 0 ? Status() : fail_errno(errno, path);
  }

  Status remove_empty_folder(const std::string& path) override {
    return ::rmdir(path.c_str()) == 0 ? Status() : fail_errno(errno, path);
  }

  Status rename(const std::string& from, const std::string& to) override {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
    return fail_errno(errno, to);
  }

  Status remove(const std::string& path, bool /*is_folder*/) override {
    std::error_code failure;
    std::filesystem::remove_all(path, failure);  // does not follow links
    return failure ? fail_errno(failure.value(), path) : Status();
  }

  Status change_mode(const std::string& path, unsigned mode) override {
    return ::chmod(path.c_str(), mode) == 0 ? Status() : fail_errno(errno, path);
  }

  Result<std::string> read_front(const std::string& path, Bytes most) override {
    // A pipe or a device would block, or do something.
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!fd) return fail_errno(errno, path);
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return fail_errno(errno, path);
    if (!S_ISREG(info.st_mode)) return fail(Errc::unsupported, path + ": is no regular file");
    std::string bytes(static_cast<std::size_t>(most), '\0');
    std::size_t filled = 0;
    while (filled < bytes.size()) {
      const ssize_t got = ::read(fd.get(), bytes.data() + filled, bytes.size() - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return fail_errno(errno, path);
      if (got == 0) break;
      filled += static_cast<std::size_t>(got);
    }
    bytes.resize(filled);
    return bytes;
  }

  SpaceFacts space(const std::string& folder) override {
    struct statvfs info {};
    if (::statvfs(folder.c_str(), &info) != 0) return {};
    SpaceFacts facts;
    facts.free = static_cast<Bytes>(info.f_bavail) * static_cast<Bytes>(info.f_frsize);
    return facts;
  }

  Result<std::string> sha256(const std::string& path) override {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!fd) return fail_errno(errno, path);
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return fail_errno(errno, path);
    if (!S_ISREG(info.st_mode)) return fail(Errc::unsupported, path + ": is no regular file");
    Digest digest(DigestKind::sha256);
    const auto goes_on = [&](Bytes) -> Status {
      if (is_cancelled_) return fail(Errc::cancelled, path);
      return {};
    };
    auto done = digest_range(fd.get(), 0, info.st_size, digest, goes_on);
    if (!done) return tl::unexpected(done.error());
    return digest.hex();
  }

  Status fetch(const std::string& path, const std::string& local) override { return copy(path, local); }
  Status store(const std::string& local, const std::string& path) override { return copy(local, path); }

  void cancel() override { is_cancelled_ = true; }
  void resume() override { is_cancelled_ = false; }

 private:
  static Status copy(const std::string& from, const std::string& to) {
    std::error_code failure;
    std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing, failure);
    return failure ? fail_errno(failure.value(), to) : Status();
  }

  static bool is_folder_behind(const std::string& path, const struct stat& info) {
    struct stat target {};
    return S_ISLNK(info.st_mode) && ::stat(path.c_str(), &target) == 0 && S_ISDIR(target.st_mode);
  }

  static void take(int folder, const std::string& name, std::vector<ftp::Entry>& piece) {
    if (name == "." || name == "..") return;
    struct stat info {
    }, target{};
    if (::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return;  // gone meanwhile
    const bool leads_to_folder =
        S_ISLNK(info.st_mode) && ::fstatat(folder, name.c_str(), &target, 0) == 0 && S_ISDIR(target.st_mode);
    piece.push_back(entry_of(name, info, leads_to_folder));
  }

  std::atomic<bool> is_cancelled_{false};
};

}  // namespace

std::unique_ptr<FileSource> make_local_source() {
  return std::make_unique<LocalSource>();
}

}  // namespace ferry::client
