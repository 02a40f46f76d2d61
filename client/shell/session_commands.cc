// help, info, passwd, auth, q, exit.
#include <fmt/core.h>

#include "client/engine/reply_error.h"
#include "client/line/display.h"
#include "client/line/exit_code.h"
#include "client/shell/commands.h"
#include "client/shell/shell.h"
#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

void print_help(const ShellCommand& command) {
  fmt::print("{:42} {}\n", command.usage, command.help);
  if (!command.aliases.empty()) fmt::print("{:42} also: {}\n", "", command.aliases);
}

void print_reply(const ftp::Reply& reply) {
  for (const auto& line : reply.lines) fmt::print("{}\n", terminal_safe(line));
}

void print_session(const Connection& connection) {
  fmt::print("server      {} ({})\n", terminal_safe(connection.site().key()), connection.peer().to_string());
  fmt::print("user        {}\n", terminal_safe(connection.user()));
  if (const auto* tls = connection.tls()) {
    fmt::print("encryption  {} {}\ncertificate sha256 {}\n", terminal_safe(tls->version()),
               terminal_safe(tls->cipher()), tls->peer_fingerprint());
  } else {
    fmt::print("encryption  none: password and files go in clear\n");
  }
}

Result<Secret> new_password(Input& input) {
  auto first = input.secret("New password: ");
  if (!first) return first;
  auto second = input.secret("New password again: ");
  if (!second) return second;
  if (first->view() != second->view())
    return fail(Errc::bad_syntax, "the two are not the same; nothing was changed");
  return first;
}

}  // namespace

int shell_help(Shell&, const ShellArguments& arguments) {
  if (arguments.operands.empty()) {
    for (const auto& command : shell_commands()) print_help(command);
    return kExitDone;
  }
  const ShellCommand* command = find_shell_command(arguments.operands.front());
  if (command == nullptr) {
    print_error(arguments.operands.front() + ": no such command");
    return kExitUsage;
  }
  print_help(*command);
  return kExitDone;
}

int shell_info(Shell& shell, const ShellArguments&) {
  auto connection = shell.connection();
  if (!connection) return shell.report(connection.error());
  print_session(**connection);
  auto reply = (*connection)->command("SITE", "INFO");
  if (reply && !reply->is_completion()) reply = (*connection)->require("STAT", "", "STAT");
  if (!reply) return shell.report(reply.error());
  print_reply(*reply);
  return kExitDone;
}

// SITE PASSWD, 350, PASS new: the new password never stands in a command's argument that servers log.
int shell_passwd(Shell& shell, const ShellArguments&) {
  auto connection = shell.connection();
  if (!connection) return shell.report(connection.error());
  auto password = new_password(shell.input());
  if (!password) return shell.report(password.error());
  auto asked = (*connection)->command("SITE", "PASSWD");
  if (!asked) return shell.report(asked.error());
  if (!asked->is_intermediate()) return shell.report(reply_error("SITE", "changing the password", *asked));
  auto changed = (*connection)->command("PASS", password->view());
  if (!changed) return shell.report(changed.error());
  if (!changed->is_completion()) return shell.report(reply_error("SITE", "changing the password", *changed));
  shell.set_password(std::move(*password));
  if (!shell.options().quiet) print_error(changed->text());
  return kExitDone;
}

int shell_auth(Shell& shell, const ShellArguments& arguments) {
  Credentials credentials;
  if (!arguments.operands.empty()) {
    credentials.user = arguments.operands.front();
  } else {
    auto user = shell.input().line("User: ");
    if (!user) return shell.report(user.error());
    if (!*user || (*user)->empty()) return shell.report(Error{Errc::bad_syntax, "auth: a user is needed"});
    credentials.user = **user;
  }
  auto password = shell.input().secret("Password: ");
  if (!password) return shell.report(password.error());
  credentials.password = std::move(*password);
  Target target = shell.target();
  target.user = credentials.user;
  target.path.clear();
  auto done = shell.log_in(target, std::move(credentials));
  return done ? static_cast<int>(kExitDone) : shell.report(done.error());
}

int shell_logout(Shell& shell, const ShellArguments&) {
  shell.log_out();
  return kExitDone;
}

int shell_exit(Shell& shell, const ShellArguments&) {
  shell.leave();
  return kExitDone;
}

}  // namespace ferry::client
