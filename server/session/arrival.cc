#include "server/session/arrival.h"

#include <fmt/core.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "server/session/login.h"
#include "shared/net/proxy_header.h"

namespace ferry {

namespace {

// From here on the session is the client's.
std::optional<Next> admit(Session& session, const net::ProxyHeader& header) {
  const Options& options = session.services.options;
  session.control.arrival.reset();
  session.balancer = session.peer;
  if (header.source && !header.source->is_unspecified()) {
    session.peer = *header.source;
    if (!header.destination->is_unspecified()) session.reached = *header.destination;
  }
  const Scoreboard::Limits limits{options.max_sessions_per_address, options.max_sessions_per_user};
  if (!session.services.scoreboard.admit(session.seat, session.peer.ip(), limits, session.peer.origin())) {
    session.last_words(421, Text("too many sessions from your address"));
    return Next::close;
  }
  return std::nullopt;
}

// Moves `size` bytes that have been looked at out of the socket.
bool take(int fd, std::string& into, std::size_t size) {
  const std::size_t before = into.size();
  into.resize(before + size);
  const ssize_t got = ::recv(fd, into.data() + before, size, MSG_DONTWAIT);
  return got == static_cast<ssize_t>(size);
}

}  // namespace

void log_refused_arrival(Session& session, std::string_view reason) {
  session.services.logs.login(session.name, fmt::format("connection refused from={} reason={}",
                                                        session.peer.ip(), log_field(reason)));
}

// Bytes are looked at in the socket first. While the header is incomplete all of them belong to it and are
// taken out, or they would announce themselves again and again; of the last ones only what is its own.
std::optional<Next> continue_arrival(Session& session) {
  const auto refuse = [&](std::string_view reason) {
    log_refused_arrival(session, reason);
    return Next::close;
  };
  const int fd = session.control.stream.fd();
  std::string& header = session.control.arrival->header;
  std::array<char, net::kMaxProxyHeader> ahead;
  while (true) {
    const ssize_t got = ::recv(fd, ahead.data(), ahead.size(), MSG_PEEK | MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return Next::park_to_read;
    if (got <= 0) return refuse("no PROXY header came");
    const std::size_t before = header.size(), seen = static_cast<std::size_t>(got);
    const auto parsed = net::parse_proxy_header(header + std::string(ahead.data(), seen));
    if (!parsed) return refuse(parsed.error().context);
    if (!take(fd, header, *parsed ? (*parsed)->size - before : seen)) return refuse("the connection broke");
    if (*parsed) return admit(session, **parsed);
  }
}

}  // namespace ferry
