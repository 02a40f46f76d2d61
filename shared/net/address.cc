#include "shared/net/address.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "shared/base/bytes.h"

namespace ferry::net {
namespace {

sockaddr_in& as_ipv4(sockaddr_storage& storage) {
  return reinterpret_cast<sockaddr_in&>(storage);
}
const sockaddr_in& as_ipv4(const sockaddr_storage& storage) {
  return reinterpret_cast<const sockaddr_in&>(storage);
}
sockaddr_in6& as_ipv6(sockaddr_storage& storage) {
  return reinterpret_cast<sockaddr_in6&>(storage);
}
const sockaddr_in6& as_ipv6(const sockaddr_storage& storage) {
  return reinterpret_cast<const sockaddr_in6&>(storage);
}

using NameCall = int (*)(int, sockaddr*, socklen_t*);

Result<Address> name_of(int socket, NameCall call, const char* what) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (call(socket, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return fail_errno(errno, what);
  return Address::from(reinterpret_cast<const sockaddr*>(&storage), length);
}

}  // namespace

Result<Address> Address::parse(std::string_view ip, std::uint16_t port) {
  const std::string text(ip);
  const auto bad = [&] { return fail(Errc::bad_syntax, "'" + text + "' is not an IP address"); };
  if (text.find('\0') != std::string::npos) return bad();  // inet_pton would stop there
  sockaddr_in6 ipv6{};
  if (inet_pton(AF_INET6, text.c_str(), &ipv6.sin6_addr) == 1) {
    ipv6.sin6_family = AF_INET6;
    ipv6.sin6_port = htons(port);
    return from(reinterpret_cast<const sockaddr*>(&ipv6), sizeof ipv6);
  }
  sockaddr_in ipv4{};
  if (inet_pton(AF_INET, text.c_str(), &ipv4.sin_addr) == 1) {
    ipv4.sin_family = AF_INET;
    ipv4.sin_port = htons(port);
    return from(reinterpret_cast<const sockaddr*>(&ipv4), sizeof ipv4);
  }
  return bad();
}

Result<Address> Address::parse_listen(std::string_view text) {
  const auto bad = [&] {
    return fail(Errc::bad_syntax, "'" + std::string(text) + "' is not ADDRESS:PORT or [IPV6]:PORT");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad();
  std::string_view ip = text.substr(0, colon);
  const bool bracketed = ip.size() >= 2 && ip.front() == '[' && ip.back() == ']';
  if (bracketed) ip = ip.substr(1, ip.size() - 2);
  if (bracketed != (ip.find(':') != std::string_view::npos)) return bad();
  const auto port = parse_number(text.substr(colon + 1), 65535);
  if (!port) return bad();
  auto address = parse(ip, static_cast<std::uint16_t>(*port));
  if (!address) return bad();
  return address;
}

Address Address::from(const sockaddr* address, socklen_t length) {
  Address result;
  std::memcpy(&result.storage_, address, std::min<std::size_t>(length, sizeof result.storage_));
  if (!result.is_ipv6()) return result;
  const sockaddr_in6 ipv6 = as_ipv6(result.storage_);
  if (!IN6_IS_ADDR_V4MAPPED(&ipv6.sin6_addr)) return result;
  result.storage_ = {};
  sockaddr_in& ipv4 = as_ipv4(result.storage_);
  ipv4.sin_family = AF_INET;
  ipv4.sin_port = ipv6.sin6_port;
  std::memcpy(&ipv4.sin_addr, &ipv6.sin6_addr.s6_addr[12], sizeof ipv4.sin_addr);
  return result;
}

Result<Address> Address::local_of(int socket) {
  return name_of(socket, ::getsockname, "local address");
}

Result<Address> Address::peer_of(int socket) {
  return name_of(socket, ::getpeername, "peer address");
}

std::string Address::ip() const {
  if (!is_set()) return "";
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = is_ipv6() ? static_cast<const void*>(&as_ipv6(storage_).sin6_addr)
                                : static_cast<const void*>(&as_ipv4(storage_).sin_addr);
  if (!inet_ntop(storage_.ss_family, bytes, text.data(), text.size())) return "";
  return text.data();
}

std::string Address::to_string() const {
  if (!is_set()) return "";
  const std::string number = std::to_string(port());
  return is_ipv6() ? "[" + ip() + "]:" + number : ip() + ":" + number;
}

std::uint16_t Address::port() const {
  if (storage_.ss_family == AF_INET) return ntohs(as_ipv4(storage_).sin_port);
  if (storage_.ss_family == AF_INET6) return ntohs(as_ipv6(storage_).sin6_port);
  return 0;
}

void Address::set_port(std::uint16_t port) {
  if (storage_.ss_family == AF_INET) as_ipv4(storage_).sin_port = htons(port);
  if (storage_.ss_family == AF_INET6) as_ipv6(storage_).sin6_port = htons(port);
}

bool Address::same_ip(const Address& other) const {
  if (storage_.ss_family != other.storage_.ss_family) return false;
  if (is_ipv6()) {
    return std::memcmp(&as_ipv6(storage_).sin6_addr, &as_ipv6(other.storage_).sin6_addr, sizeof(in6_addr)) ==
           0;
  }
  return storage_.ss_family == AF_INET &&
         as_ipv4(storage_).sin_addr.s_addr == as_ipv4(other.storage_).sin_addr.s_addr;
}

socklen_t Address::size() const {
  return is_ipv6() ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
}

Result<std::vector<Address>> resolve(const std::string& host, std::uint16_t port) {
  if (auto number = Address::parse(host, port)) return std::vector<Address>{*number};
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (code != 0) return fail(Errc::not_found, host + ": " + gai_strerror(code));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  std::vector<Address> addresses;
  for (const addrinfo* entry = found; entry; entry = entry->ai_next) {
    Address address = Address::from(entry->ai_addr, entry->ai_addrlen);
    address.set_port(port);
    addresses.push_back(address);
  }
  return addresses;
}

}  // namespace ferry::net
