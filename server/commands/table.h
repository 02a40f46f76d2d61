// The command table: one row per verb, sorted. The gate (gate.h), FEAT, HELP and docs/rfc-matrix.md read the
// same rows, so nothing is advertised that is refused, and handlers hold no policy.
#pragma once

#include <span>
#include <string_view>

#include "server/session/session.h"

namespace ferry {

using Handler = void (*)(Session& session, std::string_view argument);

enum class Phase { any, ready };                   // ready: after login
enum class Argument { none, optional, required };  // none: an argument is 501
enum class Access { none, read, write };           // write: refused to read-only accounts
enum class TlsNeed {
  none,
  login,     // carries or asks for a password: refused in clear when tls = "required"
  data,      // opens a data connection: refused with 521 unless protected when tls = "required"
  offered,   // only when the server has TLS at all
  always,    // refused in clear, whatever tls says
  replaced,  // a protection of RFC 2228 that TLS makes pointless: 533 inside TLS
};

struct Command {
  std::string_view verb;
  Handler handler;  // null: known, but off here (502)
  Phase phase;
  Argument argument;
  Access access;
  TlsNeed tls;
  std::string_view feature;  // FEAT line, "" none; "*" made by feature_text()
  std::string_view source;   // RFC and section
  std::string_view help;     // syntax behind the verb
};

std::span<const Command> command_table();
// Known, but not served as the operator has set it: 502, and no word of it in FEAT and HELP.
bool is_off(const Command& command, const Options& options);
const Command* find_command(std::string_view verb);  // upper case; null: unknown

// SITE's sub-commands (RFC 959 §4.1.3), a table of the same shape.
std::span<const Command> site_table();

}  // namespace ferry
