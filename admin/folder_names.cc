#include "admin/folder_names.h"

#include <dirent.h>
#include <fcntl.h>

#include <cerrno>
#include <memory>

#include "shared/base/unique_fd.h"

namespace ferry::admin {

namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

}  // namespace

Result<std::vector<std::string>> names_in(int fd) {
  UniqueFd own(::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own) return fail_errno(errno, "cannot read a folder");
  const std::unique_ptr<DIR, CloseFolder> folder(::fdopendir(own.get()));
  if (!folder) return fail_errno(errno, "cannot read a folder");
  static_cast<void>(own.release());  // the DIR has it
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(folder.get());
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  if (errno != 0) return fail_errno(errno, "cannot read a folder");
  return names;
}

}  // namespace ferry::admin
