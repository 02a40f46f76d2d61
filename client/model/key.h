// A key as a person knows it, and how it is spelled in keys.toml, on the help screen and in the key bar: "c",
// "F5", "Ctrl-R", "Alt-s", "Shift-F5", "Space", "PgUp". Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "shared/base/result.h"

namespace ferry::client {

enum class NamedKey : std::uint8_t {
  none,  // a character
  up,
  down,
  left,
  right,
  page_up,
  page_down,
  home,
  end,
  insert,
  del,
  backspace,
  enter,
  tab,
  back_tab,
  escape,
  f1,
  f2,
  f3,
  f4,
  f5,
  f6,
  f7,
  f8,
  f9,
  f10,
  f11,
  f12,
};

struct Key {
  NamedKey named = NamedKey::none;
  char32_t character = 0;                         // as it is typed: 'c', 'C', '/', U+5199
  bool ctrl = false, alt = false, shift = false;  // shift only with a named key
  auto operator<=>(const Key&) const = default;
};

// Errc::bad_syntax says what is wrong.
Result<Key> parse_key(std::string_view text);
std::string key_text(const Key& key);

}  // namespace ferry::client
