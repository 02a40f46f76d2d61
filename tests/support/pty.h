// A pseudo-terminal: its inside is what a program calls a terminal, its outside what a person types and sees.
#pragma once

#include <string>

#include "shared/base/unique_fd.h"

namespace ferry::test {

class Pty {
 public:
  Pty(int columns, int lines);  // throws std::system_error

  int inside() const { return inside_.get(); }
  int outside() const { return outside_.get(); }
  std::string inside_name() const;
  void resize(int columns, int lines) const;
  std::string read_all() const;  // what has been written inside and not been read; never waits

 private:
  UniqueFd outside_, inside_;
};

}  // namespace ferry::test
