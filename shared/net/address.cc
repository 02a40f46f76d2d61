#include "shared/net/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "shared/base/bytes.h"
#include "shared/base/check.h"
#include "shared/base/unique_fd.h"

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

bool is_link_local_ip(const in6_addr& ip) {
  return IN6_IS_ADDR_LINKLOCAL(&ip);
}

// "" when it has none, or is gone. Not if_indextoname(3), which opens a socket of another family than a
// worker's sandbox allows.
std::string interface_name(std::uint32_t index) {
  ifreq request{};
  request.ifr_ifindex = static_cast<int>(index);
  const UniqueFd socket(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket || ::ioctl(socket.get(), SIOCGIFNAME, &request) != 0) return "";
  return std::string(request.ifr_name, ::strnlen(request.ifr_name, sizeof request.ifr_name));
}

// The interface a zone names; 0: none.
std::uint32_t interface_of_zone(std::string_view zone) {
  if (const auto number = parse_number(zone, INT32_MAX)) return static_cast<std::uint32_t>(*number);
  return zone.size() < IF_NAMESIZE ? ::if_nametoindex(std::string(zone).c_str()) : 0;
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
  const auto bad = [&] { return fail(Errc::bad_syntax, "'" + std::string(ip) + "' is not an IP address"); };
  if (ip.find('\0') != std::string_view::npos) return bad();  // inet_pton would stop there
  const std::size_t percent = ip.find('%');
  const std::string text(ip.substr(0, percent));
  sockaddr_in6 ipv6{};
  if (inet_pton(AF_INET6, text.c_str(), &ipv6.sin6_addr) == 1) {
    ipv6.sin6_family = AF_INET6;
    ipv6.sin6_port = htons(port);
    if (percent != std::string_view::npos) {
      ipv6.sin6_scope_id = interface_of_zone(ip.substr(percent + 1));
      if (ipv6.sin6_scope_id == 0 || !is_link_local_ip(ipv6.sin6_addr)) return bad();
    }
    return from(reinterpret_cast<const sockaddr*>(&ipv6), sizeof ipv6);
  }
  sockaddr_in ipv4{};
  if (percent == std::string_view::npos && inet_pton(AF_INET, text.c_str(), &ipv4.sin_addr) == 1) {
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

Address Address::from_ip_bytes(std::span<const unsigned char> bytes, std::uint16_t port) {
  CHECK(bytes.size() == sizeof(in_addr) || bytes.size() == sizeof(in6_addr));
  if (bytes.size() == sizeof(in_addr)) {
    sockaddr_in ipv4{};
    ipv4.sin_family = AF_INET;
    ipv4.sin_port = htons(port);
    std::memcpy(&ipv4.sin_addr, bytes.data(), sizeof ipv4.sin_addr);
    return from(reinterpret_cast<const sockaddr*>(&ipv4), sizeof ipv4);
  }
  sockaddr_in6 ipv6{};
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_port = htons(port);
  std::memcpy(&ipv6.sin6_addr, bytes.data(), sizeof ipv6.sin6_addr);
  return from(reinterpret_cast<const sockaddr*>(&ipv6), sizeof ipv6);
}

Result<Address> Address::local_of(int socket) {
  return name_of(socket, ::getsockname, "local address");
}

Result<Address> Address::peer_of(int socket) {
  return name_of(socket, ::getpeername, "peer address");
}

std::vector<unsigned char> Address::ip_bytes() const {
  if (!is_set()) return {};
  const auto* bytes = is_ipv6() ? reinterpret_cast<const unsigned char*>(&as_ipv6(storage_).sin6_addr)
                                : reinterpret_cast<const unsigned char*>(&as_ipv4(storage_).sin_addr);
  return {bytes, bytes + (is_ipv6() ? sizeof(in6_addr) : sizeof(in_addr))};
}

bool Address::is_unspecified() const {
  return is_set() && std::ranges::all_of(ip_bytes(), [](unsigned char byte) { return byte == 0; });
}

bool Address::is_link_local() const {
  return is_ipv6() && is_link_local_ip(as_ipv6(storage_).sin6_addr);
}

std::uint32_t Address::scope() const {
  return is_ipv6() ? as_ipv6(storage_).sin6_scope_id : 0;
}

void Address::set_scope(std::uint32_t interface_index) {
  if (is_link_local()) as_ipv6(storage_).sin6_scope_id = interface_index;
}

bool Address::is_in_zone(std::string_view zone) const {
  if (scope() == 0 || zone.empty()) return false;
  return zone == std::to_string(scope()) || zone == interface_name(scope());
}

std::string Address::ip() const {
  if (scope() == 0) return wire_ip();
  const std::string name = interface_name(scope());
  return wire_ip() + "%" + (name.empty() ? std::to_string(scope()) : name);
}

std::string Address::wire_ip() const {
  if (!is_set()) return "";
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = is_ipv6() ? static_cast<const void*>(&as_ipv6(storage_).sin6_addr)
                                : static_cast<const void*>(&as_ipv4(storage_).sin_addr);
  if (!inet_ntop(storage_.ss_family, bytes, text.data(), text.size())) return "";
  return text.data();
}

std::string Address::origin() const {
  if (!is_ipv6() || is_link_local()) return ip();
  sockaddr_in6 network{};
  std::memcpy(&network, &storage_, sizeof network);
  std::memset(network.sin6_addr.s6_addr + 8, 0, 8);
  return from(reinterpret_cast<const sockaddr*>(&network), sizeof network).ip() + "/64";
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
    return scope() == other.scope() && std::memcmp(&as_ipv6(storage_).sin6_addr,
                                                   &as_ipv6(other.storage_).sin6_addr, sizeof(in6_addr)) == 0;
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
