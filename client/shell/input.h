// Where the shell's lines come from: a person at a terminal (libedit: editing, history, Tab) or a file, pipe
// or test on stdin.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/engine/cancel.h"
#include "client/shell/words.h"
#include "shared/base/secret.h"
#include "shared/base/unique_fd.h"

namespace ferry::client {

class Input {
 public:
  virtual ~Input() = default;
  virtual bool is_interactive() const = 0;
  // One line without its end; nullopt at the end of the input. Interactive: Errc::cancelled after Ctrl-C.
  virtual Result<std::optional<std::string>> line(const std::string& prompt) = 0;
  // Without echo, and never in the history. From a pipe: the next line.
  virtual Result<Secret> secret(const std::string& prompt) = 0;
  virtual void remember(const std::string& line) = 0;  // for the history
};

std::unique_ptr<Input> make_pipe_input();                 // stdin
std::unique_ptr<Input> make_script_input(UniqueFd file);  // passwords are lines of it, as on a pipe
// Lines that are there already, from arguments. A password is asked for on the terminal, or is an error: it
// has no place in an argument.
std::unique_ptr<Input> make_lines_input(std::vector<std::string> lines, bool may_ask);
// `history_file` is created with mode 0600. `source` is asked when Tab is pressed. Throws std::runtime_error
// when the terminal cannot be used.
std::unique_ptr<Input> make_terminal_input(const std::string& history_file, Cancel& cancel,
                                           CandidateSource source);

}  // namespace ferry::client
