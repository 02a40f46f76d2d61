// IP addresses with a port. Numeric only, except resolve(), which asks the system and blocks.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"

namespace ferry::net {

class Address {
 public:
  Address() = default;  // AF_UNSPEC
  static Result<Address> parse(std::string_view ip,
                               std::uint16_t port);                // "127.0.0.1", "::1"; Errc::bad_syntax
  static Result<Address> parse_listen(std::string_view text);      // "127.0.0.1:2121", "[::]:21", "0.0.0.0:0"
  static Address from(const sockaddr* address, socklen_t length);  // IPv4-mapped IPv6 becomes IPv4
  static Result<Address> local_of(int socket);                     // getsockname
  static Result<Address> peer_of(int socket);                      // getpeername

  bool is_ipv6() const { return storage_.ss_family == AF_INET6; }
  bool is_set() const { return storage_.ss_family != AF_UNSPEC; }
  std::string ip() const;         // numeric text
  std::string to_string() const;  // "127.0.0.1:2121", "[::1]:2121"
  std::uint16_t port() const;
  void set_port(std::uint16_t port);
  bool same_ip(const Address& other) const;

  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const;

 private:
  sockaddr_storage storage_{};
};

// Name or number -> addresses in the order to try. Blocks on the resolver. Errc::not_found.
Result<std::vector<Address>> resolve(const std::string& host, std::uint16_t port);

}  // namespace ferry::net
