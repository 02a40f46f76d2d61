#include "shared/ftp/command_line.h"

#include <algorithm>

#include "shared/base/ascii.h"

namespace ferry::ftp {

namespace {

constexpr std::size_t kLongestVerb = 16;
constexpr std::string_view kForbidden("\0\r\n", 3);

bool is_verb(std::string_view text) {
  return !text.empty() && text.size() <= kLongestVerb &&
         std::all_of(text.begin(), text.end(), is_ascii_alnum);
}

}  // namespace

Result<CommandLine> parse_command_line(std::string_view line) {
  if (line.find_first_of(kForbidden) != line.npos)
    return fail(Errc::bad_syntax, "NUL, CR or LF inside a command");
  const std::size_t space = line.find(' ');
  const std::string_view verb = line.substr(0, space);
  if (!is_verb(verb)) return fail(Errc::bad_syntax, "line does not begin with a command");

  CommandLine command;
  command.verb = ascii_upper(verb);
  if (space != line.npos) command.argument = line.substr(space + 1);
  command.has_argument = !command.argument.empty();
  return command;
}

Result<std::string> format_command_line(std::string_view verb, std::string_view argument) {
  if (!is_verb(verb)) return fail(Errc::name_refused, "not a command name");
  if (argument.find_first_of(kForbidden) != argument.npos)
    return fail(Errc::name_refused, "the name holds a line break or NUL, which FTP cannot carry");
  std::string line;
  line.reserve(verb.size() + argument.size() + 3);  // it may be a password: growing would leave a copy
  line = verb;
  if (!argument.empty()) line.append(1, ' ').append(argument);
  return line += "\r\n";
}

void strip_telnet(std::string& line) {
  constexpr unsigned char kWill = 251, kDont = 254, kIac = 255;
  std::size_t to = 0;
  for (std::size_t from = 0; from < line.size(); ++from) {
    if (static_cast<unsigned char>(line[from]) != kIac) {
      line[to++] = line[from];
      continue;
    }
    if (++from == line.size()) break;
    const auto command = static_cast<unsigned char>(line[from]);
    if (command == kIac) line[to++] = line[from];
    if (command >= kWill && command <= kDont) ++from;  // the option's number
  }
  line.resize(to);
}

}  // namespace ferry::ftp
