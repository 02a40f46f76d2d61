// `ferry shell`: one logged-in session, commands line by line. On a terminal a person's, with a login prompt;
// else a script's, on stdin (-f: in a file, -c: in arguments), whose first failure becomes the exit code.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/line/session.h"
#include "client/shell/input.h"
#include "client/shell/remote_names.h"

namespace ferry::client {

class Shell {
 public:
  // Throws std::runtime_error when the terminal cannot be used, std::system_error when there is no such
  // script.
  Shell(const Options& options, Cancel& cancel);
  ~Shell();

  int run();  // until exit or the end of the input; the exit code

  // --- for the commands (commands.cc) ---

  // The session's connection, made anew in the same folder if the server has let go of it. Errc::closed when
  // nobody is logged in.
  Result<Connection*> connection();
  Status log_in(const Target& target, Credentials credentials);  // replaces the session
  void log_out();                                                // back to the login prompt
  void leave() { is_over_ = true; }
  void names_changed() { remote_names_.forget(); }  // what completion remembers is stale
  void set_password(Secret password) { credentials_.password = std::move(password); }

  Input& input() { return *input_; }
  Sessions& sessions() { return sessions_; }
  const Options& options() const { return sessions_.options(); }
  const Target& target() const { return target_; }
  const Credentials& credentials() const { return credentials_; }
  int report(const Error& error);  // prints; the exit code

 private:
  std::unique_ptr<Input> choose_input();
  bool is_done_for() const;  // --fail-fast, and something has failed
  void let_go_of_connection();
  void run_line(const std::string& line);
  bool log_in_first();   // from the options' URL
  bool ask_for_login();  // host, user, password; false: the input is over
  bool try_login(const Target& target);
  void note_login_failure(const Target& target, const Error& error);  // the prompt offers that server again
  Status take_session(const Target& target, Sessions::LoggedIn session);
  Result<std::string> ask(const std::string& prompt);
  std::string prompt() const;
  void note_failure(int code);
  std::vector<Candidate> candidates(const std::vector<std::string>& before, const std::string& part);
  std::vector<Candidate> remote_candidates(const std::string& part);

  Sessions sessions_;
  std::unique_ptr<Input> input_;
  std::unique_ptr<Connection> connection_;
  Target target_;
  Credentials credentials_;
  std::string directory_;     // where the session was last, for connecting again
  RemoteNames remote_names_;  // uses connection_: settled before that is touched
  bool is_over_ = false;
  int first_failure_ = 0;
};

}  // namespace ferry::client
