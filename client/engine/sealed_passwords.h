// Passwords of saved sites, sealed with one passphrase: the text of the file that keeps them. Pure;
// password_file.h is the file. A line per password, each sealed on its own and bound to what it is for, so
// that neither this file nor sites.toml can be changed to send a password elsewhere.
//
//   ferry-passwords 1
//   argon2id PASSES BYTES SALT          # how the passphrase becomes the key
//   check BOX                           # an empty secret: tells a wrong passphrase from a changed line
//   entry SITE HOST:PORT USER BOX       # percent-encoded words; the box in base64 (shared/base/seal.h)
//   end SHA-256                         # of all lines before: what no hand has changed, a disk has not
//   either
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"
#include "shared/base/seal.h"
#include "shared/base/secret.h"

namespace ferry::client {

// What a password is for, each of them not empty.
struct SealedFor {
  std::string site;    // SavedSite::name
  std::string server;  // Site::key()
  std::string user;
  bool operator==(const SealedFor&) const = default;
};

class SealedPasswords {
 public:
  struct Opened;
  // With no password in it. Blocks for the key (KeyCost); errors are key_of_passphrase's.
  static Result<Opened> create(const Secret& passphrase, KeyCost cost = {});

  // Takes only what text() writes, byte by byte. Errc::corrupt; Errc::unsupported: a newer version.
  static Result<SealedPasswords> parse(std::string_view text);
  std::string text() const;

  // Blocks for the key. Errc::login_refused: another passphrase.
  Result<Secret> key(const Secret& passphrase) const;
  bool is_key(const Secret& key) const;

  // What the site's password is for; nullptr: there is none.
  const SealedFor* find(std::string_view site) const;
  // Errc::not_found: none for exactly this. Errc::corrupt: somebody has changed the entry.
  Result<Secret> open(const Secret& key, const SealedFor& what) const;
  void put(const Secret& key, const SealedFor& what, const Secret& password);  // replaces the site's
  bool forget(std::string_view site);                                          // false: there was none

  // All of it under another passphrase. Blocks for the key. Errc::corrupt names the entry that cannot be
  // opened.
  Result<Opened> with_passphrase(const Secret& key, const Secret& passphrase, KeyCost cost = {}) const;

 private:
  struct Entry {
    SealedFor what;
    std::string box;
  };
  Status read_line(std::string_view line);

  KeyCost cost_;
  std::string salt_, check_;
  std::vector<Entry> entries_;
};

struct SealedPasswords::Opened {
  SealedPasswords passwords;
  Secret key;
};

}  // namespace ferry::client
