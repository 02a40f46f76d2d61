// One FTP command line (RFC 959 §5.3, RFC 2640 §3.1), as the server reads and the client writes it. Pure
// text.
#pragma once

#include <string>
#include <string_view>

#include "shared/base/result.h"

namespace ferry::ftp {

struct CommandLine {
  std::string verb;           // upper case, 1..16 letters and digits; empty: not a command
  std::string argument;       // raw bytes behind one space, trailing blanks kept (a name may end in one)
  bool has_argument = false;  // at least one byte: "NOOP " has none
};

// `line` without its CRLF. Errc::bad_syntax: NUL, CR or LF inside, or something that is no verb in front.
Result<CommandLine> parse_command_line(std::string_view line);

// "VERB argument\r\n". Errc::name_refused if the argument holds NUL, CR or LF (it would become a second
// command).
Result<std::string> format_command_line(std::string_view verb, std::string_view argument = {});

// Removes Telnet sequences from a line's bytes in place (RFC 854, RFC 1123 §4.1.2.12): IAC IAC is one 0xFF,
// IAC IP, DM and other two-byte commands vanish, IAC WILL/WONT/DO/DONT take one more byte. An unfinished
// sequence at the end vanishes.
void strip_telnet(std::string& line);

}  // namespace ferry::ftp
