// What the server tells about itself: FEAT and OPTS (RFC 2389), HELP, NOOP, SYST (RFC 959 §4.1.3), CLNT.
#include <fmt/core.h>

#include <string>

#include "server/commands/handlers.h"
#include "server/commands/table.h"
#include "shared/base/ascii.h"

namespace ferry {

namespace {

std::string upper_word(std::string_view text) {
  return ascii_upper(text.substr(0, text.find(' ')));
}

bool is_off(const Session& session, const Command& command) {
  return command.handler == nullptr ||
         (command.tls == TlsNeed::offered && session.services.options.tls == TlsPolicy::off);
}

}  // namespace

void cmd_feat(Session& session, std::string_view) {
  ftp::Reply reply{211, {"Features:"}};
  for (const Command& command : command_table()) {
    if (command.feature.empty() || is_off(session, command)) continue;
    reply.lines.emplace_back(command.feature == "*" ? ftp::feature_line(session.transfer.facts)
                                                    : std::string(command.feature));
  }
  reply.lines.emplace_back("End");
  session.reply(reply);
}

void cmd_opts(Session& session, std::string_view argument) {
  const std::string what = upper_word(argument);
  const std::size_t space = argument.find(' ');
  const std::string_view rest = space == std::string_view::npos ? "" : argument.substr(space + 1);
  if (what == "UTF8" || what == "UTF-8") return session.reply(200, "Names are UTF-8 always");
  if (what == "MLST") {
    session.transfer.facts = ftp::parse_fact_selection(rest);
    return session.reply(200, "MLST OPTS " + ftp::format_fact_selection(session.transfer.facts));
  }
  session.reply(501, "Options are known for UTF8 and MLST");
}

void cmd_help(Session& session, std::string_view argument) {
  if (!argument.empty()) {
    const Command* command = find_command(upper_word(argument));
    if (command == nullptr) return session.reply(502, "Unknown command");
    return session.reply(214, fmt::format("{} {} ({})", command->verb, command->help, command->source));
  }
  ftp::Reply reply{214, {"Commands:"}};
  std::string line;
  for (const Command& command : command_table()) {
    if (is_off(session, command)) continue;
    line += fmt::format("{:<5}", command.verb);
    if (line.size() >= 60) reply.lines.push_back(std::exchange(line, ""));
  }
  if (!line.empty()) reply.lines.push_back(line);
  reply.lines.emplace_back("HELP and a command tells its syntax");
  session.reply(reply);
}

void cmd_noop(Session& session, std::string_view) {
  session.reply(200, "Still here");
}

void cmd_syst(Session& session, std::string_view) {
  session.reply(215, "UNIX Type: L8");
}

void cmd_clnt(Session& session, std::string_view) {
  session.reply(200, "Noted");
}

}  // namespace ferry
