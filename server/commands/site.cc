// SITE: what a user can ask and change about the own account and files. Its sub-commands are rows of
// site_table().
#include <fmt/core.h>

#include <algorithm>
#include <string>

#include "server/commands/gate.h"
#include "server/commands/handlers.h"
#include "server/session/changes.h"
#include "server/session/login.h"
#include "server/session/registration.h"
#include "server/session/replies.h"
#include "shared/base/ascii.h"
#include "shared/ftp/fact_changes.h"

namespace ferry {

namespace {

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

// The row with the longest name that `text` begins with, as a word or two.
const Command* find_site_command(std::string_view text) {
  const Command* found = nullptr;
  for (const Command& row : site_table()) {
    if (text.size() < row.verb.size()) continue;
    const std::string_view rest = text.substr(row.verb.size());
    if (!rest.empty() && rest.front() != ' ') continue;
    if (ascii_upper(text.substr(0, row.verb.size())) != row.verb) continue;
    if (found == nullptr || row.verb.size() > found->verb.size()) found = &row;
  }
  return found;
}

}  // namespace

void cmd_site(Session& session, std::string_view argument) {
  argument.remove_prefix(std::min(argument.find_first_not_of(' '), argument.size()));
  const Command* row = find_site_command(argument);
  if (row == nullptr) return session.reply(504, "Unknown SITE command, see SITE HELP");
  argument.remove_prefix(std::min(row->verb.size() + 1, argument.size()));
  if (const auto refusal = refuse(session, row, !argument.empty())) return session.reply(*refusal);
  row->handler(session, argument);
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
  const auto mode = ftp::parse_permissions(argument.substr(0, space));
  if (!mode || space == std::string_view::npos || space + 1 == argument.size()) {
    return session.reply(501, "SITE CHMOD takes a mode (octal, up to 777) and a path");
  }
  auto place = session.home().locate(session.absolute(argument.substr(space + 1)));
  if (!place) return session.reply(place.error());
  if (!place->info) return session.reply(550, "{}: no such file or folder", place->path);
  if (auto set = session.home().set_mode(*place, *mode); !set) return session.reply(set.error());
  session.reply(200, "Mode changed");
}

void site_utime(Session& session, std::string_view argument) {
  const auto change = ftp::parse_utime(argument);
  if (!change) return session.reply(501, change.error());
  auto place = session.home().locate(session.absolute(change->path));
  if (!place) return session.reply(place.error());
  if (!place->info) return session.reply(550, "{}: no such file or folder", place->path);
  if (auto set = set_modified(session, *place, *change->modified); !set) return session.reply(set.error());
  session.reply(200, "Time changed");
}

// As `mkdir -p`: clients use it to make the parents in one round trip.
void site_mkdir(Session& session, std::string_view argument) {
  std::string path = session.absolute(argument);
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  std::size_t slash = 0;
  do {
    slash = path.find('/', slash + 1);
    auto place = session.home().locate(path.substr(0, slash));
    if (!place) return session.reply(place.error());
    const Status made = make_folder(session, *place);
    // A parent that is there is as good.
    const bool may_be_there = slash != std::string::npos;
    if (!made && !(may_be_there && made.error().kind == Errc::exists)) return session.reply(made.error());
  } while (slash != std::string::npos);
  session.reply(200, "Folder created");
}

void site_rmdir(Session& session, std::string_view argument) {
  if (auto removed = remove_folder(session, session.absolute(argument)); !removed)
    return session.reply(removed.error());
  session.reply(200, "Folder removed");
}

// Of the session's own account; a guest sees himself alone, for the others are strangers to him.
void site_who(Session& session, std::string_view) {
  ftp::Reply reply{200, {session.text("Sessions of {}", session.account().name)}};
  for (const SessionView& view : session.services.scoreboard.list()) {
    const bool is_me = view.session == session.id;
    if (!is_me && (session.account().is_guest || view.user != session.account().name)) continue;
    reply.lines.push_back(fmt::format("{:016x} {} {} {} {} {}", view.session, view.address,
                                      view.tls ? "TLS" : "clear", iso_time(view.since), view.state,
                                      view.path));
  }
  reply.lines.push_back(session.text("End"));
  session.reply(reply);
}

void site_idle(Session& session, std::string_view argument) {
  using std::chrono::seconds;
  const auto most = std::chrono::floor<seconds>(session.services.options.idle_timeout);
  if (!argument.empty()) {
    const auto wanted = parse_number(argument, most.count());
    if (!wanted || *wanted == 0)
      return session.reply(501, "SITE IDLE takes seconds, from 1 to {}", most.count());
    session.login.idle_timeout = seconds(*wanted);
  }
  const auto now = session.login.idle_timeout.value_or(session.services.options.idle_timeout);
  session.reply(200, "The session may be idle for {} seconds, at most {}",
                std::chrono::floor<seconds>(now).count(), most.count());
}

}  // namespace ferry
