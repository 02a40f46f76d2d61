// What the server tells about itself: FEAT and OPTS (RFC 2389), HELP, NOOP, SYST (RFC 959 §4.1.3), CLNT,
// CSID, and in which language (LANG, RFC 2640).
#include <fmt/core.h>

#include <string>

#include "server/commands/handlers.h"
#include "server/commands/table.h"
#include "shared/base/ascii.h"
#include "shared/base/version.h"

namespace ferry {

namespace {

std::string upper_word(std::string_view text) {
  return ascii_upper(text.substr(0, text.find(' ')));
}

// CCC is answered as RFC 4217 §5 says even while the operator does not allow it; it is not told then.
bool is_told(const Session& session, const Command& command) {
  const Options& options = session.services.options;
  if (command.handler == cmd_ccc && !options.clear_command_channel) return false;
  return !is_off(command, options);
}

std::string hash_feature(DigestKind selected) {
  std::string line;
  for (const DigestKind kind : kDigestKinds) {
    line += line.empty() ? "HASH " : ";";
    line.append(digest_name(kind)).append(kind == selected ? "*" : "");
  }
  return line;
}

void opts_hash(Session& session, std::string_view name) {
  if (!name.empty()) {
    const auto kind = parse_digest_kind(name);
    if (!kind) return session.reply(501, "Unknown algorithm, the selection stays");
    session.transfer.hash = *kind;
  }
  session.reply(ftp::Reply{200, {std::string(digest_name(session.transfer.hash))}});
}

// The FEAT line of a row; "" if it has none, or is off here.
std::string feature_text(const Session& session, const Command& command) {
  if (!is_told(session, command)) return "";
  if (command.feature != "*") return std::string(command.feature);
  if (command.verb == "HASH") return hash_feature(session.transfer.hash);
  if (command.verb == "LANG") return language_feature(session.language);
  return ftp::feature_line(session.transfer.facts);
}

}  // namespace

void cmd_feat(Session& session, std::string_view) {
  ftp::Reply reply{211, {session.text("Features:")}};
  for (const auto& table : {command_table(), site_table()}) {
    for (const Command& command : table) {
      if (std::string text = feature_text(session, command); !text.empty())
        reply.lines.push_back(std::move(text));
    }
  }
  reply.lines.push_back(session.text("End"));
  session.reply(reply);
}

void cmd_opts(Session& session, std::string_view argument) {
  const std::string what = upper_word(argument);
  const std::size_t space = argument.find(' ');
  const std::string_view rest = space == std::string_view::npos ? "" : argument.substr(space + 1);
  if (what == "UTF8" || what == "UTF-8") return session.reply(200, "Names are UTF-8 always");
  if (what == "MLST") {
    session.transfer.facts = ftp::parse_fact_selection(rest);
    return session.reply(200, "MLST OPTS {}", ftp::format_fact_selection(session.transfer.facts));
  }
  if (what == "HASH") return opts_hash(session, rest);
  session.reply(501, "Options are known for UTF8, MLST and HASH");
}

void cmd_help(Session& session, std::string_view argument) {
  if (!argument.empty()) {
    const Command* command = find_command(upper_word(argument));
    if (command == nullptr) return session.reply(502, "Unknown command");
    if (is_off(*command, session.services.options))
      return session.reply(502, "{} is not available on this server", command->verb);
    return session.reply(214, "{} {} ({})", command->verb, command->help, command->source);
  }
  ftp::Reply reply{214, {session.text("Commands:")}};
  std::string line;
  for (const Command& command : command_table()) {
    if (!is_told(session, command)) continue;
    line += fmt::format("{:<8}", command.verb);
    if (line.size() >= 60) reply.lines.push_back(std::exchange(line, ""));
  }
  if (!line.empty()) reply.lines.push_back(line);
  reply.lines.push_back(session.text("HELP and a command tells its syntax"));
  session.reply(reply);
}

void cmd_noop(Session& session, std::string_view) {
  session.reply(200, "Still here");
}

void cmd_syst(Session& session, std::string_view) {
  session.reply(215, "UNIX Type: L8");
}

// Without an argument: back to the default (RFC 2640 §4.1).
void cmd_lang(Session& session, std::string_view argument) {
  const auto language = argument.empty() ? std::optional(Language::english) : parse_language(argument);
  if (!language) return session.reply(504, "Languages are en and zh");
  session.language = *language;
  session.reply(200, "Language is English");
}

void cmd_clnt(Session& session, std::string_view) {
  session.reply(200, "Noted");
}

// Who has not logged in learns no version.
void cmd_csid(Session& session, std::string_view) {
  const std::string version = session.is_logged_in() ? fmt::format(" Version={};", kVersion) : "";
  session.reply(ftp::Reply{200, {fmt::format("Name=Ferry;{} CaseSensitive=1; DirSep=/;", version)}});
}

}  // namespace ferry
