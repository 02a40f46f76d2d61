// The terminal, and the only user of curses: cells out, keys in. From construction to destruction the screen
// is ours; it is given back whatever ends the program, also a crash. One at a time, one thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "client/model/canvas.h"
#include "client/model/draw.h"
#include "client/model/key.h"

namespace ferry::client {

struct TerminalOptions {
  bool ascii_only = false;  // besides locales that are not UTF-8
  bool no_colour = false;   // besides NO_COLOR and terminals without
};

class Terminal {
 public:
  struct Paste {
    std::string text;
  };
  struct Click {
    int x, y;
    bool is_double;
  };
  struct Wheel {
    int x, y, rows;
  };
  struct Resized {};
  struct Suspend {};    // Ctrl-Z
  struct Interrupt {};  // Ctrl-C
  using Event = std::variant<Key, Paste, Click, Wheel, Resized, Suspend, Interrupt>;

  // Throws std::runtime_error when there is no terminal, or one that cannot place its cursor.
  explicit Terminal(const TerminalOptions& options);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  int columns() const;
  int rows() const;
  void paint(const Drawing& drawing);
  void repaint();  // what is there is not to be relied on
  // What was typed, nullopt: nothing now. Never blocks; wait for it with poll on STDIN_FILENO.
  std::optional<Event> next();
  void use_mouse(bool is_ours);
  // Gives the screen back while `run` runs, as for an editor or when the program is suspended.
  void lend(const std::function<void()>& run);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ferry::client
