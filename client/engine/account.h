// What a person may know and change of the own account: room, password, a new account. ferryd's SITE commands
// (docs/protocol.md), and what others have in their place. Blocks on the network.
#pragma once

#include <optional>
#include <string>

#include "client/engine/connection.h"
#include "shared/base/bytes.h"

namespace ferry::client {

struct Allowance {
  std::optional<std::int64_t> used;   // nullopt: not told
  std::optional<std::int64_t> quota;  // nullopt: no limit, or not told
  std::optional<std::int64_t> left;   // nullopt: no limit, or not told
};

struct Quota {
  Allowance bytes;
  std::optional<Allowance> files;  // nullopt: not told
};

// SITE QUOTA's lines: "Bytes used: 5 of 100, left 95", "Files used: 1 of unlimited". Errc::bad_syntax. Pure.
Result<Quota> parse_quota(const ftp::Reply& reply);

// SITE QUOTA of ferryd; else AVBL (draft-peterson-streamlined-ftp-command-extensions), which tells what is
// left for `folder`. Errc::unsupported where a server has neither.
Result<Quota> ask_quota(Connection& connection, const std::string& folder);

// The password of who is logged in: SITE PASSWD, 350, PASS. So it never stands in a command's argument, which
// servers log. Errc::unsupported, Errc::permission (too weak), …; the server's words.
Result<std::string> change_password(Connection& connection, const Secret& password);

// Makes an account, before login: SITE REGISTER, 350, PASS. The connection must be encrypted (CHECK).
// Errc::unsupported where people cannot register, Errc::name_refused (taken, or not allowed),
// Errc::permission (the password is too weak), Errc::busy (too many accounts from here). The server's words.
Result<std::string> register_account(Connection& connection, const std::string& name, const Secret& password);

}  // namespace ferry::client
