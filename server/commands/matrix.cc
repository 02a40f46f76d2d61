#include "server/commands/matrix.h"

#include <fmt/core.h>

#include "server/commands/table.h"

namespace ferry {

namespace {

std::string_view word_for(Access access) {
  switch (access) {
    case Access::none:
      return "";
    case Access::read:
      return "reads";
    case Access::write:
      return "changes";
  }
  return "";
}

std::string_view word_for(TlsNeed need) {
  switch (need) {
    case TlsNeed::none:
      return "";
    case TlsNeed::login:
      return "control, if TLS is required";
    case TlsNeed::data:
      return "data, if TLS is required";
    case TlsNeed::always:
      return "control, always";
    case TlsNeed::offered:
      return "only where TLS is offered";
    case TlsNeed::replaced:
      return "533 inside TLS";
  }
  return "";
}

std::string row(std::string_view prefix, const Command& command) {
  std::string syntax;  // a bar would end the table's cell
  for (const char c : command.help) syntax += c == '|' ? "\\|" : std::string(1, c);
  const std::string_view when = command.handler == nullptr      ? "off"
                                : command.phase == Phase::ready ? "after"
                                                                : "any time";
  return fmt::format("| {}{} | {} | {} | {} | {} | {} |\n", prefix, command.verb, syntax, command.source,
                     when, word_for(command.access), word_for(command.tls));
}

}  // namespace

std::string rfc_matrix() {
  std::string page =
      "# Commands\n\n"
      "Made from the command table by `make docs`. What is off is answered 502, anything else 500.\n\n"
      "| command | argument | source | login | files | TLS |\n| --- | --- | --- | --- | --- | --- |\n";
  for (const Command& command : command_table()) page += row("", command);
  for (const Command& command : site_table()) page += row("SITE ", command);
  return page;
}

}  // namespace ferry
