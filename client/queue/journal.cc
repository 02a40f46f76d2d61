#include "client/queue/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <thread>

#include "client/engine/transfer_io.h"
#include "shared/base/bytes.h"

namespace ferry::client {
namespace {

// Ours alone: whoever could write it could make us fetch and send anything.
Status check_ours(int fd, const std::string& path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return fail_errno(errno, path);
  if (!S_ISREG(info.st_mode) || info.st_uid != ::geteuid() || info.st_nlink > 1)
    return fail(Errc::exists, path + ": is no file of ours alone");
  if ((info.st_mode & 0077) != 0 && ::fchmod(fd, 0600) != 0) return fail_errno(errno, path);
  return {};
}

Result<UniqueFd> open_ours(const std::string& path, int flags) {
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!fd) return fail_errno(errno, path);
  if (auto ours = check_ours(fd.get(), path); !ours) return tl::unexpected(ours.error());
  return fd;
}

Status make_folder(const std::string& folder) {
  std::error_code failure;
  std::filesystem::create_directories(std::filesystem::path(folder).parent_path(), failure);
  if (failure) return fail_errno(failure.value(), folder);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return fail_errno(errno, folder);
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return fail_errno(errno, folder);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail_errno(errno, folder);
  if (info.st_uid != ::geteuid()) return fail(Errc::exists, folder + ": is not our folder");
  if ((info.st_mode & 0077) != 0 && ::fchmod(fd.get(), 0700) != 0) return fail_errno(errno, folder);
  return {};
}

Status sync_folder_of(const std::string& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return fail_errno(errno, folder);
  return {};
}

struct flock whole_file(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

Bytes size_of(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 ? info.st_size : 0;
}

}  // namespace

std::string Journal::default_folder() {
  return state_file_path("XDG_STATE_HOME", ".local/state", "queue");
}

Result<Journal> Journal::open(const std::string& folder) {
  if (auto made = make_folder(folder); !made) return tl::unexpected(made.error());
  Journal journal;
  journal.folder_ = folder;
  return journal;
}

Result<UniqueFd> Journal::lock() {
  constexpr std::chrono::milliseconds kPause{5};
  auto fd = open_ours(path("lock"), O_RDWR | O_CREAT);
  if (!fd) return fd;
  // No call waits for a lock with a deadline, and a stopped process may hold it for ever.
  const Deadline deadline = Deadline::after(kLockPatience);
  while (::flock(fd->get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return fail_errno(errno, path("lock"));
    if (deadline.passed()) return fail(Errc::busy, path("lock") + ": another ferry does not let go of it");
    std::this_thread::sleep_for(kPause);
  }
  return fd;
}

bool Journal::has_news() const {
  struct stat named {
  }, opened{};
  if (::stat(path("journal").c_str(), &named) != 0) return static_cast<bool>(file_);
  if (!file_ || ::fstat(file_.get(), &opened) != 0) return true;
  return named.st_dev != opened.st_dev || named.st_ino != opened.st_ino || named.st_size != read_;
}

Status Journal::reopen() {
  auto file = open_ours(path("journal"), O_RDWR | O_CREAT | O_APPEND);
  if (!file) return tl::unexpected(file.error());
  file_ = std::move(*file);
  read_ = 0;
  lines_ = 0;
  unreadable_.clear();
  return {};
}

Status Journal::take(Ledger& ledger, std::string_view line) {
  ++lines_;
  auto applied = ledger.apply(line);
  if (applied) return {};
  const std::string where = path("journal") + ":" + std::to_string(lines_);
  if (applied.error().kind != Errc::corrupt)
    return fail(applied.error().kind, where + ": " + applied.error().context);
  damage_.push_back(where + ": " + applied.error().context + "; set aside in " + path("damaged"));
  unreadable_ +=
      "# line " + std::to_string(lines_) + ": " + applied.error().context + "\n" + std::string(line) + "\n";
  return {};
}

Status Journal::read(Ledger& ledger) {
  struct stat named {
  }, opened{};
  const bool is_there = ::stat(path("journal").c_str(), &named) == 0;
  const bool is_same = file_ && is_there && ::fstat(file_.get(), &opened) == 0 &&
                       named.st_ino == opened.st_ino && named.st_dev == opened.st_dev &&
                       opened.st_size >= read_;
  if (!is_same) {
    if (auto opened_anew = reopen(); !opened_anew) return opened_anew;
    ledger = Ledger();
  }
  std::string waiting;
  std::vector<char> buffer(256 * 1024);
  for (Bytes at = read_;;) {
    const ssize_t got = ::pread(file_.get(), buffer.data(), buffer.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, path("journal"));
    if (got == 0) break;
    at += got;
    waiting.append(buffer.data(), static_cast<std::size_t>(got));
    std::size_t from = 0;
    for (std::size_t end; (end = waiting.find('\n', from)) != waiting.npos; from = end + 1) {
      if (auto taken = take(ledger, std::string_view(waiting).substr(from, end - from)); !taken) return taken;
      read_ += static_cast<Bytes>(end + 1 - from);
    }
    waiting.erase(0, from);
  }
  return {};
}

Status Journal::append(std::string_view lines, Durability durability) {
  // Behind the whole lines is what a writer left that died over it, or nothing.
  if (size_of(file_.get()) != read_ && ::ftruncate(file_.get(), read_) != 0)
    return fail_errno(errno, path("journal"));
  const std::string text = (read_ == 0 ? Ledger::heading(1) : std::string()) + std::string(lines);
  Status written = write_fully(file_.get(), text);
  if (written && durability == Durability::on_disk && ::fdatasync(file_.get()) != 0)
    written = fail_errno(errno, path("journal"));
  if (written && read_ == 0) written = sync_folder_of(folder_);
  if (!written) {
    [[maybe_unused]] const int cut = ::ftruncate(file_.get(), read_);
    return fail(written.error().kind, path("journal") + ": cannot be written: " + written.error().context);
  }
  return {};
}

Status Journal::set_aside() {
  if (unreadable_.empty()) return {};
  auto file = open_ours(path("damaged"), O_WRONLY | O_CREAT | O_APPEND);
  if (!file) return tl::unexpected(file.error());
  if (auto written = write_fully(file->get(), unreadable_); !written) return written;
  if (::fsync(file->get()) != 0) return fail_errno(errno, path("damaged"));
  return {};
}

Status Journal::compact(const Ledger& ledger) {
  const std::size_t live = ledger.live_lines();
  if (unreadable_.empty() && lines_ <= 2 * live + kDeadLines) return {};
  if (auto kept = set_aside(); !kept) return kept;
  return replace_by(ledger.text());
}

Status Journal::replace_by(const std::string& text) {
  const std::string fresh = path("journal.new");
  ::unlink(fresh.c_str());  // of one that died over it
  auto file = open_ours(fresh, O_RDWR | O_CREAT | O_EXCL | O_APPEND);
  if (!file) return tl::unexpected(file.error());
  if (auto written = write_fully(file->get(), text); !written) return written;
  if (::fsync(file->get()) != 0) return fail_errno(errno, fresh);
  if (::rename(fresh.c_str(), path("journal").c_str()) != 0) return fail_errno(errno, fresh);
  file_ = std::move(*file);
  read_ = static_cast<Bytes>(text.size());
  lines_ = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  unreadable_.clear();
  return sync_folder_of(folder_);
}

Result<UniqueFd> Journal::become_runner() const {
  auto fd = open_ours(path("runner"), O_RDWR | O_CREAT);
  if (!fd) return fd;
  struct flock wanted = whole_file(F_WRLCK);
  if (::fcntl(fd->get(), F_OFD_SETLK, &wanted) != 0) {
    if (errno != EAGAIN && errno != EACCES) return fail_errno(errno, path("runner"));
    const pid_t who = runner();
    return fail(Errc::busy, "another ferry works the queue off already" +
                                (who != 0 ? " (process " + std::to_string(who) + ")" : std::string()));
  }
  const std::string number = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd->get(), 0) != 0) return fail_errno(errno, path("runner"));
  if (auto written = write_fully(fd->get(), number); !written) return tl::unexpected(written.error());
  return fd;
}

pid_t Journal::runner() const {
  const UniqueFd fd(::open(path("runner").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return 0;
  struct flock wanted = whole_file(F_WRLCK);
  if (::fcntl(fd.get(), F_OFD_GETLK, &wanted) != 0 || wanted.l_type == F_UNLCK) return 0;
  std::array<char, 32> text{};
  const ssize_t got = ::pread(fd.get(), text.data(), text.size() - 1, 0);
  if (got <= 1) return 0;
  const auto number = parse_number(std::string_view(text.data(), static_cast<std::size_t>(got) - 1), 1 << 30);
  return number ? static_cast<pid_t>(*number) : 0;
}

}  // namespace ferry::client
