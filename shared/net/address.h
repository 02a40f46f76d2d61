// IP addresses with a port. Numeric only, except resolve(), which asks the system and blocks, and the zone of
// a link-local IPv6 address ("fe80::1%eth0", RFC 4007 §11), which is the name or number of an interface here:
// it belongs into configuration, logs and calls, never onto the wire.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"

namespace ferry::net {

class Address {
 public:
  Address() = default;  // AF_UNSPEC
  static Result<Address> parse(std::string_view ip,
                               std::uint16_t port);  // "127.0.0.1", "::1", "fe80::1%eth0"; Errc::bad_syntax
  static Result<Address> parse_listen(std::string_view text);      // "127.0.0.1:2121", "[::]:21", "0.0.0.0:0"
  static Address from(const sockaddr* address, socklen_t length);  // IPv4-mapped IPv6 becomes IPv4
  // 4 or 16 bytes in network order.
  static Address from_ip_bytes(std::span<const unsigned char> bytes, std::uint16_t port);
  static Result<Address> local_of(int socket);  // getsockname
  static Result<Address> peer_of(int socket);   // getpeername

  bool is_ipv6() const { return storage_.ss_family == AF_INET6; }
  bool is_set() const { return storage_.ss_family != AF_UNSPEC; }
  bool is_unspecified() const;  // 0.0.0.0, ::
  bool is_link_local() const;   // fe80::/10
  std::string ip() const;       // numeric text, with the zone if there is one
  std::string wire_ip() const;  // without it, for the other end
  // Whose limits count: one host or household. An IPv4 address, or the /64 of a global IPv6 address, which
  // hands out addresses by the billion (RFC 6177).
  std::string origin() const;
  std::string to_string() const;                // "127.0.0.1:2121", "[::1]:2121", "[fe80::1%eth0]:21"
  std::vector<unsigned char> ip_bytes() const;  // 4 or 16 in network order; none when not set
  std::uint16_t port() const;
  void set_port(std::uint16_t port);
  // fe80::1 on one link and fe80::1 on another are two machines.
  bool same_ip(const Address& other) const;

  // Index of the interface a link-local address belongs to; 0: none said.
  std::uint32_t scope() const;
  void set_scope(std::uint32_t interface_index);
  bool is_in_zone(std::string_view zone) const;  // "eth0" or "2" names its scope

  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const;

 private:
  sockaddr_storage storage_{};
};

// Name or number -> addresses in the order to try. Blocks on the resolver. Errc::not_found.
Result<std::vector<Address>> resolve(const std::string& host, std::uint16_t port);

}  // namespace ferry::net
