// SITE: what a user can ask and change about the own account and files. Its sub-commands are rows of
// site_table().
#include <fmt/core.h>

#include <algorithm>
#include <string>

#include "server/commands/gate.h"
#include "server/commands/handlers.h"
#include "server/session/login.h"
#include "server/session/registration.h"
#include "server/session/replies.h"
#include "shared/base/ascii.h"

namespace ferry {

namespace {

constexpr unsigned kMaxMode = 0777;  // no set-user-id and the like from outside

std::string allowed_text(const std::optional<std::int64_t>& limit) {
  return limit ? std::to_string(*limit) : "unlimited";
}

ftp::Reply usage_reply(const Session& session, const store::Account& account, std::vector<std::string> head) {
  ftp::Reply reply{200, std::move(head)};
  const auto left = account.bytes_left();
  reply.lines.push_back(session.text("Bytes used: {} of {}, left {}", account.used_bytes,
                                     allowed_text(account.quota_bytes), allowed_text(left)));
  reply.lines.push_back(
      session.text("Files used: {} of {}", account.used_files, allowed_text(account.quota_files)));
  reply.lines.push_back(session.text("End"));
  return reply;
}

std::optional<unsigned> parse_mode(std::string_view text) {
  unsigned mode = 0;
  if (text.empty() || text.size() > 4) return std::nullopt;
  for (const char digit : text) {
    if (digit < '0' || digit > '7') return std::nullopt;
    mode = mode * 8 + static_cast<unsigned>(digit - '0');
  }
  return mode <= kMaxMode ? std::optional(mode) : std::nullopt;
}

}  // namespace

void cmd_site(Session& session, std::string_view argument) {
  argument.remove_prefix(std::min(argument.find_first_not_of(' '), argument.size()));
  const std::size_t space = argument.find(' ');
  const std::string verb = ascii_upper(argument.substr(0, space));
  const bool has_argument = space != std::string_view::npos && space + 1 < argument.size();
  const auto table = site_table();
  const auto row = std::ranges::find(table, verb, &Command::verb);
  if (row == table.end()) return session.reply(504, "Unknown SITE command, see SITE HELP");
  if (const auto refusal = refuse(session, &*row, has_argument)) return session.reply(*refusal);
  row->handler(session, has_argument ? argument.substr(space + 1) : "");
}

void site_help(Session& session, std::string_view) {
  ftp::Reply reply{214, {session.text("SITE commands:")}};
  for (const Command& command : site_table()) {
    if (is_off(command, session.services.options)) continue;
    reply.lines.push_back(session.text("SITE {} {}", command.verb, command.help));
  }
  reply.lines.push_back(session.text("End"));
  session.reply(reply);
}

void site_quota(Session& session, std::string_view) {
  auto account = session.services.store.find_account(session.account().id);
  if (!account) return session.reply(451, "The account store cannot be read now, try again later");
  session.reply(usage_reply(session, *account, {session.text("Quota of {}", account->name)}));
}

void site_info(Session& session, std::string_view) {
  auto account = session.services.store.find_account(session.account().id);
  if (!account) return session.reply(451, "The account store cannot be read now, try again later");
  const std::string& previous = session.login.previous;
  session.reply(
      usage_reply(session, *account,
                  {session.text("Account"), session.text("Name: {}", account->name), session.text("Home: /"),
                   session.text("Rights: {}", account->is_read_only ? "read" : "read and write"),
                   session.text("Last login: {}", previous.empty() ? "this is the first" : previous)}));
}

void site_register(Session& session, std::string_view argument) {
  // Also because the second word may be a password, which belongs into PASS.
  if (argument.find(' ') != std::string_view::npos)
    return session.reply(501, "SITE REGISTER takes a name without blanks; the password follows with PASS");
  begin_registration(session, argument);
}

void site_passwd(Session& session, std::string_view argument) {
  if (session.account().is_guest) return session.reply(550, "The guest has no password");
  if (argument.empty()) {
    session.login.wants_new_password = true;
    return session.reply(350, "Send PASS with the new password");
  }
  const std::size_t space = argument.find(' ');
  if (space == std::string_view::npos || space + 1 == argument.size()) {
    return session.reply(
        501, "SITE PASSWD takes the old and the new password, or nothing and then PASS with the new one");
  }
  const Secret old(argument.substr(0, space));
  change_password(session, &old, Secret(argument.substr(space + 1)));
}

void site_chmod(Session& session, std::string_view argument) {
  const std::size_t space = argument.find(' ');
  const auto mode = parse_mode(argument.substr(0, space));
  if (!mode || space == std::string_view::npos || space + 1 == argument.size()) {
    return session.reply(501, "SITE CHMOD takes a mode (octal, up to 777) and a path");
  }
  auto place = session.home().locate(session.absolute(argument.substr(space + 1)));
  if (!place) return session.reply(place.error());
  if (!place->info) return session.reply(550, "{}: no such file or folder", place->path);
  if (auto set = session.home().set_mode(*place, *mode); !set) return session.reply(set.error());
  session.reply(200, "Mode changed");
}

}  // namespace ferry
