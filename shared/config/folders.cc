#include "shared/config/folders.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "shared/base/unique_fd.h"
#include "shared/config/run_as.h"

namespace ferry {

namespace {

namespace fs = std::filesystem;

constexpr mode_t kFolderMode = 0750;

struct Wanted {
  std::string_view option;
  fs::path folder;
};

// With exactly this mode, whatever the umask. 0, or errno.
int make_one(const fs::path& folder, mode_t mode) {
  const mode_t mask = ::umask(0);
  const int why = ::mkdir(folder.c_str(), mode) == 0 ? 0 : errno;
  ::umask(mask);
  return why;
}

Status give_to(const fs::path& folder, const RunAs& user) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd || ::fchown(fd.get(), user.uid, user.gid) != 0)
    return fail_errno(errno, fmt::format("cannot give {} to {}", folder.string(), user.name));
  return {};
}

// One level. First as the user, in whose folders root must not make anything; as root only where the user may
// not, so that the user cannot have put something else in its place meanwhile.
Status make_level(const fs::path& folder, const RunAs& user, bool is_last) {
  int why = 0;
  {
    const ActAs acting(user);
    why = make_one(folder, kFolderMode);
  }
  if (why == 0 || why == EEXIST) return {};
  if (why == EACCES && ::geteuid() == 0) {
    why = make_one(folder, is_last ? kFolderMode : 0755);
    if (why == 0 && is_last) return give_to(folder, user);
    if (why == 0 || why == EEXIST) return {};
  }
  return fail_errno(why, "cannot make the folder " + folder.string());
}

Status make_with_parents(const fs::path& folder, const RunAs& user) {
  fs::path level;
  for (auto part = folder.begin(); part != folder.end(); ++part) {
    level /= *part;
    if (level == level.root_path() || part->empty()) continue;
    if (auto made = make_level(level, user, std::next(part) == folder.end()); !made) return made;
  }
  return {};
}

bool is_below(const fs::path& folder, const fs::path& root) {
  return folder.lexically_relative(root).begin()->string() != "..";
}

// git leaves var/'s folders to whoever made the checkout, which is root on a machine that has no other user.
Status adopt_checkout_folder(const fs::path& folder, const OptionSource& source, const RunAs& user) {
  struct stat status {};
  if (source.checkout.empty() || ::geteuid() != 0 || !is_below(folder, fs::path(source.checkout) / "var"))
    return {};
  if (::lstat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != 0) return {};
  return give_to(folder, user);
}

bool may(const fs::path& path, int mode) {
  return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
}

Status check_access(const Wanted& wanted, const RunAs& user) {
  const ActAs acting(user);
  fs::path level;
  for (const fs::path& part : wanted.folder) {
    level /= part;
    if (level == wanted.folder || may(level, X_OK)) continue;
    return fail(Errc::permission, fmt::format("user {} cannot enter {}, where the option {} leads ({}): let "
                                              "others pass with `chmod o+x {}`, or set {} to another place",
                                              user.name, level.string(), wanted.option,
                                              wanted.folder.string(), level.string(), wanted.option));
  }
  if (may(wanted.folder, R_OK | W_OK | X_OK)) return {};
  return fail(Errc::permission, fmt::format("user {} cannot write in {} (option {}): give it to that user "
                                            "with `chown {} {}`, or set {} to another place",
                                            user.name, wanted.folder.string(), wanted.option, user.name,
                                            wanted.folder.string(), wanted.option));
}

}  // namespace

Status make_folders(const Options& options, const OptionSource& source, const RunAs& user) {
  const std::array<Wanted, 4> all = {{{"store", fs::path(options.store).parent_path()},
                                      {"home_root", options.home_root},
                                      {"log_dir", options.log_dir},
                                      {"run_dir", options.run_dir}}};
  for (const Wanted& wanted : all) {
    if (auto made = make_with_parents(wanted.folder, user); !made) return made;
    if (auto adopted = adopt_checkout_folder(wanted.folder, source, user); !adopted) return adopted;
    if (auto good = check_access(wanted, user); !good) return good;
  }
  return {};
}

}  // namespace ferry
