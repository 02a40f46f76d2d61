#include "shared/ftp/url.h"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>

#include "shared/base/ascii.h"
#include "shared/base/bytes.h"

namespace ferry::ftp {

namespace {

constexpr std::size_t kLongestHost = 255;

// No text of the address goes into a message: it may hold a password.
tl::unexpected<Error> bad(const char* what) {
  return fail(Errc::bad_syntax, what);
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = ascii_lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

// Refuses what would end a command line or a C string, however it is written.
Result<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3 || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0)
        return bad("a % in an address is followed by two hexadecimal digits");
      c = static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    }
    if (c == '\0' || c == '\r' || c == '\n') return bad("an address cannot hold a line break or NUL");
    decoded += c;
  }
  return decoded;
}

std::string percent_encode(std::string_view text, std::string_view also_plain) {
  std::string encoded;
  for (const char c : text) {
    if (is_ascii_alnum(c) || std::string_view("-._~").find(c) != std::string_view::npos ||
        also_plain.find(c) != also_plain.npos)
      encoded += c;
    else
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

bool is_ipv6(std::string_view text) {
  in6_addr ignored;
  return text.find('\0') == text.npos && ::inet_pton(AF_INET6, std::string(text).c_str(), &ignored) == 1;
}

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > kLongestHost || text.front() == '-' || text.front() == '.') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_ascii_alnum(c) || c == '.' || c == '-' || c == '_'; });
}

// "ftp://", "ftps://" or no scheme at all.
Result<Security> take_scheme(std::string_view& text) {
  const std::size_t end = text.find("://");
  const std::size_t slash = text.find('/');
  if (end == text.npos || slash < end) return Security::explicit_tls;
  const std::string scheme = ascii_lower(text.substr(0, end));
  if (scheme != "ftp" && scheme != "ftps") return bad("an address begins with ftp:// or ftps://");
  text.remove_prefix(end + 3);
  return scheme == "ftps" ? Security::implicit_tls : Security::explicit_tls;
}

Status parse_user(std::string_view text, Url& url) {
  if (text.find(':') != text.npos)
    return fail(Errc::permission,
                "a password in an address is visible to everybody on this machine; leave it out and it "
                "will be asked for");
  auto user = percent_decode(text);
  if (!user) return tl::unexpected(user.error());
  if (user->empty()) return bad("no user before the @ of the address");
  url.user = std::move(*user);
  return {};
}

// "[fe80::1%25eth0]": RFC 6874 writes the % of a zone as %25; people leave it bare.
Status parse_bracketed(std::string_view text, Url& url) {
  const std::size_t percent = text.find('%');
  if (!is_ipv6(text.substr(0, percent))) return bad("no IPv6 address between the brackets");
  url.host = text.substr(0, percent);
  if (percent == text.npos) return {};
  std::string_view zone = text.substr(percent + 1);
  if (zone.size() > 2 && zone.substr(0, 2) == "25") zone.remove_prefix(2);
  if (!is_host_name(zone)) return bad("no interface behind the % of the IPv6 address");
  url.host.append(1, '%').append(zone);
  return {};
}

Status parse_port_text(std::string_view text, Url& url) {
  const auto port = parse_number(text, 65535);
  if (!port || *port == 0) return bad("the port of an address is a number from 1 to 65535");
  url.port = static_cast<std::uint16_t>(*port);
  return {};
}

Status parse_host_and_port(std::string_view text, Url& url) {
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == text.npos) return bad("the bracket of the IPv6 address is not closed");
    if (auto host = parse_bracketed(text.substr(1, close - 1), url); !host) return host;
    text.remove_prefix(close + 1);
    if (text.empty()) return {};
    if (text.front() != ':') return bad("only :port may follow the IPv6 address");
    return parse_port_text(text.substr(1), url);
  }
  if (is_ipv6(text)) {
    url.host = text;
    return {};
  }
  const std::size_t colon = text.find(':');
  if (!is_host_name(text.substr(0, colon))) return bad("no valid host name in the address");
  url.host = text.substr(0, colon);
  if (colon == text.npos) return {};
  return parse_port_text(text.substr(colon + 1), url);
}

// RFC 1738 §3.2.2: ";type=a", ";type=i" or ";type=d" at the end says how to transfer, not what.
std::string_view without_type(std::string_view path) {
  constexpr std::string_view kType = ";type=";
  if (path.size() <= kType.size()) return path;
  const std::size_t at = path.size() - kType.size() - 1;
  const bool is_type = path.substr(at, kType.size()) == kType &&
                       std::string_view("aidAID").find(path.back()) != std::string_view::npos;
  return is_type ? path.substr(0, at) : path;
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  Url url;
  const auto security = take_scheme(text);
  if (!security) return tl::unexpected(security.error());
  url.security = *security;

  const std::size_t slash = text.find('/');
  std::string_view authority = text.substr(0, slash);
  if (const std::size_t at = authority.rfind('@'); at != authority.npos) {
    if (auto user = parse_user(authority.substr(0, at), url); !user) return tl::unexpected(user.error());
    authority.remove_prefix(at + 1);
  }
  if (auto host = parse_host_and_port(authority, url); !host) return tl::unexpected(host.error());
  if (slash != text.npos) {
    auto path = percent_decode(without_type(text.substr(slash)));
    if (!path) return tl::unexpected(path.error());
    url.path = std::move(*path);
  }
  return url;
}

std::string format_url(const Url& url) {
  std::string text = url.security == Security::implicit_tls ? "ftps://" : "ftp://";
  if (url.user) text += percent_encode(*url.user, "") + "@";
  if (const std::size_t percent = url.host.find('%'); percent != url.host.npos) {
    text += fmt::format("[{}%25{}]", url.host.substr(0, percent), url.host.substr(percent + 1));
  } else {
    text += url.host.find(':') == url.host.npos ? url.host : "[" + url.host + "]";
  }
  if (url.port != 0) text += fmt::format(":{}", url.port);
  return text + percent_encode(url.path, "/");
}

}  // namespace ferry::ftp
