#include "shared/net/network.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "shared/base/bytes.h"

namespace ferry::net {
namespace {

// 192.0.2.7 is ::ffff:192.0.2.7, whose last 32 bits are the IPv4 address.
constexpr int kMappedBits = 96;

int bits_of(const Address& address) {
  return address.is_ipv6() ? 128 : 32;
}

// The address with all bits behind `prefix` cleared.
Address masked(const Address& address, int prefix) {
  std::vector<unsigned char> bytes = address.ip_bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int kept = std::clamp(prefix - static_cast<int>(i) * 8, 0, 8);
    bytes[i] = static_cast<unsigned char>(bytes[i] & (0xff00 >> kept));
  }
  return Address::from_ip_bytes(bytes, 0);
}

std::optional<int> parse_prefix(std::string_view text, int most) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  const auto number = parse_number(text, most);
  return number ? std::optional<int>(static_cast<int>(*number)) : std::nullopt;
}

}  // namespace

Result<Network> Network::parse(std::string_view text) {
  const auto bad = [&] {
    return fail(Errc::bad_syntax, fmt::format("'{}' is not a network such as 10.0.0.0/8 or fd00::/8", text));
  };
  const std::size_t slash = text.find('/');
  const std::string_view ip = text.substr(0, slash);
  if (ip.find('%') != std::string_view::npos) return bad();  // a zone belongs to one machine's interface
  const auto address = Address::parse(ip, 0);
  if (!address) return bad();
  const int bits = bits_of(*address);
  if (slash == std::string_view::npos) return Network(*address, bits);

  const bool is_mapped = !address->is_ipv6() && ip.find(':') != std::string_view::npos;
  const auto written = parse_prefix(text.substr(slash + 1), is_mapped ? 128 : bits);
  if (!written || (is_mapped && *written < kMappedBits)) return bad();
  const int prefix = is_mapped ? *written - kMappedBits : *written;
  const Address base = masked(*address, prefix);
  if (!base.same_ip(*address)) {
    return fail(Errc::out_of_range,
                fmt::format("'{}' has bits set behind its prefix: write {} for the network, "
                            "or {} for the one address",
                            text, Network(base, prefix).to_string(), address->ip()));
  }
  return Network(base, prefix);
}

bool Network::contains(const Address& address) const {
  if (!address.is_set() || address.is_ipv6() != base_.is_ipv6()) return false;
  return masked(address, prefix_).same_ip(base_);
}

std::string Network::to_string() const {
  return prefix_ == bits_of(base_) ? base_.ip() : fmt::format("{}/{}", base_.ip(), prefix_);
}

}  // namespace ferry::net
