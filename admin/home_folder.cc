// Making and counting homes. Deleting is in delete_home.cc.
#include "admin/home_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "admin/home_walk.h"
#include "shared/base/unique_fd.h"
#include "shared/config/run_as.h"

namespace ferry::admin {

namespace {

namespace fs = std::filesystem;

constexpr mode_t kHomeMode = 0750;

// What root made in a folder of root's becomes the user's, through a descriptor of the very folder.
int give_to(const std::string& folder, const RunAs& user) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd || ::fchown(fd.get(), user.uid, user.gid) != 0 || ::fchmod(fd.get(), kHomeMode) != 0) return errno;
  return 0;
}

int make_as_user(const std::string& folder, const RunAs& user) {
  const ActAs acting(user);
  return ::mkdir(folder.c_str(), kHomeMode) == 0 ? 0 : errno;
}

// One level; 0 or errno.
int make_level(const std::string& folder, const RunAs& user, bool is_home) {
  const int as_user = make_as_user(folder, user);
  if ((as_user != EACCES && as_user != EROFS) || ::geteuid() != 0) return as_user;
  if (::mkdir(folder.c_str(), 0755) != 0) return errno;
  return is_home ? give_to(folder, user) : 0;
}

Status check_usable(const std::string& folder, const RunAs& user) {
  const ActAs acting(user);
  struct stat found {};
  if (::stat(folder.c_str(), &found) != 0) return fail_errno(errno, "home " + folder);
  if (!S_ISDIR(found.st_mode)) return fail(Errc::not_directory, "home " + folder + " is not a folder");
  if (::faccessat(AT_FDCWD, folder.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) == 0) return {};
  return fail(Errc::permission, "home " + folder + " belongs to another user: give it to " + user.name +
                                    " with `chown -R " + user.name + " " + folder + "`");
}

}  // namespace

Result<bool> make_home(const std::string& folder, const RunAs& user) {
  fs::path level;
  bool is_new = false;
  const fs::path whole = fs::path(folder).lexically_normal();
  for (auto part = whole.begin(); part != whole.end(); ++part) {
    level /= *part;
    if (level == level.root_path() || part->empty()) continue;
    const bool is_home = level == (whole.has_filename() ? whole : whole.parent_path());
    const int why = make_level(level.string(), user, is_home);
    if (why != 0 && why != EEXIST) return fail_errno(why, "cannot make the folder " + level.string());
    is_new = why == 0;
  }
  if (const Status usable = check_usable(folder, user); !usable) return tl::unexpected<Error>(usable.error());
  return is_new;
}

Result<HomeContent> count_home(const std::string& folder) {
  HomeContent content;
  const Status walked = HomeWalk::run(folder, [&](std::string_view, const struct stat& found) -> Status {
    content.bytes += found.st_size;
    ++content.files;
    return {};
  });
  if (!walked) return tl::unexpected<Error>(walked.error());
  return content;
}

bool is_within(const std::string& inner, const std::string& outer) {
  std::error_code failure;
  const auto real = [&](const std::string& path) {
    fs::path found = fs::weakly_canonical(path, failure);
    if (failure) found = fs::path(path).lexically_normal();
    return found.has_filename() ? found : found.parent_path();
  };
  const fs::path a = real(inner), b = real(outer);
  return std::mismatch(b.begin(), b.end(), a.begin(), a.end()).first == b.end();
}

}  // namespace ferry::admin
