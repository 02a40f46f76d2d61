// Addresses inside commands and replies: PORT/227 (RFC 959 §4.1.2) and EPRT/229 (RFC 2428). Pure text,
// strict.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "shared/base/result.h"

namespace ferry::ftp {

struct HostPort {
  std::string host;  // numeric IPv4 or IPv6 text; "" where the form has none (229)
  std::uint16_t port = 0;
  bool is_ipv6 = false;
  // "eth0" or "2" of fe80::1%eth0, which only EPRT of some clients has: RFC 2428 knows no zones, and one
  // names an interface of its own machine (RFC 4007 §11.2). Never written.
  std::string zone = {};
};

Result<HostPort> parse_port(std::string_view argument);  // "h1,h2,h3,h4,p1,p2"
Result<HostPort> parse_eprt(
    std::string_view argument);  // "|1|132.235.1.2|6275|"; Errc::unsupported: unknown protocol number
std::string format_port(const HostPort& address);  // IPv4 only
std::string format_eprt(const HostPort& address);
Result<HostPort> parse_pasv_reply(std::string_view text);  // finds the six numbers anywhere in a 227 text
Result<HostPort> parse_epsv_reply(std::string_view text);  // finds "(|||6446|)" in a 229 text; host stays ""
std::string format_pasv_reply(const HostPort& address);    // "Entering Passive Mode (h1,…,p2)."
std::string format_epsv_reply(std::uint16_t port);         // "Entering Extended Passive Mode (|||6446|)"

}  // namespace ferry::ftp
