#include "server/commands/gate.h"

#include <fmt/core.h>
#include <poll.h>

#include <algorithm>
#include <array>

#include "server/session/arrival.h"
#include "server/session/login.h"
#include "shared/base/secret.h"
#include "shared/ftp/command_line.h"

namespace ferry {

namespace {

// A client that has more to say mostly says it at once; until then the thread stays, which is cheaper than
// parking the session.
constexpr std::chrono::milliseconds kLingerBeforeParking{3};

// A client that always has one more command gives way to the others that are ready after this time.
constexpr std::chrono::milliseconds kLongestTurn{100};

// Real clients put these between REST, RANG or ALLO and the transfer (RFC 3659 §5.3 wants REST last, but they
// don't).
constexpr std::array<std::string_view, 11> kKeepTransferSettings = {
    "ALLO", "EPRT", "EPSV", "MDTM", "NOOP", "PASV", "PORT", "RANG", "REST", "SIZE", "TYPE"};

// Arguments that may be a password stay out of the log: also of a verb nobody knows, which may be PASS
// mistyped.
bool may_hold_secret(const ftp::CommandLine& line) {
  if (line.verb == "SITE") return holds_site_secret(line.argument);
  return line.verb == "PASS" || line.verb == "ACCT" || find_command(line.verb) == nullptr;
}

void log_command(Session& session, std::string_view verb, std::string_view argument) {
  const std::string user = session.is_logged_in() ? log_field(session.account().name) : "-";
  session.services.logs.operate(session.name, fmt::format("user={} code={} {}{}{}", user, session.last_code,
                                                          verb, argument.empty() ? "" : " ", argument));
}

void log_command(Session& session, const ftp::CommandLine& line) {
  log_command(session, line.verb, line.has_argument && may_hold_secret(line) ? "***" : line.argument);
}

// RNFR, SITE PASSWD and SITE REGISTER are for the very next line, also for one that is refused or cannot be
// read. `verb`: of that line.
void forget_what_waits(Session& session, std::string_view verb) {
  if (verb != "RNTO") session.rename_from.clear();
  if (verb == "PASS") return;
  session.login.wants_new_password = false;
  session.login.registers.clear();
}

void refuse_or_run(Session& session, const Command* command, const ftp::CommandLine& line) {
  if (const auto refusal = refuse(session, command, line.has_argument)) {
    session.reply(*refusal);
  } else {
    command->handler(session, line.argument);
  }
}

void run_command(Session& session, const ftp::CommandLine& line) {
  // Of REST and RANG the last one counts, and one that is refused leaves the whole file.
  if (line.verb == "REST" || line.verb == "RANG") session.transfer.forget_start();
  forget_what_waits(session, line.verb);

  const Command* command = find_command(line.verb);
  const bool needs_account = command != nullptr && command->phase == Phase::ready;
  if (refresh_account(session, needs_account)) {
    session.services.scoreboard.set_state(session.seat, line.verb);
    refuse_or_run(session, command, line);
  }
  if (!std::ranges::binary_search(kKeepTransferSettings, line.verb)) session.transfer.forget_position();
  if (line.verb == "RNTO" || line.verb == "PASS") forget_what_waits(session, "");
  // Whoever connected for a transfer that was refused must not be served by the next one.
  if (command != nullptr && command->tls == TlsNeed::data) session.forget_data_settings();
  log_command(session, line);
  session.services.scoreboard.set_state(session.seat, session.is_logged_in() ? "idle" : "login");
}

// A line that holds no command that could be run.
void refuse_line(Session& session, const Error& error) {
  session.transfer.forget_position();
  forget_what_waits(session, "");
  session.reply(500, error);
}

// HTTP's verbs, and the first word of HTTP/2: a browser was tricked into speaking to us (cross-protocol
// attacks); no FTP client sends them.
bool is_http(std::string_view verb) {
  constexpr std::array<std::string_view, 10> kVerbs = {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS",
                                                       "PATCH",   "POST",   "PRI", "PUT",  "TRACE"};
  return std::ranges::binary_search(kVerbs, verb);
}

void run_line(Session& session, std::string& text) {
  ftp::strip_telnet(text);
  auto line = ftp::parse_command_line(text);
  if (!line) {
    refuse_line(session, line.error());
    log_command(session, "(no command)", "");
  } else if (is_http(line->verb)) {
    session.last_words(421, "This is an FTP server");
    log_command(session, line->verb, "(HTTP)");
    session.ending = true;
  } else {
    run_command(session, *line);
    if (may_hold_secret(*line)) wipe(line->argument);
  }
  wipe(text);
}

// Drives a TLS handshake of the control connection as far as it goes without waiting.
std::optional<Next> continue_handshake(Session& session) {
  Control& control = session.control;
  auto progress = control.stream.try_handshake();
  if (!progress || progress->state == net::Progress::State::end) {
    const std::string reason = progress ? "the client ended it" : progress.error().context;
    session.services.logs.login(
        session.name, fmt::format("tls handshake failed from={} reason={}", session.peer.ip(), reason));
    return Next::close;
  }
  if (progress->state == net::Progress::State::want_read) return Next::park_to_read;
  if (progress->state == net::Progress::State::want_write) return Next::park_to_write;
  control.handshaking = false;
  session.certificate = control.stream.tls()->client_certificate();
  session.data.newest_ticket = std::chrono::steady_clock::now();
  session.services.scoreboard.set_tls(session.seat, true);
  return std::nullopt;
}

// Ends TLS on the control connection as far as that goes without waiting. What the client still says under
// TLS runs afterwards, in order; what it says in clear is read only when its close_notify has told that the
// rest of the protected commands is here.
std::optional<Next> continue_leaving_tls(Session& session) {
  using Line = net::LineReader::Line;
  Control& control = session.control;
  const auto said = control.stream.try_close_notify();
  if (!said) return Next::close;
  if (said->state == net::Progress::State::want_write) return Next::park_to_write;
  while (!control.queue.is_full()) {
    auto line = control.reader.next(control.stream);
    if (!line) return Next::close;
    if (line->state == Line::State::need_more) return Next::park_to_read;
    if (line->state == Line::State::end) {
      control.reader.discard();  // half a line under TLS must not be completed in clear
      control.stream.leave_tls();
      control.leaving_tls = false;
      session.services.scoreboard.set_tls(session.seat, false);
      return std::nullopt;
    }
    control.queue.push(std::move(*line));
  }
  return Next::close;
}

// What comes before the greeting, and before commands go on after TLS.
std::optional<Next> continue_beginning(Session& session) {
  if (session.control.arrival) {
    if (const auto next = continue_arrival(session)) return next;
  }
  if (session.control.handshaking) {
    if (const auto next = continue_handshake(session)) return next;
  }
  return session.control.leaving_tls ? continue_leaving_tls(session) : std::nullopt;
}

void greet(Session& session) {
  session.control.greeted = true;
  session.reply(ftp::Reply{220, {session.services.options.banner}});
}

bool more_comes_soon(const Session& session) {
  pollfd polled{session.control.stream.fd(), POLLIN, 0};
  return poll(&polled, 1, static_cast<int>(kLingerBeforeParking.count())) > 0;
}

// One line from the queue of a transfer or from the peer. nullopt: `next` says what to do instead.
std::optional<net::LineReader::Line> take_line(Session& session, Next& next) {
  using Line = net::LineReader::Line;
  Control& control = session.control;
  if (!control.queue.is_empty()) return control.queue.pop();
  while (true) {
    auto line = control.reader.next(control.stream);
    if (line && line->state == Line::State::line) return std::move(*line);
    if (!line || line->state == Line::State::end) {
      next = Next::close;
      return std::nullopt;
    }
    // Half a line is not waited for: who sends it byte by byte would keep the thread.
    if (control.reader.is_within_line() || !more_comes_soon(session)) {
      control.reader.release_memory();
      next = Next::park_to_read;
      return std::nullopt;
    }
  }
}

template <typename... Args>
ftp::Reply no(const Session& session, int code, TextOf<std::type_identity_t<Args>...> said,
              const Args&... args) {
  return {code, {session.text(said, args...)}};
}

bool is_out_of_time(const Session& session) {
  return !session.is_logged_in() && waiting_deadline(session).passed();
}

}  // namespace

std::optional<ftp::Reply> refuse(const Session& session, const Command* command, bool has_argument) {
  const TlsPolicy policy = session.services.options.tls;
  if (command == nullptr) return no(session, 500, "Unknown command");
  if (command->argument == Argument::required && !has_argument) {
    return no(session, 501, "{} needs an argument: {} {}", command->verb, command->verb, command->help);
  }
  if (command->argument == Argument::none && has_argument)
    return no(session, 501, "{} takes no argument", command->verb);
  if (command->tls == TlsNeed::replaced && session.control.stream.is_tls())
    return no(session, 533, "{} means nothing inside TLS", command->verb);
  if (is_off(*command, session.services.options)) {
    return no(session, 502, "{} is not available on this server", command->verb);
  }
  if (command->phase == Phase::ready && !session.is_logged_in())
    return no(session, 530, "Log in first, with USER and PASS");
  if (command->tls == TlsNeed::always && !session.control.stream.is_tls())
    return no(session, 530, "This command needs TLS: send AUTH TLS first");
  if (policy == TlsPolicy::required) {
    if (command->tls == TlsNeed::login && !session.control.stream.is_tls()) {
      return no(session, 530,
                "This server requires TLS: send AUTH TLS first, or set your client to explicit FTPS");
    }
    if (command->tls == TlsNeed::data && !session.data.is_private)
      return no(session, 521, "Data connections must be protected: send PBSZ 0 and PROT P first");
  }
  if (command->access == Access::write && (session.account().is_read_only || session.account().is_guest))
    return no(session, 550, "This account may only read");
  return std::nullopt;
}

Next run_session(Session& session) {
  const Deadline turn = Deadline::after(kLongestTurn);
  while (true) {
    const Control& control = session.control;
    const bool is_between = control.arrival || control.handshaking || control.leaving_tls;
    if (is_between && session.services.draining.load()) return Next::close;  // no reply could be sent
    if (const auto next = continue_beginning(session)) return *next;
    if (!session.control.greeted) greet(session);
    if (session.services.draining.load()) {
      session.last_words(421, "The server is stopping");
      return Next::close;
    }
    if (is_out_of_time(session)) {
      session.last_words(421, "Login took too long");
      return Next::close;
    }
    Next next = Next::close;
    auto line = take_line(session, next);
    if (!line) return session.ended() ? Next::close : next;
    if (line->too_long) {
      refuse_line(session, refusal(Errc::too_long, "The command line is too long").value());
    } else {
      run_line(session, line->text);
    }
    if (session.ended()) return Next::close;
    if (turn.passed()) return Next::yield;
  }
}

}  // namespace ferry
