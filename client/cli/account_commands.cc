// passwd and register.
#include "client/cli/command.h"
#include "client/cli/common.h"
#include "client/engine/account.h"
#include "client/line/display.h"
#include "client/line/exit_code.h"
#include "client/line/lists.h"
#include "client/line/secrets.h"

namespace ferry::client {
namespace {

// From `file`, from `fd`, or asked twice. Never from an argument, which everybody on the machine can read.
Result<Secret> new_password(const Sessions& sessions, const std::string& file, int fd, const char* option) {
  if (!file.empty()) return secret_of_file(file);
  if (fd >= 0) return read_secret_line(fd);
  if (!sessions.may_ask())
    return fail(Errc::bad_syntax,
                "nobody can be asked for the new password: " + std::string(option) + " FILE gives it");
  return ask_new_password([](const std::string& prompt) { return ask_secret(prompt); });
}

void say(const Options& options, const std::string& text) {
  if (!options.quiet) print_error(text);
}

Result<Target> only_target(const char* command, const Options& options) {
  if (options.operands.empty() && options.host.empty())
    return fail(Errc::bad_syntax, std::string(command) + ": a URL or -s HOST is needed");
  return target_of(options, options.operands.empty() ? "" : options.operands.front());
}

}  // namespace

int run_passwd(const Options& options, Cancel& cancel) {
  auto target = only_target("passwd", options);
  if (!target) return report_bad_operand(target.error());
  Sessions sessions(options, cancel);
  // Before anything is connected, where nobody has to be asked.
  const bool is_given = !options.new_password_file.empty() || options.new_password_fd >= 0;
  Result<Secret> fresh = Secret();
  const auto take_password = [&] {
    fresh = new_password(sessions, options.new_password_file, options.new_password_fd, "--new-password-file");
  };
  if (is_given || !sessions.may_ask()) take_password();
  if (!fresh) return report_no_connection(fresh.error());
  auto connection = sessions.to(*target);
  if (!connection) return report_no_connection(connection.error());
  if (!is_given) take_password();
  if (!fresh) return report_no_connection(fresh.error());
  auto changed = change_password(**connection, *fresh);
  sessions.quit();
  if (!changed) return report(changed.error());
  say(options, *changed);
  return kExitDone;
}

int run_register(const Options& options, Cancel& cancel) {
  auto target = only_target("register", options);
  if (!target) return report_bad_operand(target.error());
  if (target->user.empty())
    return usage_error("register: who wants to register is missing: ftp://NAME@HOST/ or -u NAME");
  if (target->site.security == ftp::Security::clear)
    return usage_error("register: a new password does not go in clear; leave --tls=off out");
  Sessions sessions(options, cancel);
  auto password = new_password(sessions, options.password_file, options.password_fd, "--password-file");
  if (!password) return report_no_connection(password.error());
  auto connection = sessions.reach(target->site);
  if (!connection) return report_no_connection(connection.error());
  auto made = register_account(**connection, target->user, *password);
  if (!made) return report(made.error());
  say(options, *made);
  // The proof that it works, and what there is to have.
  if (auto login = (*connection)->login(target->user, *password); !login) return report(login.error());
  const auto told = print_quota(**connection, (*connection)->home());
  (*connection)->quit();
  if (!told && told.error().kind != Errc::unsupported) return report(told.error());
  return kExitDone;
}

}  // namespace ferry::client
