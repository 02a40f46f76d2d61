// Access control and TLS: RFC 959 §4.1.1, RFC 4217.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "server/commands/handlers.h"
#include "server/session/data.h"
#include "server/session/login.h"
#include "server/session/registration.h"
#include "shared/base/ascii.h"
#include "shared/base/bytes.h"
#include "shared/base/secret.h"
#include "shared/ftp/host_name.h"

namespace ferry {

void cmd_user(Session& session, std::string_view argument) {
  if (session.is_logged_in()) log_out(session);  // RFC 959: USER may come at any time and starts anew
  if (log_in_by_certificate(session, argument)) return;
  session.login.user = argument.substr(0, 256);
  session.login.as_guest = session.services.options.anonymous && store::is_guest_name(session.login.user);
  session.login.wants_password = true;
  session.reply(
      331, session.login.as_guest ? Text("Guest login: any password will do") : Text("Password, please"));
}

void cmd_pass(Session& session, std::string_view argument) {
  const Secret password(argument);
  if (!session.login.registers.empty()) return register_account(session, password);
  if (session.login.wants_new_password) return change_password(session, nullptr, password);
  if (!session.login.wants_password) return session.reply(503, "Send USER first");
  log_in(session, password);
}

void cmd_acct(Session& session, std::string_view) {
  session.reply(202, "No account is needed here");
}

// TLS ends with the session it protected (RFC 4217 §13): the reply is its last. Not on a port where TLS is
// there from the first byte, which no RFC knows: there it stays, as a new connection would have it.
void cmd_rein(Session& session, std::string_view) {
  log_out(session);
  session.language = Language::english;
  session.reply(220, "Ready for a new user");
  session.data = DataSettings{};
  session.data.pbsz_given = session.data.is_private = session.implicit_tls;
  if (session.implicit_tls) return;
  session.control.cleared = false;
  session.certificate.reset();
  session.tls_tag = net::make_session_tag();
  if (session.control.stream.is_tls()) session.leave_tls();
}

void cmd_quit(Session& session, std::string_view) {
  session.reply(221, "Good bye");
  session.ending = true;
}

// Which of the server's names the client came to (RFC 7151). It changes nothing here: all of them lead to the
// same accounts.
void cmd_host(Session& session, std::string_view argument) {
  if (session.is_logged_in() || session.login.wants_password)
    return session.reply(503, "HOST comes before USER");
  const auto host = ftp::parse_host_name(argument);
  if (!host) return session.reply(501, host.error());
  const auto& known = session.services.options.host_names;
  if (!known.empty() && std::ranges::find(known, *host) == known.end())
    return session.reply(504, "This server does not go by that name");
  session.reply(220, "Welcome to {}", *host);
}

void cmd_auth(Session& session, std::string_view argument) {
  if (session.control.stream.is_tls()) return session.reply(503, "TLS is in force already");
  if (session.control.cleared) return session.reply(503, "TLS has ended with CCC; REIN starts anew");
  if (!equals_ignoring_case(argument, "TLS")) return session.reply(504, "Only AUTH TLS is known");
  log_out(session);  // what was said in clear proves nothing to the protected session (RFC 4217 §4)
  session.reply(234, "Starting TLS");
  // What was sent in clear behind AUTH must not run inside TLS (CVE-2011-1575).
  session.control.reader.discard();
  session.control.queue.clear();
  session.control.stream.start_tls(session.services.tls->control_channel(session.tls_tag));
  session.control.handshaking = true;
}

void cmd_pbsz(Session& session, std::string_view argument) {
  if (session.control.cleared) return session.reply(503, "Protection stays as it was when CCC came");
  if (!session.control.stream.is_tls()) return session.reply(503, "Send AUTH TLS first");
  // A 32-bit number (RFC 2228 §3); TLS has buffers of its own, so that any is answered with 0 (RFC 4217 §8).
  if (!parse_number(argument, std::numeric_limits<std::uint32_t>::max()))
    return session.reply(501, "PBSZ takes a number");
  session.data.pbsz_given = true;
  session.reply(200, "PBSZ=0");
}

void cmd_prot(Session& session, std::string_view argument) {
  if (session.control.cleared) return session.reply(503, "Protection stays as it was when CCC came");
  if (!session.data.pbsz_given) return session.reply(503, "Send PBSZ 0 first");
  if (equals_ignoring_case(argument, "P")) {
    session.data.is_private = true;
    return session.reply(200, "Data connections are protected");
  }
  if (equals_ignoring_case(argument, "C")) {
    if (session.services.options.tls == TlsPolicy::required)
      return session.reply(534, "This server requires PROT P");
    session.data.is_private = false;
    return session.reply(200, "Data connections are in clear");
  }
  if (equals_ignoring_case(argument, "S") || equals_ignoring_case(argument, "E"))
    return session.reply(536, "TLS offers C and P only");
  session.reply(504, "PROT takes C or P");
}

// Data connections stay as PROT has them, bound to this session by its tag; so the last ticket is a fresh
// one.
void cmd_ccc(Session& session, std::string_view) {
  if (!session.control.stream.is_tls()) return session.reply(533, "The control connection is in clear");
  if (!session.services.options.clear_command_channel)
    return session.reply(534, "This server keeps the control connection protected");
  if (!session.is_logged_in()) return session.reply(534, "Log in before CCC");
  refresh_ticket(session);
  session.reply(200, "The control connection goes on in clear");
  session.control.cleared = true;
  session.leave_tls();
}

}  // namespace ferry
