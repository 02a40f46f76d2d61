#include "shared/ftp/host_name.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "shared/base/ascii.h"

namespace ferry::ftp {

namespace {

constexpr std::size_t kLongestName = 253, kLongestLabel = 63;  // RFC 1035 §2.3.4

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, [](char c) { return is_ascii_alnum(c) || c == '-'; });
}

// The last label of a name is never a number (RFC 3696 §2), so nothing is both a name and an address.
bool is_name(std::string_view name) {
  if (name.size() > kLongestName) return false;
  std::string_view label;
  for (std::size_t start = 0; start <= name.size(); start += label.size() + 1) {
    label = name.substr(start, name.find('.', start) - start);
    if (!is_label(label)) return false;
  }
  return !std::ranges::all_of(label, is_ascii_digit);
}

std::string address_text(int family, std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  std::array<char, INET6_ADDRSTRLEN> spelling{};
  if (text.find('\0') != text.npos) return {};
  if (::inet_pton(family, std::string(text).c_str(), address.data()) != 1) return {};
  return ::inet_ntop(family, address.data(), spelling.data(), spelling.size()) != nullptr ? spelling.data()
                                                                                          : "";
}

}  // namespace

Result<std::string> parse_host_name(std::string_view argument) {
  if (argument.size() > 2 && argument.front() == '[' && argument.back() == ']') {
    const std::string address = address_text(AF_INET6, argument.substr(1, argument.size() - 2));
    if (!address.empty()) return "[" + address + "]";
  } else if (std::string address = address_text(AF_INET, argument); !address.empty()) {
    return address;
  } else {
    std::string name(argument);
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    if (name.ends_with('.')) name.pop_back();
    if (is_name(name)) return name;
  }
  return fail(Errc::bad_syntax, "not a host name, an IPv4 address or an IPv6 address in brackets");
}

}  // namespace ferry::ftp
