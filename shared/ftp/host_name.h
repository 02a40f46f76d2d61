// The argument of HOST (RFC 7151 §3.1): a DNS name, an IPv4 address or an IPv6 address in brackets, no port.
// Pure text.
#pragma once

#include <string>
#include <string_view>

#include "shared/base/result.h"

namespace ferry::ftp {

// In one spelling: lower case, no dot at the end, addresses in their shortest form, IPv6 with its brackets.
// Errc::bad_syntax.
Result<std::string> parse_host_name(std::string_view argument);

}  // namespace ferry::ftp
