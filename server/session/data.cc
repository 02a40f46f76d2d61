#include "server/session/data.h"

#include <fmt/core.h>
#include <poll.h>

#include <algorithm>
#include <array>

#include "shared/net/socket.h"

namespace ferry {

namespace {

constexpr std::chrono::seconds kConnectTimeout{30};  // for the client to reach us, or us to reach it
// After a stranger has come instead: somebody tries ports, and the sooner this one is closed the better.
constexpr std::chrono::seconds kTimeAfterStranger{5};
constexpr std::chrono::seconds kHandshakeTimeout{15};
constexpr std::chrono::milliseconds kCloseTimeout{1000};
constexpr std::chrono::seconds kDrainTimeout{10};
constexpr std::chrono::hours kOldTicket{1};

Deadline connect_deadline(const Session& session) {
  return Deadline::after(
      std::min<std::chrono::milliseconds>(kConnectTimeout, session.services.options.data_timeout));
}

// Who guessed the port is turned away; the client may still come, but not for long.
void note_stranger(Session& session, const net::Address& stranger) {
  session.services.logs.service(Logs::Level::warning,
                                fmt::format("session {}: data connection from {} refused, the client is {}",
                                            session.name, stranger.ip(), session.peer.ip()));
}

enum class Visitor { client, balancer, stranger };

// The balancer's address is every client's behind it, and perhaps every data connection's: from there only
// who proves to be this session's client may come, by resuming its TLS session (secure_data).
Visitor visitor_at(const Session& session, const net::Address& peer) {
  if (session.balancer && peer.same_ip(*session.balancer))
    return session.data.is_private ? Visitor::balancer : Visitor::stranger;
  return peer.same_ip(session.peer) ? Visitor::client : Visitor::stranger;
}

Result<net::Stream> accept_data(Session& session, Watch& watch) {
  const UniqueFd listener = std::move(session.data.listener);
  Deadline deadline = connect_deadline(session);
  bool a_stranger_came = false;
  while (true) {
    // First without waiting: most clients connect before they send the command.
    if (auto accepted = net::accept_now(listener.get())) {
      const Visitor visitor = visitor_at(session, accepted->peer);
      session.data.through_balancer = visitor == Visitor::balancer;
      if (visitor != Visitor::stranger) return net::Stream(std::move(accepted->socket));
      // More strangers neither stretch nor shorten the wait, and fill no log.
      if (!a_stranger_came) {
        note_stranger(session, accepted->peer);
        deadline = deadline.sooner(Deadline::after(kTimeAfterStranger));
      }
      a_stranger_came = true;
    } else if (accepted.error().kind != Errc::timeout) {
      return fail(Errc::refused, accepted.error().context);
    }
    const auto ready = watch.wait(listener.get(), POLLIN, deadline);
    if (!ready && ready.error().kind != Errc::timeout) return tl::unexpected(ready.error());
    if (!ready || deadline.passed()) {
      return a_stranger_came ? refusal(Errc::refused, "Only a stranger connected to the passive port")
                             : refusal(Errc::refused, "Nobody connected to the passive port");
    }
  }
}

Result<net::Stream> connect_data(Session& session, Watch& watch) {
  const net::Address target = *session.data.target;
  session.data.target.reset();
  session.data.through_balancer = false;
  // Behind a balancer our end of the control connection is not where the client sees us, nor need it be of
  // the client's family.
  net::Address from = session.balancer ? net::Address() : session.local;
  from.set_port(0);
  const auto refused = [&](const Error& error) {
    return refusal(Errc::refused, "No data connection: {}", text_of(error, session.language));
  };
  auto socket = net::start_connect(target, from);
  if (!socket) return refused(socket.error());
  if (auto ready = watch.wait(socket->get(), POLLOUT, connect_deadline(session)); !ready) {
    if (ready.error().kind == Errc::timeout) return refused(ready.error());
    return tl::unexpected(ready.error());
  }
  if (auto connected = net::connect_outcome(socket->get(), target); !connected)
    return refused(connected.error());
  return net::Stream(std::move(*socket));
}

// Whether the client can be told to resume: after CCC no ticket reaches it any more, and under TLS 1.2 the
// only one it ever gets ends one day.
bool has_ticket_to_resume(const Session& session) {
  return session.control.stream.is_tls() &&
         std::chrono::steady_clock::now() - session.data.newest_ticket < net::kTicketLifetime;
}

// That who made the data connection is who holds the control connection. A resumed session is this one's own;
// a full handshake proves nothing but what it shows.
Status check_identity(Session& session, const net::TlsChannel& tls) {
  if (tls.resumed()) {
    session.data.resumed_once = true;
    return {};
  }
  if (session.data.through_balancer) {
    return refusal(
        Errc::tls,
        "Through the load balancer a data connection must resume the TLS session of the control connection");
  }
  const DataResumption policy = session.services.options.data_resumption;
  if (policy == DataResumption::required ||
      (policy == DataResumption::preferred && session.data.resumed_once && has_ticket_to_resume(session))) {
    return refusal(Errc::tls, "The data connection must resume the TLS session of the control connection");
  }
  if (session.certificate && tls.peer_fingerprint() != session.certificate->fingerprint)
    return refusal(Errc::tls, "The data connection must show the certificate of the control connection");
  return {};
}

}  // namespace

Result<net::Address> prepare_passive(Session& session) {
  session.forget_data_settings();
  net::Address here = session.local;
  // Straight data connections may come to another address of this machine than the balancer's do.
  if (session.balancer) here = *net::Address::parse(here.is_ipv6() ? "::" : "0.0.0.0", 0);
  here.set_port(0);
  const PortRange range = session.services.options.passive_ports;
  auto listener = net::listen_in_range(here, range.first, range.last);
  if (!listener) return tl::unexpected(listener.error());
  auto bound = net::Address::local_of(listener->get());
  if (!bound) return tl::unexpected(bound.error());
  session.data.listener = std::move(*listener);
  session.data.listens_for =
      std::min<std::chrono::milliseconds>(kConnectTimeout, session.services.options.data_timeout);
  session.data.listens_until = std::chrono::steady_clock::now() + session.data.listens_for;
  session.data.is_prolonged = false;
  return *bound;
}

Result<net::Stream> open_data(Session& session, Watch& watch) {
  Result<net::Stream> stream = refusal(Errc::refused, "Send PASV, EPSV, PORT or EPRT first");
  if (session.data.listener) {
    stream = accept_data(session, watch);
  } else if (session.data.target) {
    stream = connect_data(session, watch);
  }
  if (stream) {
    net::set_no_delay(stream->fd());
    // A peer that is gone without a word is noticed also by a transfer that data_timeout lets wait for long.
    net::set_keep_alive(stream->fd());
  }
  return stream;
}

Status secure_data(Session& session, net::Stream& data, Watch& watch) {
  if (!session.data.is_private) return {};
  data.start_tls(session.services.tls->data_channel(session.tls_tag));
  const Deadline deadline = Deadline::after(kHandshakeTimeout);
  while (true) {
    auto progress = data.try_handshake();
    if (!progress) {
      if (data.tls()->foreign_ticket())
        return refusal(Errc::tls, "The data connection offered a TLS session that is not this one's");
      return refusal(Errc::tls, "TLS handshake on the data connection failed: {}", progress.error().context);
    }
    if (progress->state == net::Progress::State::done) break;
    if (progress->state == net::Progress::State::end)
      return refusal(Errc::tls, "The data connection ended in the TLS handshake");
    const short events = progress->state == net::Progress::State::want_write ? POLLOUT : POLLIN;
    if (auto ready = watch.wait(data.fd(), events, deadline); !ready) {
      if (ready.error().kind == Errc::timeout)
        return refusal(Errc::tls, "TLS handshake on the data connection took too long");
      return ready;
    }
  }
  return check_identity(session, *data.tls());
}

void refresh_ticket(Session& session) {
  if (!session.control.stream.is_tls()) return;
  if (session.control.stream.tls()->refresh_ticket())
    session.data.newest_ticket = std::chrono::steady_clock::now();
}

void refresh_old_ticket(Session& session, std::chrono::steady_clock::time_point now) {
  if (session.control.stream.is_tls() && now - session.data.newest_ticket > kOldTicket)
    refresh_ticket(session);
}

Status finish_data(Session& session, net::Stream& data, Watch& watch) {
  if (auto looked = watch.look(); !looked) return looked;
  while (true) {
    const auto progress = data.try_finish();
    if (!progress) return tl::unexpected(progress.error());
    if (progress->state == net::Progress::State::done) return {};
    const Deadline deadline = Deadline::after(session.services.options.data_timeout);
    if (auto ready = watch.wait(data.fd(), POLLOUT, deadline); !ready) return ready;
  }
}

namespace {

// Reads and drops what the client still sends, until it ends, says something else, or the deadline.
void drop_rest(Session& session, net::Stream& data, Deadline deadline) {
  std::array<char, 16 * 1024> rest{};
  while (!deadline.passed()) {
    auto progress = data.try_read(rest);
    if (!progress || progress->state == net::Progress::State::end) return;
    if (progress->state == net::Progress::State::done) continue;
    // A client that sends its next command first is not kept waiting.
    pollfd polled[2] = {{data.fd(), POLLIN, 0}, {session.control.stream.fd(), POLLIN, 0}};
    if (poll(polled, 2, deadline.poll_timeout_ms()) <= 0 || polled[1].revents != 0) return;
  }
}

}  // namespace

void close_data(Session& session, net::Stream data) {
  // In clear the client has nothing to say on a download, and on an upload it ended first.
  if (data.is_tls()) drop_rest(session, data, Deadline::after(kCloseTimeout));
}

void drain_data(Session& session, net::Stream& data) {
  drop_rest(session, data, Deadline::after(kDrainTimeout));
}

}  // namespace ferry
