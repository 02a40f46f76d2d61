// A screen with one program on it, as a person has it: tmux, with a server of its own that is our child and
// gone with the object.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/support/child.h"

namespace ferry::test {

struct TmuxOptions {
  int columns = 120, rows = 30;
  std::map<std::string, std::string> environment = {};  // besides HOME, LC_ALL=C.UTF-8 and TERM
  bool stays = false;                                   // also when the program has ended
};

class TmuxScreen {
 public:
  using Strings = std::vector<std::string>;

  // `command` is the shell's; it runs in `folder`.
  TmuxScreen(const std::filesystem::path& home, const std::filesystem::path& folder,
             const std::string& command, const TmuxOptions& options = {});
  ~TmuxScreen() { server_.terminate(); }

  RunResult tmux(Strings arguments, const std::string& input = "") const;
  std::string text() const { return tmux({"capture-pane", "-p"}).out; }
  std::string coloured_text() const { return tmux({"capture-pane", "-p", "-e"}).out; }
  // Waits for it.
  testing::AssertionResult shows(const std::string& wanted) const;
  testing::AssertionResult no_longer_shows(const std::string& unwanted) const;
  void press(Strings keys) const;                    // tmux's names: "F5", "Enter", "C-c", "x"
  void type(const std::string& text) const;          // letter by letter
  void paste_secret(const std::string& text) const;  // by standard input: a process list would show it else
  void resize(int columns, int rows) const;
  pid_t program() const;  // the process on the screen
  bool is_over() const { return tmux({"list-sessions"}).out.empty(); }

 private:
  std::string socket_;
  ChildProcess server_;
};

}  // namespace ferry::test
