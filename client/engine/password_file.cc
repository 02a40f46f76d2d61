#include "client/engine/password_file.h"

#include <sys/stat.h>

#include "client/engine/state_file.h"

namespace ferry::client {

std::string PasswordFile::default_path() {
  return state_file_path("XDG_CONFIG_HOME", ".config", "passwords");
}

Result<std::optional<SealedPasswords>> PasswordFile::parse(const std::string& text) const {
  struct stat info {};
  const bool is_there = ::stat(path_.c_str(), &info) == 0;
  if (is_there && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return fail(Errc::permission, path_ + ": others may read it, so ferry does not; chmod 600 it");
  if (!is_there && text.empty()) return std::optional<SealedPasswords>();
  auto passwords = SealedPasswords::parse(text);
  if (!passwords) {
    return fail(passwords.error().kind,
                path_ + ": " + passwords.error().context +
                    "; restore it from a copy, or move it away and save the passwords anew");
  }
  return std::optional(std::move(*passwords));
}

Result<std::optional<SealedPasswords>> PasswordFile::read() const {
  auto text = read_state_file(path_);
  if (!text) return tl::unexpected(text.error());
  return parse(*text);
}

Status PasswordFile::update(const Change& change) {
  return update_state_file(path_, Durability::on_disk, [&](const std::string& text) -> Result<std::string> {
    auto passwords = parse(text);
    if (!passwords) return tl::unexpected(passwords.error());
    auto changed = change(std::move(*passwords));
    if (!changed) return tl::unexpected(changed.error());
    return changed->text();
  });
}

}  // namespace ferry::client
