// What a server says it can do (FEAT, RFC 2389 §3.2). Pure text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shared/ftp/reply.h"

namespace ferry::client {

class Features {
 public:
  Features() = default;
  explicit Features(const ftp::Reply& reply);  // a 211 block; anything else: nothing is known

  bool has(std::string_view name) const;                // "MLST"; case ignored
  std::string parameters(std::string_view name) const;  // "HASH" -> "SHA-256*;SHA-1;", "" if there are none
  // One of SITE's: of the lines "SITE UTIME", or of a list, "SITE MKDIR;RMDIR;UTIME".
  bool has_site(std::string_view command) const;
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;  // without the leading space
};

}  // namespace ferry::client
