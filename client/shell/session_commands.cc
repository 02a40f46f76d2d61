// help, info, passwd, auth, q, exit.
#include <fmt/core.h>

#include "client/engine/account.h"
#include "client/line/display.h"
#include "client/line/exit_code.h"
#include "client/line/secrets.h"
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

int shell_passwd(Shell& shell, const ShellArguments&) {
  auto connection = shell.connection();
  if (!connection) return shell.report(connection.error());
  auto password = ask_new_password([&](const std::string& prompt) { return shell.input().secret(prompt); });
  if (!password) return shell.report(password.error());
  auto changed = change_password(**connection, *password);
  if (!changed) return shell.report(changed.error());
  shell.set_password(std::move(*password));
  if (!shell.options().quiet) print_error(*changed);
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
