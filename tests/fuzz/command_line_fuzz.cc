// Command lines as a stranger sends them to ferryd. What parses must survive being written and read again.
#include <cstdint>
#include <string>

#include "shared/base/check.h"
#include "shared/ftp/command_line.h"

using namespace ferry;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string line(reinterpret_cast<const char*>(data), size);
  ftp::strip_telnet(line);
  CHECK(line.size() <= size);
  const auto command = ftp::parse_command_line(line);
  if (!command || command->verb.empty()) return 0;
  const auto text = ftp::format_command_line(command->verb, command->argument);
  CHECK(text.has_value());
  const auto again = ftp::parse_command_line(std::string_view(*text).substr(0, text->size() - 2));
  CHECK(again.has_value() && again->verb == command->verb && again->argument == command->argument);
  return 0;
}
