// A program as a person runs it: on a terminal of its own, where it may ask.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "shared/base/unique_fd.h"

namespace ferry::test {

// The program is ended with its object. argv[0] is a path. What is typed goes in when the text it waits for
// is on the screen.
class Terminal {
 public:
  explicit Terminal(const std::vector<std::string>& argv);
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal();

  void type_after(const std::string& text, const std::string& typed);
  int exit_code();  // waits for the end; 128 when a signal ended it
  pid_t pid() const { return pid_; }
  const std::string& screen() const { return screen_; }

 private:
  void read_some();

  UniqueFd master_;
  pid_t pid_ = -1;
  std::string screen_;
  std::size_t seen_ = 0;
};

}  // namespace ferry::test
