// The sealed passwords of saved sites and the passphrase that opens them: from --passphrase-file,
// --passphrase-fd or a question, once per run; then the key is kept, in locked memory. One thread at a time.
#pragma once

#include <optional>
#include <string>

#include "client/engine/password_file.h"
#include "client/line/options.h"

namespace ferry::client {

class Vault {
 public:
  // `options` must outlive it.
  Vault(const Options& options, bool may_ask) : options_(options), may_ask_(may_ask) {}

  // nullopt: none is sealed for exactly this, or nobody can be asked for the passphrase (is_locked()). Blocks
  // on the question and the key. Errc::login_refused: another passphrase; Errc::corrupt, Errc::cancelled, …
  Result<std::optional<Secret>> password(const SealedFor& what);
  bool is_locked() const { return is_locked_; }

  // All questions, before anything is changed: the passphrase, or where there is no file yet a new one,
  // twice. Errc::bad_syntax: nobody can be asked.
  Status make_ready();
  Status save(const SealedFor& what, const Secret& password);  // after make_ready()
  Result<bool> forget(const std::string& site);                // false: there was none
  // Errc::not_found: nothing is saved.
  Status change_passphrase();

 private:
  Result<Secret> key_of(const SealedPasswords& passwords);

  const Options& options_;
  bool may_ask_;
  bool is_locked_ = false;
  PasswordFile file_;
  Secret key_;                            // "" none yet
  std::optional<SealedPasswords> fresh_;  // of make_ready(), where there is no file
};

}  // namespace ferry::client
