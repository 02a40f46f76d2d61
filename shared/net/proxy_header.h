// The PROXY protocol's header, versions 1 and 2: what a load balancer writes in front of a connection it
// passes on, to say whose it is (HAProxy's proxy-protocol.txt). Pure bytes, no I/O, keeps nothing; a worker
// of ferryd parses with it. Whether the peer may say so at all is not decided here.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "shared/base/result.h"
#include "shared/net/address.h"

namespace ferry::net {

// Version 1 ends within 107 bytes. Version 2 says its own length, up to 64 KiB; balancers send some hundred
// bytes, with TLS details perhaps two thousand.
inline constexpr std::size_t kMaxProxyHeader = 4096;

struct ProxyHeader {
  std::size_t size = 0;  // of the header; what follows belongs to the connection itself
  // Both or neither. Neither: LOCAL, UNKNOWN, or a client that came over no TCP: the connection's own ends
  // count.
  std::optional<Address> source, destination;
};

// What the bytes so far are. nullopt: the start of a header, all of them belong to it, and more must come.
// Any other start is Errc::bad_syntax as early as it can be known, Errc::too_long a header over the bound.
Result<std::optional<ProxyHeader>> parse_proxy_header(std::string_view bytes);

}  // namespace ferry::net
