#include "shared/ftp/host_port.h"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

#include "shared/base/ascii.h"
#include "shared/base/bytes.h"
#include "shared/base/check.h"

namespace ferry::ftp {

namespace {

constexpr std::int64_t kLargestPort = 65535;

tl::unexpected<Error> bad(std::string_view what) {
  return fail(Errc::bad_syntax, std::string(what));
}

// "h1,h2,h3,h4,p1,p2" at the front of `text`, each 0..255 in at most three digits; `text` is moved behind it.
std::optional<std::array<unsigned, 6>> take_six(std::string_view& text) {
  std::array<unsigned, 6> numbers{};
  for (unsigned& number : numbers) {
    if (&number != &numbers.front()) {
      if (text.empty() || text.front() != ',') return std::nullopt;
      text.remove_prefix(1);
    }
    std::size_t digits = 0;
    for (; digits < text.size() && is_ascii_digit(text[digits]); ++digits) {
      if (digits == 3) return std::nullopt;
      number = number * 10 + static_cast<unsigned>(text[digits] - '0');
    }
    if (digits == 0 || number > 255) return std::nullopt;
    text.remove_prefix(digits);
  }
  return numbers;
}

Result<HostPort> from_six(const std::array<unsigned, 6>& n) {
  const auto port = static_cast<std::uint16_t>(n[4] * 256 + n[5]);
  if (port == 0) return fail(Errc::out_of_range, "port 0 is not an address");
  return HostPort{fmt::format("{}.{}.{}.{}", n[0], n[1], n[2], n[3]), port};
}

// "h1,h2,h3,h4,p1,p2" of an address whose host is IPv4 text.
std::string six_numbers(const HostPort& address) {
  CHECK(!address.is_ipv6);
  std::string text = address.host;
  std::replace(text.begin(), text.end(), '.', ',');
  return fmt::format("{},{},{}", text, address.port / 256, address.port % 256);
}

// The numeric host in its shortest spelling; nullopt if it is none of that family.
std::optional<std::string> canonical_host(std::string_view text, int family) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  std::array<char, INET6_ADDRSTRLEN> spelling{};
  if (text.find('\0') != text.npos) return std::nullopt;
  if (::inet_pton(family, std::string(text).c_str(), address.data()) != 1) return std::nullopt;
  if (::inet_ntop(family, address.data(), spelling.data(), spelling.size()) == nullptr) return std::nullopt;
  return std::string(spelling.data());
}

Result<std::uint16_t> parse_port_number(std::string_view text) {
  const auto port = parse_number(text, kLargestPort);
  if (!port) return tl::unexpected(port.error());
  if (*port == 0) return fail(Errc::out_of_range, "port 0 is not an address");
  return static_cast<std::uint16_t>(*port);
}

// Whether it could be the name or number of an interface; which ones there are is not known here.
bool is_zone(std::string_view text) {
  constexpr std::size_t kLongest = 15;
  return !text.empty() && text.size() <= kLongest && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < '\x7F' && c != '%' && c != '/';
  });
}

// RFC 2428 §2: a delimiter is any printable ASCII character but, to be told apart from the number, no digit.
bool is_delimiter(char c) {
  return c > ' ' && c < '\x7F' && !is_ascii_digit(c);
}

}  // namespace

Result<HostPort> parse_port(std::string_view argument) {
  const auto numbers = take_six(argument);
  if (!numbers || !argument.empty()) return bad("not an address of the form h1,h2,h3,h4,p1,p2");
  return from_six(*numbers);
}

Result<HostPort> parse_eprt(std::string_view argument) {
  constexpr std::string_view kForm = "not an address of the form |1|132.235.1.2|6275|";
  if (argument.empty() || !is_delimiter(argument.front())) return bad(kForm);
  const char delimiter = argument.front();
  argument.remove_prefix(1);
  std::array<std::string_view, 3> fields;
  for (auto& field : fields) {
    const std::size_t end = argument.find(delimiter);
    if (end == argument.npos) return bad(kForm);
    field = argument.substr(0, end);
    argument.remove_prefix(end + 1);
  }
  if (!argument.empty()) return bad(kForm);

  const auto protocol = parse_number(fields[0]);
  if (!protocol && protocol.error().kind == Errc::bad_syntax) return bad(kForm);
  if (!protocol || (*protocol != 1 && *protocol != 2))
    return fail(Errc::unsupported, "network protocol is not 1 or 2");
  const bool is_ipv6 = *protocol == 2;
  const std::size_t percent = is_ipv6 ? fields[1].find('%') : fields[1].npos;
  const std::string zone(percent == fields[1].npos ? "" : fields[1].substr(percent + 1));
  const auto host = canonical_host(fields[1].substr(0, percent), is_ipv6 ? AF_INET6 : AF_INET);
  if (!host || (percent != fields[1].npos && !is_zone(zone)))
    return bad(is_ipv6 ? "not an IPv6 address" : "not an IPv4 address");
  const auto port = parse_port_number(fields[2]);
  if (!port) return tl::unexpected(port.error());
  return HostPort{*host, *port, is_ipv6, zone};
}

std::string format_port(const HostPort& address) {
  return six_numbers(address);
}

std::string format_eprt(const HostPort& address) {
  return fmt::format("|{}|{}|{}|", address.is_ipv6 ? 2 : 1, address.host, address.port);
}

Result<HostPort> parse_pasv_reply(std::string_view text) {
  while (!text.empty()) {
    const std::size_t start =
        static_cast<std::size_t>(std::find_if(text.begin(), text.end(), is_ascii_digit) - text.begin());
    text.remove_prefix(start);
    std::string_view rest = text;
    const auto numbers = take_six(rest);
    if (numbers && (rest.empty() || (!is_ascii_digit(rest.front()) && rest.front() != ',')))
      return from_six(*numbers);
    const auto past =
        std::find_if_not(text.begin(), text.end(), is_ascii_digit);  // never begin inside a number
    text.remove_prefix(static_cast<std::size_t>(past - text.begin()));
  }
  return bad("no address in the reply to PASV");
}

Result<HostPort> parse_epsv_reply(std::string_view text) {
  constexpr std::size_t kShortest = 5, kLongest = 9;  // "|||1|", "|||65535|"
  for (std::size_t open = text.find('('); open != text.npos; open = text.find('(', open + 1)) {
    std::string_view inside = text.substr(open + 1, kLongest + 1);
    const std::size_t close = inside.find(')');
    if (close == inside.npos || close < kShortest) continue;
    inside = inside.substr(0, close);
    const char d = inside.front();
    if (!is_delimiter(d) || inside[1] != d || inside[2] != d || inside.back() != d) continue;
    if (const auto port = parse_port_number(inside.substr(3, close - 4))) return HostPort{"", *port};
  }
  return bad("no port in the reply to EPSV");
}

std::string format_pasv_reply(const HostPort& address) {
  return fmt::format("Entering Passive Mode ({}).", six_numbers(address));
}

std::string format_epsv_reply(std::uint16_t port) {
  return fmt::format("Entering Extended Passive Mode (|||{}|)", port);
}

}  // namespace ferry::ftp
