#include "admin/running.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace ferry::admin {

namespace {

std::string lock_file(const std::string& store) {
  return store + ".lock";
}

// What ferryd wrote there; anybody who runs as its user could have.
std::string pid_in(int fd) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  const std::string_view pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  const auto digits = pid.substr(0, pid.find_first_not_of("0123456789"));
  return digits.empty() ? "unknown" : std::string(digits);
}

}  // namespace

Result<UniqueFd> keep_ferryd_out(const std::string& store) {
  const std::string file = lock_file(store);
  UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!fd) return fail_errno(errno, "cannot open the lock " + file);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) {
    const std::string pid = fmt::format("{}\n", ::getpid());
    if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), pid.data(), pid.size(), 0) < 0)
      return fail_errno(errno, "cannot write " + file);
    return fd;
  }
  if (errno != EWOULDBLOCK) return fail_errno(errno, "cannot lock " + file);
  return fail(Errc::busy, fmt::format("ferryd (process {}) runs on this store", pid_in(fd.get())));
}

// A shared lock for a moment: a ferryd that starts in this moment is told that another one runs, so the
// moment is as short as can be.
Result<bool> does_ferryd_run(const std::string& store) {
  const std::string file = lock_file(store);
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd && errno == ENOENT) return false;
  if (!fd) return fail_errno(errno, "cannot open the lock " + file);
  if (::flock(fd.get(), LOCK_SH | LOCK_NB) == 0) return false;
  if (errno == EWOULDBLOCK) return true;
  return fail_errno(errno, "cannot look at the lock " + file);
}

}  // namespace ferry::admin
