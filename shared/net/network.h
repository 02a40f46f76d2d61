// A network in CIDR notation, or one address: "10.0.0.0/8", "fd00::/8", "192.0.2.7". Pure text and bytes;
// asks nobody. IPv4 and IPv4-mapped IPv6 are the same thing here.
#pragma once

#include <string>
#include <string_view>

#include "shared/base/result.h"
#include "shared/net/address.h"

namespace ferry::net {

class Network {
 public:
  // Errc::bad_syntax; Errc::out_of_range when bits behind the prefix are set: "10.0.0.1/8" may mean one
  // machine or sixteen million, and only who wrote it knows. The context says what to write instead.
  static Result<Network> parse(std::string_view text);

  // The zone of a link-local address does not matter.
  bool contains(const Address& address) const;
  bool is_ipv6() const { return base_.is_ipv6(); }
  std::string to_string() const;  // parse() reads it back; a single address stands without its prefix

 private:
  Network(const Address& base, int prefix) : base_(base), prefix_(prefix) {}
  Address base_;
  int prefix_;
};

}  // namespace ferry::net
