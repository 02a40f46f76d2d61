// ftp:// and ftps:// addresses (RFC 1738 §3.2, RFC 3986), as people give them to the client. Pure text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/result.h"

namespace ferry::ftp {

enum class Security { explicit_tls, implicit_tls, clear };

struct Url {
  Security security = Security::explicit_tls;  // ftp:// and a bare host: AUTH TLS wanted; ftps://: implicit
  std::string host;                            // without the brackets of IPv6
  std::uint16_t port = 0;                      // 0: the default (21, or 990 for implicit)
  std::optional<std::string> user;             // percent-decoded
  std::string path;                            // percent-decoded, "" or absolute ("/pics/a b")
  std::uint16_t effective_port() const {
    return port != 0 ? port : (security == Security::implicit_tls ? 990 : 21);
  }
};

// "ftp://user@host:2121/path", "ftps://[::1]/", "host", "host:2121". A password in the URL is refused with
// Errc::permission and a hint, because it would be visible to everybody on the machine. Errc::bad_syntax
// otherwise.
Result<Url> parse_url(std::string_view text);
std::string format_url(const Url& url);

}  // namespace ferry::ftp
