#include "client/engine/state_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "client/engine/transfer_io.h"
#include "shared/base/unique_fd.h"

namespace ferry::client {
namespace {

Status write_new(const std::string& path, std::string_view text, Durability durability) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno(errno, path);
  if (auto written = write_fully(fd.get(), text); !written) return written;
  if (durability == Durability::on_disk && ::fsync(fd.get()) != 0) return fail_errno(errno, path);
  return {};
}

// A lock file of its own: the file itself is replaced by every write.
Result<UniqueFd> lock_for(const std::string& path) {
  const std::string name = path + ".lock";
  UniqueFd fd(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno(errno, name);
  while (::flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return fail_errno(errno, name);
  }
  return fd;
}

}  // namespace

Result<std::string> read_state_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return std::string();
  if (!fd) return fail_errno(errno, path);
  std::string text;
  std::array<char, 8192> buffer;
  while (true) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, path);
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

Status update_state_file(const std::string& path, Durability durability, const ChangeText& change) {
  std::error_code failure;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), failure);
  if (failure) return fail_errno(failure.value(), path);
  auto lock = lock_for(path);
  if (!lock) return tl::unexpected(lock.error());
  auto text = read_state_file(path);
  if (!text) return tl::unexpected(text.error());
  auto changed = change(std::move(*text));
  if (!changed) return tl::unexpected(changed.error());
  const std::string fresh = path + ".new";
  if (auto written = write_new(fresh, *changed, durability); !written) return written;
  if (::rename(fresh.c_str(), path.c_str()) != 0) return fail_errno(errno, path);
  if (durability != Durability::on_disk) return {};
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return fail_errno(errno, folder);
  return {};
}

std::string state_file_path(const char* variable, const std::string& fallback, const std::string& name) {
  const char* folder = std::getenv(variable);
  if (folder != nullptr && folder[0] == '/') return std::string(folder) + "/ferry/" + name;
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : ".") + "/" + fallback + "/ferry/" + name;
}

}  // namespace ferry::client
