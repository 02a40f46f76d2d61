#include "client/engine/data.h"

#include <poll.h>

#include <algorithm>
#include <array>

#include "client/engine/reply_error.h"
#include "client/engine/wait.h"
#include "shared/ftp/host_port.h"
#include "shared/net/socket.h"

namespace ferry::client {
namespace {

// A server that broke the data connection says why on the control connection, at once.
constexpr std::chrono::milliseconds kReasonPatience{5'000};
// How often it is looked whether the end of an upload has left.
constexpr std::chrono::milliseconds kLeavingPause{20};

std::chrono::milliseconds reason_patience(const Connection& connection) {
  return std::min(kReasonPatience, connection.site().timeout);
}

// Either connected already (passive) or still waiting for the server to come (active).
struct Prepared {
  UniqueFd socket;
  bool is_listener = false;
};

Result<UniqueFd> connect_passive(Connection& connection, std::uint16_t port) {
  net::Address to =
      connection.peer();  // never an address out of a reply: the data belongs where the session is
  to.set_port(port);
  return dial(to.ip(), port, Deadline::after(connection.site().timeout), connection.cancel());
}

Result<std::uint16_t> ask_passive_port(Connection& connection) {
  if (!connection.manners().epsv_refused) {
    auto reply = connection.command("EPSV");
    if (!reply) return tl::unexpected(reply.error());
    const auto address = reply->code == 229 ? ftp::parse_epsv_reply(reply->text()) : Result<ftp::HostPort>();
    if (reply->code == 229 && address) return address->port;
    if (reply->code != 229 && reply->code < 500)
      return tl::unexpected(reply_error("EPSV", "passive mode", *reply));
    connection.manners().epsv_refused = true;
  }
  auto reply = connection.require("PASV", "", "passive mode");
  if (!reply) return tl::unexpected(reply.error());
  auto address = ftp::parse_pasv_reply(reply->text());
  if (!address) return fail(Errc::refused, "passive mode: " + address.error().context);
  return address->port;
}

Status announce_listener(Connection& connection, const net::Address& listener) {
  const ftp::HostPort here{listener.wire_ip(), listener.port(), listener.is_ipv6()};
  auto extended = connection.command("EPRT", ftp::format_eprt(here));
  if (!extended) return tl::unexpected(extended.error());
  if (extended->is_completion()) return {};
  if (here.is_ipv6) return tl::unexpected(reply_error("EPRT", "active mode", *extended));
  auto classic = connection.require("PORT", ftp::format_port(here), "active mode");
  return classic ? Status() : tl::unexpected(classic.error());
}

Result<Prepared> prepare(Connection& connection) {
  if (connection.site().active) {
    net::Address here = connection.local();
    here.set_port(0);
    auto listener = net::listen_on(here, {1, false});
    if (!listener) return tl::unexpected(listener.error());
    auto bound = net::Address::local_of(listener->get());
    if (!bound) return tl::unexpected(bound.error());
    if (auto told = announce_listener(connection, *bound); !told) return tl::unexpected(told.error());
    return Prepared{std::move(*listener), true};
  }
  auto port = ask_passive_port(connection);
  if (!port) return tl::unexpected(port.error());
  auto socket = connect_passive(connection, *port);
  if (!socket) return fail(socket.error().kind, "data connection: " + socket.error().context);
  return Prepared{std::move(*socket), false};
}

Result<UniqueFd> accept_from_server(Connection& connection, int listener) {
  const Deadline deadline = Deadline::after(connection.site().timeout);
  while (true) {
    if (auto ready = wait_ready(listener, POLLIN, deadline, connection.cancel()); !ready) {
      return fail(ready.error().kind, "the server opened no data connection to us");
    }
    auto accepted = net::accept_now(listener);
    if (!accepted && accepted.error().kind == Errc::timeout) continue;
    if (!accepted) return tl::unexpected(accepted.error());
    if (accepted->peer.same_ip(connection.peer()))
      return std::move(accepted->socket);  // anybody else is let go
  }
}

Result<net::Stream> establish(Connection& connection, Prepared prepared) {
  if (prepared.is_listener) {
    auto accepted = accept_from_server(connection, prepared.socket.get());
    if (!accepted) return tl::unexpected(accepted.error());
    prepared.socket = std::move(*accepted);
  }
  net::Stream stream(std::move(prepared.socket));
  if (!connection.is_encrypted()) return stream;
  stream.start_tls(connection.data_tls());
  if (auto shaken = handshake(stream, Deadline::after(connection.site().timeout), connection.cancel());
      !shaken) {
    return fail(shaken.error().kind, "data connection: " + shaken.error().context);
  }
  return stream;
}

// What was written may still be in this machine. A line so slow that it empties no faster than the server's
// patience is not waited for as if all had been said.
Status let_leave(Connection& connection, net::Stream& data, const DataCommand& command) {
  Deadline stalled = Deadline::after(connection.site().timeout);
  for (std::size_t before = 0;;) {
    const std::size_t unsent = net::unsent_bytes(data.fd());
    if (command.leaving) command.leaving(static_cast<Bytes>(unsent));
    if (unsent == 0 || connection.has_early_reply()) return {};
    if (unsent != before) stalled = Deadline::after(connection.site().timeout);
    if (stalled.passed()) return fail(Errc::timeout, "the server takes no more data");
    before = unsent;
    auto ready =
        wait_readable(connection.control_fd(), -1, Deadline::after(kLeavingPause), connection.cancel());
    if (!ready && ready.error().kind != Errc::timeout) return ready;
  }
}

// After the last byte of an upload: our end mark, then the peer's, so that closing cannot destroy what is
// still under way. What goes wrong behind it shows in the final reply.
Status end_upload(Connection& connection, net::Stream& data, const DataCommand& command,
                  const OnConfirming& confirming) {
  const auto timeout = connection.site().timeout;
  auto ended = finish(data, Deadline::after(timeout), connection.cancel());
  if (ended) ended = let_leave(connection, data, command);
  if (!ended) return ended.error().kind == Errc::reset ? Status() : ended;
  if (confirming) confirming();
  const Deadline deadline = Deadline::after(timeout);
  std::array<char, 4096> rest;
  while (!connection.has_early_reply()) {  // the verdict: the server has everything it wants
    auto progress = data.try_read(rest);
    if (!progress || progress->state == net::Progress::State::end) return {};
    if (progress->state == net::Progress::State::done) continue;
    auto ready = wait_readable(data.fd(), connection.control_fd(), deadline, connection.cancel());
    if (!ready) return ready.error().kind == Errc::cancelled ? ready : Status();
  }
  return {};
}

// No more of a download is wanted. ProFTPD hangs up on the session when a TLS data connection is closed under
// its hands, so it is told, and what is under way is read.
void end_unwanted(Connection& connection, net::Stream& data) {
  if (!connection.begin_abort()) return;
  const Deadline deadline = Deadline::after(Connection::kAbortPatience);
  std::array<char, 65536> rest;
  while (true) {
    auto got = read_some(data, rest, deadline, connection.cancel());
    if (!got || *got == 0) return;
  }
}

// What the line did to which file.
Error named(const DataCommand& command, Error error) {
  constexpr std::array kOfTheLine{Errc::timeout, Errc::reset, Errc::closed,
                                  Errc::refused, Errc::tls,   Errc::untrusted};
  const bool is_of_line = std::ranges::find(kOfTheLine, error.kind) != kOfTheLine.end();
  const bool is_path = command.argument.starts_with('/');
  if (is_of_line && is_path && !error.context.starts_with(command.argument))
    error.context.insert(0, command.argument + ": ");
  return error;
}

Error reason_of(Connection& connection, const DataCommand& command, Error error) {
  if (error.kind == Errc::cancelled) {
    connection.abort_transfer();
    return error;
  }
  if (auto reply = connection.reply_within(reason_patience(connection)); reply && !reply->is_completion()) {
    Error told = reply_error(command.verb, command.argument, *reply);
    // 426 and 451 only say that it broke; we may know better why (a certificate, our own disk).
    const bool vague = told.kind == Errc::reset || told.kind == Errc::io;
    return vague ? error : told;
  }
  return error;
}

}  // namespace

Result<ftp::Reply> run_data_command(Connection& connection, const DataCommand& command, const MoveData& move,
                                    const OnConfirming& confirming) {
  auto prepared = prepare(connection);
  if (!prepared) return tl::unexpected(named(command, std::move(prepared.error())));
  if (command.offset > 0) {
    auto rest = connection.command("REST", std::to_string(command.offset));
    if (!rest) return tl::unexpected(rest.error());
    if (!rest->is_intermediate()) {
      Error error = reply_error("REST", command.argument, *rest);
      if (error.kind == Errc::unsupported) error.kind = Errc::out_of_range;  // only the middle is refused
      return tl::unexpected(std::move(error));
    }
  }
  auto first = connection.start(command.verb, command.argument);
  if (!first) return tl::unexpected(named(command, std::move(first.error())));
  if (!first->is_preliminary()) return tl::unexpected(reply_error(command.verb, command.argument, *first));

  Status moved;
  const auto is_unwanted = [&] { return !moved && command.unwanted != nullptr && *command.unwanted; };
  {
    auto data = establish(connection, std::move(*prepared));
    moved = data ? move(*data) : Status(tl::unexpected(data.error()));
    if (moved && command.is_upload) moved = end_upload(connection, *data, command, confirming);
    if (moved && !command.is_upload && confirming) confirming();
    if (is_unwanted()) end_unwanted(connection, *data);
    if (moved && !command.is_upload)
      (void)finish(*data, Deadline::after(reason_patience(connection)), connection.cancel());
  }  // closes the data connection: only then does every server give its verdict
  if (is_unwanted()) {
    connection.end_abort();
    return tl::unexpected(named(command, std::move(moved.error())));
  }
  if (!moved) return tl::unexpected(named(command, reason_of(connection, command, std::move(moved.error()))));
  auto last = connection.finish();
  if (!last) return tl::unexpected(named(command, std::move(last.error())));
  if (!last->is_completion()) return tl::unexpected(reply_error(command.verb, command.argument, *last));
  return last;
}

}  // namespace ferry::client
