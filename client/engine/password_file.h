// The file of sealed passwords: $XDG_CONFIG_HOME/ferry/passwords, else ~/.config/ferry/passwords, mode 0600.
// A damaged one is an error and stays as it is. Blocks on the disk.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "client/engine/sealed_passwords.h"

namespace ferry::client {

class PasswordFile {
 public:
  explicit PasswordFile(std::string path = default_path()) : path_(std::move(path)) {}
  static std::string default_path();

  // nullopt: there is no file. Errc::permission when others may read or write it; what parse() says.
  Result<std::optional<SealedPasswords>> read() const;

  // Replaces the passwords by what `change` makes of them, whole and under a lock; it gets nullopt when there
  // is no file. Errors are read()'s and change()'s, and leave the file as it was.
  using Change = std::function<Result<SealedPasswords>(std::optional<SealedPasswords>)>;
  Status update(const Change& change);
  const std::string& path() const { return path_; }

 private:
  Result<std::optional<SealedPasswords>> parse(const std::string& text) const;

  std::string path_;
};

}  // namespace ferry::client
