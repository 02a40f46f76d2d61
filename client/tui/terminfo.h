// What the terminal's description says. Apart, because its header names macros like columns and lines.
#pragma once

#include <string>

namespace ferry::client {

std::string terminfo_string(const char* name);  // "rmcup"; "" when the terminal has none

}  // namespace ferry::client
