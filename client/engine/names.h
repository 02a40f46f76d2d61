// Names as Unicode sees them: composed (NFC), and regardless of case. Pure text; names that are no UTF-8 are
// what they are.
#pragma once

#include <string>
#include <string_view>

namespace ferry::client {

// macOS writes "é" as two characters (NFD); elsewhere it is one.
std::string to_nfc(std::string_view name);

// Two names with one key are one name to a file system that knows no case.
std::string case_key(std::string_view name);

}  // namespace ferry::client
