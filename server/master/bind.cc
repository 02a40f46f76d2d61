#include "server/master/bind.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <systemd/sd-daemon.h>

#include <cstdlib>
#include <utility>

#include "shared/net/address.h"
#include "shared/net/socket.h"

namespace ferry {

namespace {

Error explained(const net::Address& address, const Error& error) {
  std::string advice;
  if (error.kind == Errc::busy) advice = "; another program has it: stop that one, or choose another port";
  if (error.kind == Errc::permission)
    advice = "; start as root, give CAP_NET_BIND_SERVICE, or choose a port above 1023";
  return Error{error.kind,
               fmt::format("cannot listen on {}: {}{}", address.to_string(), error.context, advice)};
}

// SO_REUSEPORT would let us share a port with another server of the same user without a word.
Status check_unused(const net::Address& address) {
  if (address.port() == 0) return {};
  const auto probe = net::listen_on(address);
  if (!probe) return tl::unexpected(explained(address, probe.error()));
  return {};
}

void free_names(char** names) {
  for (char** name = names; name != nullptr && *name != nullptr; ++name) std::free(*name);
  std::free(names);
}

ListenerKind kind_named(std::string_view name) {
  for (const bool implicit_tls : {false, true}) {
    for (const bool proxied : {false, true}) {
      const ListenerKind kind{implicit_tls, proxied};
      if (word_of(kind) == name) return kind;
    }
  }
  return {};
}

}  // namespace

std::string_view word_of(ListenerKind kind) {
  if (kind.proxied) return kind.implicit_tls ? "proxy-implicit" : "proxy";
  return kind.implicit_tls ? "implicit" : "";
}

Result<Listeners> Listeners::open(const Options& options, int workers) {
  char** names = nullptr;
  const int passed = ::sd_listen_fds_with_names(1, &names);
  if (passed < 0) return fail_errno(-passed, "cannot take the sockets from systemd");
  if (passed > 0) {
    auto taken = take_from_systemd(passed, names);
    free_names(names);
    return taken;
  }
  Listeners listeners;
  const std::pair<const std::vector<std::string>&, ListenerKind> lists[] = {
      {options.listen, {}},
      {options.implicit_tls_listen, {.implicit_tls = true}},
      {options.proxy_listen, {.proxied = true}},
      {options.proxy_implicit_tls_listen, {.implicit_tls = true, .proxied = true}}};
  for (const auto& [addresses, kind] : lists) {
    for (const std::string& address : addresses) {
      if (auto bound = listeners.bind(address, kind, workers); !bound) return tl::unexpected(bound.error());
    }
  }
  return listeners;
}

Result<Listeners> Listeners::take_from_systemd(int count, char** names) {
  Listeners listeners;
  for (int i = 0; i < count; ++i) {
    UniqueFd fd(SD_LISTEN_FDS_START + i);
    if (::sd_is_socket(fd.get(), AF_UNSPEC, SOCK_STREAM, 1) <= 0) {
      return fail(Errc::io, fmt::format("the socket {} passed by systemd is no listening stream socket; "
                                        "ferryd.socket needs ListenStream=",
                                        names[i]));
    }
    const auto address = net::Address::local_of(fd.get());
    if (!address) return tl::unexpected(address.error());
    if (::fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0)
      return fail_errno(errno, "cannot set up the socket passed by systemd");
    const ListenerKind kind = kind_named(names[i]);
    listeners.places_.push_back({address->to_string(), kind});
    listeners.sockets_.push_back({std::move(fd), kind, kShared});
  }
  return listeners;
}

Status Listeners::bind(const std::string& text, ListenerKind kind, int workers) {
  auto address = net::Address::parse_listen(text);
  if (!address) return tl::unexpected(address.error());
  if (auto unused = check_unused(*address); !unused) return unused;
  for (int worker = 0; worker < workers; ++worker) {
    auto fd = net::listen_on(*address, {.reuse_port = true});
    if (!fd) return tl::unexpected(explained(*address, fd.error()));
    if (address->port() == 0) {  // the others join the port the first one got
      const auto bound = net::Address::local_of(fd->get());
      if (!bound) return tl::unexpected(bound.error());
      address = *bound;
    }
    sockets_.push_back({std::move(*fd), kind, worker});
  }
  places_.push_back({address->to_string(), kind});
  return {};
}

std::vector<WorkerListener> Listeners::of_worker(int index) const {
  std::vector<WorkerListener> own;
  for (const Socket& socket : sockets_) {
    if (socket.worker == kShared || socket.worker == index) own.push_back({socket.fd.get(), socket.kind});
  }
  return own;
}

}  // namespace ferry
