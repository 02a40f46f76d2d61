#include "client/tui/terminfo.h"

#include <curses.h>
#include <term.h>

namespace ferry::client {

std::string terminfo_string(const char* name) {
  const char* value = ::tigetstr(name);
  const bool is_there = value != nullptr && value != reinterpret_cast<const char*>(-1);
  return is_there ? value : "";
}

}  // namespace ferry::client
