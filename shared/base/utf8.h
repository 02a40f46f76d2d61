// Strict UTF-8, one character at a time: no overlong forms, no surrogates, nothing above U+10FFFF. Pure text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ferry {

struct Utf8Char {
  char32_t code = 0;       // meaningless unless is_valid
  std::size_t length = 0;  // bytes to step over: 1 for a byte that begins no valid character
  bool is_valid = false;
};

// The character at the front of `text`, which is not empty.
Utf8Char decode_utf8(std::string_view text);

void append_utf8(std::string& text, char32_t code);  // a valid code point

}  // namespace ferry
