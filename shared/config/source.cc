// Where options come from, and whom ferryd runs as.
#include <fmt/core.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>

#include "shared/config/options.h"

namespace ferry {

namespace {

namespace fs = std::filesystem;

constexpr const char* kInstalledFile = "/etc/ferry/ferryd.toml";

bool is_there(const fs::path& path) {
  std::error_code failure;
  return fs::exists(path, failure);
}

std::string own_checkout() {
  std::error_code failure;
  const fs::path program = fs::read_symlink("/proc/self/exe", failure);
  return failure ? "" : find_checkout(program.parent_path().string());
}

std::optional<RunAs> find_user(const std::string& name) {
  const passwd* entry = ::getpwnam(name.c_str());
  if (entry == nullptr) return std::nullopt;
  return RunAs{entry->pw_name, entry->pw_uid, entry->pw_gid};
}

Result<RunAs> require_user(const std::string& name, std::string_view advice) {
  const auto found = find_user(name);
  if (!found) return fail(Errc::not_found, fmt::format("there is no user {}; {}", name, advice));
  if (found->uid == 0)
    return fail(Errc::permission,
                fmt::format("user {} is root by another name, and workers never run as root", name));
  return *found;
}

// nullopt: root owns it, or an id without a name.
std::optional<RunAs> owner_of(const std::string& folder) {
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0 || status.st_uid == 0) return std::nullopt;
  const passwd* entry = ::getpwuid(status.st_uid);
  if (entry == nullptr) return std::nullopt;
  return RunAs{entry->pw_name, entry->pw_uid, entry->pw_gid};
}

}  // namespace

std::string find_checkout(const std::string& folder) {
  for (fs::path at = folder; !at.empty(); at = at.parent_path()) {
    if (is_there(at / "ARCHITECTURE.md") && is_there(at / "var/db")) return at.string();
    if (at == at.parent_path()) break;
  }
  return "";
}

OptionSource find_option_source(const std::string& given_file) {
  OptionSource source;
  source.checkout = own_checkout();
  if (!given_file.empty()) {
    source.file = given_file;
  } else if (is_there(kInstalledFile)) {
    source.file = kInstalledFile;
  } else if (!source.checkout.empty() && is_there(fs::path(source.checkout) / "var/ferryd.toml")) {
    source.file = (fs::path(source.checkout) / "var/ferryd.toml").string();
  }
  return source;
}

Result<RunAs> resolve_user(const Options& options, const OptionSource& source) {
  if (!options.user.empty())
    return require_user(options.user, "make it, or name another with the option `user`");
  if (source.checkout.empty()) {
    return require_user(
        "ferry",
        "make it (adduser --system --group --no-create-home ferry), or name another with the option `user`");
  }
  if (const auto owner = owner_of(source.checkout)) return *owner;
  return require_user("nobody", "name another with the option `user`");
}

}  // namespace ferry
