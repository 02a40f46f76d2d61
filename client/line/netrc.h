// ~/.netrc: user and password per host, as ftp(1), curl and lftp read it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "shared/base/secret.h"

namespace ferry::client {

struct NetrcEntry {
  std::string user;
  Secret password;
  bool has_password = false;
};

// The first entry for `host` (and for `user`, unless that is empty), else the default one. Tokens may stand
// in double quotes with backslash escapes; macdef blocks are skipped. Pure.
std::optional<NetrcEntry> find_in_netrc(std::string_view text, std::string_view host, std::string_view user);

// From $HOME/.netrc; nullopt when there is none. Errc::permission when others than its owner may read it.
Result<std::optional<NetrcEntry>> netrc_for(const std::string& host, const std::string& user);

}  // namespace ferry::client
