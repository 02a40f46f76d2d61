#include "shared/net/socket.h"

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sodium.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace ferry::net {
namespace {

void set_option(int socket, int level, int name, int value) {
  // These tune; a kernel that refuses one leaves a socket that works.
  (void)::setsockopt(socket, level, name, &value, sizeof value);
}

Result<UniqueFd> new_socket(const Address& address) {
  const int family = address.is_ipv6() ? AF_INET6 : AF_INET;
  UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return fail_errno(errno, "socket");
  return socket;
}

tl::unexpected<Error> fail_listen(int error_number, const Address& address) {
  const std::string context = "listen on " + address.to_string();
  if (error_number == EADDRINUSE) return fail(Errc::busy, context + ": address already in use");
  return fail_errno(error_number, context);
}

}  // namespace

Result<UniqueFd> listen_on(const Address& address, ListenOptions options) {
  auto socket = new_socket(address);
  if (!socket) return socket;
  set_option(socket->get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.is_ipv6()) set_option(socket->get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (options.reuse_port) set_option(socket->get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (::bind(socket->get(), address.data(), address.size()) != 0) return fail_listen(errno, address);
  // With SO_REUSEADDR two sockets may be bound to one port before either listens; the second learns it here.
  if (::listen(socket->get(), options.backlog) != 0) return fail_listen(errno, address);
  return socket;
}

Result<UniqueFd> listen_in_range(const Address& address, std::uint16_t first, std::uint16_t last) {
  // For one client, which strangers who try ports must not keep out: they are hung up on when it is served.
  const ListenOptions one{.backlog = 32};
  Address candidate = address;
  candidate.set_port(0);
  if (first == 0) return listen_on(candidate, one);
  if (last < first) return fail(Errc::out_of_range, "empty port range");
  const std::uint32_t count = static_cast<std::uint32_t>(last - first) + 1;
  const std::uint32_t start = randombytes_uniform(count);
  for (std::uint32_t step = 0; step < count; ++step) {
    candidate.set_port(static_cast<std::uint16_t>(first + (start + step) % count));
    auto socket = listen_on(candidate, one);
    if (socket || socket.error().kind != Errc::busy) return socket;
  }
  return fail(Errc::busy, "no free port from " + std::to_string(first) + " to " + std::to_string(last));
}

Result<Accepted> accept_now(int listener) {
  for (;;) {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    auto* peer = reinterpret_cast<sockaddr*>(&storage);
    UniqueFd socket(::accept4(listener, peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) return Accepted{std::move(socket), Address::from(peer, length)};
    if (errno == EAGAIN) return fail(Errc::timeout, "no connection waits");
    if (errno != EINTR && errno != ECONNABORTED) return fail_errno(errno, "accept");
  }
}

Result<UniqueFd> start_connect(const Address& to, const Address& from) {
  auto socket = new_socket(to);
  if (!socket) return socket;
  if (from.is_set()) {
    set_option(socket->get(), SOL_SOCKET, SO_REUSEADDR, 1);
    if (::bind(socket->get(), from.data(), from.size()) != 0) return fail_listen(errno, from);
  }
  // After EINTR, too, the connect goes on by itself and poll(2) tells its end.
  if (::connect(socket->get(), to.data(), to.size()) != 0 && errno != EINPROGRESS && errno != EINTR)
    return fail_errno(errno, "connect to " + to.to_string());
  return socket;
}

Status connect_outcome(int socket, const Address& to) {
  int error_number = 0;
  socklen_t length = sizeof error_number;
  if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error_number, &length) != 0) error_number = errno;
  if (error_number != 0) return fail_errno(error_number, "connect to " + to.to_string());
  return {};
}

Result<UniqueFd> connect_to(const Address& to, Deadline deadline, const Address& from) {
  auto socket = start_connect(to, from);
  if (!socket) return socket;
  if (!wait_for(socket->get(), POLLOUT, deadline))
    return fail(Errc::timeout, "connect to " + to.to_string() + ": no answer in time");
  if (auto ended = connect_outcome(socket->get(), to); !ended) return tl::unexpected(ended.error());
  return socket;
}

bool wait_for(int fd, short events, Deadline deadline) {
  pollfd entry{.fd = fd, .events = events, .revents = 0};
  for (;;) {
    const int ready = ::poll(&entry, 1, deadline.poll_timeout_ms());
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR)
      return true;  // a bad descriptor: the caller's next call says what is wrong
    if (deadline.passed()) return false;
  }
}

std::size_t unsent_bytes(int socket) {
  int bytes = 0;
  return ::ioctl(socket, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

void set_no_delay(int socket) {
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
}

void keep_urgent_inline(int socket) {
  set_option(socket, SOL_SOCKET, SO_OOBINLINE, 1);
}

void set_keep_alive(int socket) {
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, 60);
  set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, 15);
  set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, 4);
}

}  // namespace ferry::net
