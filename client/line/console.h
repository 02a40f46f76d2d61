// This process's standard error: lines that stay, and on a terminal rows below them that are redrawn in
// place. Everything that goes there passes through here, so that neither ever lands in the middle of the
// other. Any thread.
//
// What is given must be safe for a terminal already (terminal_safe).
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::client {

class Console {
 public:
  static Console& of_process();  // on STDERR_FILENO

  explicit Console(int fd) : fd_(fd) {}

  // Whole lines, each with its newline. The rows, if there are any, come again below. Blocks while the
  // terminal is stopped (Ctrl-S).
  void print(std::string_view lines);

  // In place of the rows there are; nothing is written if they are the same, and none is drawn while paused.
  // Each must be narrower than columns(), all of them at most lines().
  void show_rows(std::vector<std::string> rows);
  void clear_rows() { show_rows({}); }

  // Of the terminal as it is now; 80 x 24 where there is none.
  int columns() const;
  int lines() const;

  // While one of these lives the rows are gone: for questions, and for what others print themselves.
  class Pause {
   public:
    explicit Pause(Console& console = of_process());
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;
    ~Pause();

   private:
    Console& console_;
  };

 private:
  std::string erasure() const;  // from where the cursor is to the first row's beginning, all wiped
  std::string drawing() const;
  void write(const std::string& bytes) const;

  const int fd_;
  std::mutex mutex_;
  std::vector<std::string> rows_;  // on the screen
  int pauses_ = 0;
};

}  // namespace ferry::client
