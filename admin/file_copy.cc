#include "admin/file_copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>

namespace ferry::admin {

Result<UniqueFd> make_private(const std::string& file) {
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) return fail_errno(errno, "cannot remove " + file);
  UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd || ::fchmod(fd.get(), 0600) != 0) return fail_errno(errno, "cannot make " + file);
  return fd;
}

Status copy_to_disk(int from, int to, const std::string& name) {
  constexpr std::size_t kPiece = 256 * 1024;
  const auto piece = std::make_unique_for_overwrite<char[]>(kPiece);
  while (true) {
    const ssize_t got = ::read(from, piece.get(), kPiece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "cannot read what " + name + " is copied from");
    if (got == 0) break;
    for (ssize_t done = 0; done < got;) {
      const ssize_t written = ::write(to, piece.get() + done, static_cast<std::size_t>(got - done));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return fail_errno(errno, "cannot write " + name);
      done += written;
    }
  }
  if (::fsync(to) != 0) return fail_errno(errno, "cannot write " + name);
  return {};
}

Status sync_folder_of(const std::string& file) {
  const std::string folder = std::filesystem::absolute(file).parent_path().string();
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return fail_errno(errno, "cannot write the folder " + folder);
  return {};
}

}  // namespace ferry::admin
