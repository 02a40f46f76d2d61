#include "client/shell/shell.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "client/line/display.h"
#include "client/line/exit_code.h"
#include "client/line/nearest_word.h"
#include "client/line/saved_sites.h"
#include "client/line/signals.h"
#include "client/shell/commands.h"
#include "client/shell/completion.h"
#include "shared/base/terminal_text.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

std::string history_path() {
  const char* home = std::getenv("HOME");
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && state[0] == '/') return std::string(state) + "/ferry/history";
  return std::string(home != nullptr ? home : ".") + "/.local/state/ferry/history";
}

bool is_at_terminal(const Options& options) {
  return !options.no_input && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

}  // namespace

Shell::Shell(const Options& options, Cancel& cancel) : sessions_(options, cancel), input_(choose_input()) {}

Shell::~Shell() {
  let_go_of_connection();
}

std::unique_ptr<Input> Shell::choose_input() {
  if (!options().shell_lines.empty()) {
    std::vector<std::string> lines;
    for (const auto& given : options().shell_lines) {
      for (auto& line : split_commands(given)) lines.push_back(std::move(line));
    }
    return make_lines_input(std::move(lines), sessions_.may_ask());
  }
  if (!options().script.empty()) {
    UniqueFd file(::open(options().script.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) throw std::system_error(errno, std::generic_category(), options().script);
    return make_script_input(std::move(file));
  }
  if (!is_at_terminal(options())) return make_pipe_input();
  return make_terminal_input(
      history_path(), sessions_.cancel(),
      [this](const auto& before, const auto& part) { return candidates(before, part); });
}

void Shell::let_go_of_connection() {
  remote_names_.settle();
  if (connection_) connection_->quit();
  connection_.reset();
}

bool Shell::is_done_for() const {
  return options().fail_fast && first_failure_ != 0 && !input_->is_interactive();
}

int Shell::run() {
  if (!log_in_first()) return first_failure_;
  while (!is_over_ && !is_done_for()) {
    if (!connection_) {
      if (!ask_for_login()) break;
      continue;
    }
    auto line = input_->line(prompt());
    if (!line && line.error().kind == Errc::cancelled && input_->is_interactive()) {
      forgive_signals(sessions_.cancel());
      continue;
    }
    if (!line) {
      note_failure(report(line.error()));
      break;
    }
    if (!*line) break;
    run_line(**line);
    if (sessions_.cancel().requested() && !input_->is_interactive()) return interrupted_exit_code();
    forgive_signals(sessions_.cancel());
  }
  return input_->is_interactive() ? kExitDone : first_failure_;
}

void Shell::run_line(const std::string& line) {
  auto words = split_words(line);
  if (!words) {
    note_failure(report(Error{Errc::bad_syntax, words.error().context}));
    return;
  }
  if (words->empty() || words->front().front() == '#') return;
  const ShellCommand* command = find_shell_command(words->front());
  if (command == nullptr) {
    const std::string near = nearest_word(words->front(), shell_command_names());
    print_error(words->front() + ": no such command" +
                (near.empty() ? "; help lists them" : "; did you mean " + near + "?"));
    note_failure(kExitUsage);
    return;
  }
  if (!command->may_hold_secret) input_->remember(line);
  note_failure(run_shell_command(*this, *command, {words->begin() + 1, words->end()}));
  if (connection_) directory_ = connection_->directory();
}

int Shell::report(const Error& error) {
  if (error.kind == Errc::cancelled) {
    print_error("interrupted");
    return interrupted_exit_code();
  }
  print_error(error.context);
  return error.kind == Errc::bad_syntax ? static_cast<int>(kExitUsage) : exit_code(error);
}

void Shell::note_failure(int code) {
  if (first_failure_ == 0) first_failure_ = code;
}

Result<Connection*> Shell::connection() {
  if (!connection_) return fail(Errc::closed, "not logged in");
  remote_names_.settle();
  if (connection_->usable()) return connection_.get();
  auto again = sessions_.open(target_.site, credentials_);
  if (!again) return tl::unexpected(again.error());
  if (directory_ != (*again)->directory()) {
    if (auto back = (*again)->change_directory(directory_); !back) return tl::unexpected(back.error());
  }
  connection_ = std::move(*again);
  if (!options().quiet) print_error("the server had ended the session; logged in again");
  return connection_.get();
}

Status Shell::log_in(const Target& target, Credentials credentials) {
  auto fresh = sessions_.open(target.site, credentials);
  if (!fresh) return tl::unexpected(fresh.error());
  return take_session(target, {std::move(*fresh), std::move(credentials)});
}

Status Shell::take_session(const Target& target, Sessions::LoggedIn session) {
  let_go_of_connection();
  connection_ = std::move(session.connection);
  credentials_ = std::move(session.credentials);
  target_ = target;
  names_changed();
  directory_ = connection_->directory();
  const std::string start = target.resolve(*connection_);
  if (start == directory_) return {};
  auto moved = connection_->change_directory(start);
  directory_ = connection_->directory();
  return moved;
}

void Shell::log_out() {
  let_go_of_connection();
  names_changed();
}

void Shell::note_login_failure(const Target& target, const Error& error) {
  if (!connection_ && error.kind == Errc::login_refused) target_ = target;
  note_failure(report(error));
}

bool Shell::try_login(const Target& target) {
  auto entered = sessions_.enter(target.site, target.user);
  const Status done =
      entered ? take_session(target, std::move(*entered)) : Status(tl::unexpected(entered.error()));
  if (!done) note_login_failure(target, done.error());
  return connection_ != nullptr;
}

bool Shell::log_in_first() {
  const Options& given = options();
  if (given.operands.empty() && given.host.empty()) return true;  // the login prompt asks
  Result<Target> target = target_of_path(given, "");
  if (given.host.empty()) {
    target = target_of_place(given, given.operands.front());
  } else if (!given.operands.empty()) {
    target->path = given.operands.front();
  }
  if (!target) {
    note_failure(report(target.error()));
    return false;
  }
  if (target->user.empty() && input_->is_interactive()) {
    auto user = ask("User on " + target->site.key() + " (anonymous): ");
    if (!user) return false;
    target->user = *user;
  }
  const bool is_in = try_login(*target);
  forgive_signals(sessions_.cancel());
  return is_in || input_->is_interactive();
}

Result<std::string> Shell::ask(const std::string& question) {
  auto line = input_->line(terminal_safe(question));
  if (!line) return tl::unexpected(line.error());
  if (!*line) return fail(Errc::cancelled, "the input ends at the login prompt");
  return **line;
}

bool Shell::ask_for_login() {
  const std::string last = target_.site.host.empty() ? "" : target_.site.key();
  auto host = ask(last.empty() ? "Host: " : "Host [" + last + "]: ");
  if (!host) {
    forgive_signals(sessions_.cancel());
    return false;
  }
  if (*host == "exit" || *host == "quit") return false;
  if (host->empty() && last.empty()) return true;
  Result<Target> target = host->empty() ? Result<Target>(target_) : target_of_place(options(), *host);
  if (!target) {
    note_failure(report(target.error()));
    return input_->is_interactive();
  }
  // A saved site says who logs in, and where the password is.
  if (!host->empty() && !target->site.saved_as.empty() && !target->user.empty())
    return try_login(*target) || input_->is_interactive();
  auto user = ask("User (anonymous): ");
  if (!user) return false;
  Credentials credentials;
  credentials.user = user->empty() ? "anonymous" : *user;
  target->user = credentials.user;
  if (user->empty()) return try_login(*target) || input_->is_interactive();
  auto password = input_->secret("Password: ");
  if (!password) return input_->is_interactive();
  credentials.password = std::move(*password);
  if (auto done = log_in(*target, std::move(credentials)); !done) note_login_failure(*target, done.error());
  forgive_signals(sessions_.cancel());
  return connection_ != nullptr || input_->is_interactive();
}

std::string Shell::prompt() const {
  if (!connection_) return "ferry> ";
  const bool in_clear = !connection_->is_encrypted();
  return fmt::format("ferry {}@{}:{}{}> ", terminal_safe(connection_->user()),
                     terminal_safe(target_.site.host), terminal_safe(connection_->directory()),
                     in_clear ? " (in clear)" : "");
}

std::vector<Candidate> Shell::remote_candidates(const std::string& part) {
  if (!connection_) return {};
  const auto slash = part.rfind('/');
  const std::string typed = slash == std::string::npos ? "" : part.substr(0, slash + 1);
  std::vector<Candidate> found;
  for (const auto& entry : remote_names_.of(*connection_, connection_->absolute(typed))) {
    if (!ftp::is_safe_component(entry.name)) continue;
    found.push_back({typed + entry.name + (entry.is_directory() ? "/" : ""), entry.is_directory()});
  }
  return found;
}

std::vector<Candidate> Shell::candidates(const std::vector<std::string>& before, const std::string& part) {
  if (before.empty()) return command_candidates();
  const ShellCommand* command = find_shell_command(before.front());
  if (command == nullptr) return {};
  switch (command->names) {
    case Names::remote:
      return remote_candidates(part);
    case Names::local:
      return local_candidates(part);
    case Names::commands:
      return command_candidates();
    case Names::none:
      break;
  }
  return {};
}

}  // namespace ferry::client
