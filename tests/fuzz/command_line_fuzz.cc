// Command lines as a stranger sends them to ferryd: nothing is lost, nothing is added, and what parses
// survives being written and read again.
#include <cstdint>
#include <string>

#include "shared/base/ascii.h"
#include "shared/base/check.h"
#include "shared/ftp/command_line.h"

using namespace ferry;

namespace {

constexpr char kIac = '\xff';

// RFC 854, told byte by byte.
std::string without_telnet(std::string_view line) {
  enum { text, command, option } state = text;
  std::string kept;
  for (const char c : line) {
    if (state == text && c == kIac) {
      state = command;
    } else if (state == text) {
      kept += c;
    } else if (state == command) {
      if (c == kIac) kept += c;
      const auto byte = static_cast<unsigned char>(c);
      state = byte >= 251 && byte <= 254 ? option : text;
    } else {
      state = text;
    }
  }
  return kept;
}

std::string with_iac_doubled(std::string_view line) {
  std::string doubled;
  for (const char c : line) doubled.append(c == kIac ? 2 : 1, c);
  return doubled;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string raw(reinterpret_cast<const char*>(data), size);
  std::string line = raw;
  ftp::strip_telnet(line);
  CHECK(line == without_telnet(raw));
  std::string doubled = with_iac_doubled(raw);
  ftp::strip_telnet(doubled);
  CHECK(doubled == raw);

  const auto command = ftp::parse_command_line(line);
  if (!command) return 0;
  CHECK(line.find_first_of(std::string_view("\0\r\n", 3)) == line.npos);
  // The line is its verb, and a blank and the argument if anything follows.
  const std::size_t verb = command->verb.size();
  CHECK(verb >= 1 && verb <= 16 && command->verb == ascii_upper(line.substr(0, verb)));
  CHECK(line.size() == verb || line.substr(verb) == " " + command->argument);
  CHECK(command->has_argument == !command->argument.empty());

  const auto text = ftp::format_command_line(command->verb, command->argument);
  CHECK(text.has_value() && text->ends_with("\r\n"));
  const auto again = ftp::parse_command_line(std::string_view(*text).substr(0, text->size() - 2));
  CHECK(again.has_value() && again->verb == command->verb && again->argument == command->argument);
  return 0;
}
