#include "client/engine/site.h"

#include <cctype>

#include "shared/base/ascii.h"
#include "shared/ftp/path.h"

namespace ferry::client {

std::string Site::key() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string canonical_host(std::string host) {
  if (host.find(':') != std::string::npos) return host;  // IPv6: its scope is a name of ours, kept as it is
  if (host.size() > 1 && host.back() == '.') host.pop_back();
  return ascii_lower(host);
}

Site site_of(const ftp::Url& url) {
  Site site;
  site.host = canonical_host(url.host);
  site.port = url.effective_port();
  site.security = url.security;
  return site;
}

std::string url_of(const Site& site, const std::string& user, const std::string& path) {
  ftp::Url url;
  url.security = site.security;
  url.host = site.host;
  url.port = site.port == url.effective_port() ? std::uint16_t{0} : site.port;
  url.user = user;
  url.path = "/" + path;  // a second slash makes it absolute
  return ftp::format_url(url);
}

Result<std::string> parse_fingerprint(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256:";
  constexpr std::size_t kHexDigits = 64;
  std::string lower;
  for (const char c : text.substr(0, kPrefix.size()))
    lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower == kPrefix) text.remove_prefix(kPrefix.size());
  std::string digits;
  for (const char c : text) {
    if (c == ':') continue;
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) {
      return fail(Errc::bad_syntax, "a fingerprint is sha256: and 64 hexadecimal digits");
    }
    digits += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  if (digits.size() != kHexDigits)
    return fail(Errc::bad_syntax, "a fingerprint is sha256: and 64 hexadecimal digits");
  std::string spaced;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    if (i > 0) spaced += ':';
    spaced += digits.substr(i, 2);
  }
  return spaced;
}

std::string spell_fingerprint(std::string_view fingerprint) {
  std::string text = "sha256:";
  for (const char c : fingerprint) {
    if (c != ':') text += c;
  }
  return text;
}

std::string remote_path(const std::string& login_directory, const std::string& url_path) {
  if (url_path.empty()) return login_directory;
  return ftp::join_path(login_directory, url_path.front() == '/' ? url_path.substr(1) : url_path);
}

}  // namespace ferry::client
