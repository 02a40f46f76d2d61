// What curses reads as events. Internal to client/tui.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "client/tui/terminal.h"

namespace ferry::client {

// Keys that curses has no names for: the ends of a paste, Alt with arrows.
void define_extra_keys();

class KeyReader {
 public:
  std::optional<Terminal::Event> next();

 private:
  std::optional<Terminal::Event> escape();
  std::optional<Terminal::Event> mouse();
  Terminal::Event paste();
  std::optional<Terminal::Event> function_key(unsigned code);

  // A digit soon after Esc is a function key, for terminals that have none.
  std::chrono::steady_clock::time_point escaped_{};
  std::chrono::steady_clock::time_point clicked_{};
  int clicked_x_ = -1, clicked_y_ = -1;
};

}  // namespace ferry::client
