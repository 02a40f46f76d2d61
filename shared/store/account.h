// Accounts as the store keeps them. Plain data; no SQLite in sight (another engine may take its place).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/bytes.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace ferry::store {

using AccountId = std::int64_t;

// The folder in every home that holds the partials of its uploads. Never shown to a client, not counted.
inline constexpr char kPartialsFolder[] = ".ferry";

struct Account {
  AccountId id = 0;
  std::string name;
  std::string home;                  // absolute path of the folder that is `/` for this account
  std::string password_hash;         // PHC text; "" for the guest account, which has none
  std::string certificate;           // fingerprint of the one that logs in without a password, "" none
  std::optional<Bytes> quota_bytes;  // nullopt: unlimited
  std::optional<std::int64_t> quota_files;
  Bytes used_bytes = 0;         // complete files and waiting partials, settled
  Bytes pending_bytes = 0;      // granted to uploads that run now, beyond what they replace
  std::int64_t used_files = 0;  // regular files, partials without a complete file included
  bool is_guest = false;
  bool is_read_only = false;
  bool is_locked = false;
  bool is_registered = false;  // its user made it: the name proves nothing about whose it is
  WallTime created{};
  std::optional<WallTime> last_login;
  std::string last_login_from;  // numeric address, "" never

  // What an upload could still get; nullopt: unlimited. Never negative.
  std::optional<Bytes> bytes_left() const;
};

struct NewAccount {
  std::string name, home, password_hash;
  std::optional<Bytes> quota_bytes;
  std::optional<std::int64_t> quota_files;
  bool is_guest = false;
  bool is_read_only = false;
  bool is_registered = false;
  Bytes used_bytes = 0;  // what the home already holds (an existing folder may be given a new account)
  std::int64_t used_files = 0;
};

// What `ftpadm setup` and SITE PASSWD change; what is not set stays.
struct AccountChange {
  std::optional<std::optional<Bytes>> quota_bytes;
  std::optional<std::optional<std::int64_t>> quota_files;
  std::optional<std::string> password_hash;
  std::optional<std::string> certificate;  // as parse_fingerprint() gives it; "": none
  std::optional<bool> is_read_only;
  std::optional<bool> is_locked;
};

// 1..64 bytes of UTF-8, no '/', no control characters, no leading or trailing blank, not "." or "..", not
// starting with '-' or '.'. Errc::name_refused says which rule.
Status check_account_name(std::string_view name);

// The SHA-256 of a certificate as programs print it, with colons or without, in capitals or small letters:
// "AB:CD:…", as shared/net says it. Errc::bad_syntax.
Result<std::string> parse_fingerprint(std::string_view text);

// Names that mean the guest when `anonymous` is on: "anonymous", "ftp", "guest". An account of its own under
// one of them could not be reached.
bool is_guest_name(std::string_view name);
inline constexpr char kGuestAccount[] = "guest";  // the guest's row, made by ferryd

}  // namespace ferry::store
