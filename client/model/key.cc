#include "client/model/key.h"

#include <algorithm>
#include <array>

#include "shared/base/utf8.h"

namespace ferry::client {
namespace {

struct Name {
  std::string_view text;
  Key key;
};

constexpr Key named(NamedKey key) {
  return {key};
}

// The first spelling of a key is the one that is shown.
constexpr std::array kNames{
    Name{"Up", named(NamedKey::up)},          Name{"Down", named(NamedKey::down)},
    Name{"Left", named(NamedKey::left)},      Name{"Right", named(NamedKey::right)},
    Name{"PgUp", named(NamedKey::page_up)},   Name{"PgDn", named(NamedKey::page_down)},
    Name{"Home", named(NamedKey::home)},      Name{"End", named(NamedKey::end)},
    Name{"Ins", named(NamedKey::insert)},     Name{"Del", named(NamedKey::del)},
    Name{"Bksp", named(NamedKey::backspace)}, Name{"Enter", named(NamedKey::enter)},
    Name{"Tab", named(NamedKey::tab)},        Name{"BackTab", named(NamedKey::back_tab)},
    Name{"Esc", named(NamedKey::escape)},     Name{"Space", {NamedKey::none, U' '}},
    Name{"F1", named(NamedKey::f1)},          Name{"F2", named(NamedKey::f2)},
    Name{"F3", named(NamedKey::f3)},          Name{"F4", named(NamedKey::f4)},
    Name{"F5", named(NamedKey::f5)},          Name{"F6", named(NamedKey::f6)},
    Name{"F7", named(NamedKey::f7)},          Name{"F8", named(NamedKey::f8)},
    Name{"F9", named(NamedKey::f9)},          Name{"F10", named(NamedKey::f10)},
    Name{"F11", named(NamedKey::f11)},        Name{"F12", named(NamedKey::f12)},
};

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (text.size() <= prefix.size() || !equal_ignoring_case(text.substr(0, prefix.size()), prefix))
    return false;
  text.remove_prefix(prefix.size());
  return true;
}

// Terminals send the same for Ctrl-R and Ctrl-r, and no Ctrl with what is no letter.
Status fold_ctrl(Key& key, std::string_view text) {
  if (!key.ctrl || key.named != NamedKey::none) return {};
  if (key.character >= U'A' && key.character <= U'Z') key.character += U'a' - U'A';
  const bool is_known = (key.character >= U'a' && key.character <= U'z') || key.character == U' ' ||
                        key.character == U'\\' || key.character == U']';
  return is_known ? Status() : fail(Errc::bad_syntax, std::string(text) + ": terminals have no such key");
}

}  // namespace

Result<Key> parse_key(std::string_view text) {
  std::string_view rest = text;
  Key key;
  for (bool goes_on = true; goes_on;) {
    goes_on = false;
    if (take_prefix(rest, "Ctrl-")) goes_on = key.ctrl = true;
    if (take_prefix(rest, "Alt-")) goes_on = key.alt = true;
    if (take_prefix(rest, "Shift-")) goes_on = key.shift = true;
  }
  const auto name =
      std::ranges::find_if(kNames, [&](const Name& known) { return equal_ignoring_case(known.text, rest); });
  if (name != kNames.end()) {
    key.named = name->key.named;
    key.character = name->key.character;
  } else {
    const Utf8Char c = decode_utf8(rest);
    if (rest.empty() || !c.is_valid || c.length != rest.size() || c.code < 0x20 || c.code == 0x7f)
      return fail(Errc::bad_syntax, std::string(text) + ": is no key, such as c, F5, Ctrl-R, Alt-s or PgUp");
    key.character = c.code;
  }
  if (key.shift && key.named == NamedKey::none)
    return fail(Errc::bad_syntax, std::string(text) + ": the shifted character itself is meant");
  if (auto folded = fold_ctrl(key, text); !folded) return tl::unexpected(folded.error());
  return key;
}

std::string key_text(const Key& key) {
  std::string text;
  if (key.ctrl) text += "Ctrl-";
  if (key.alt) text += "Alt-";
  if (key.shift) text += "Shift-";
  const auto name = std::ranges::find_if(kNames, [&](const Name& known) {
    return known.key.named == key.named &&
           known.key.character == (key.named == NamedKey::none ? key.character : 0);
  });
  if (name != kNames.end()) return text + std::string(name->text);
  const bool is_letter = key.character >= U'a' && key.character <= U'z';
  const char32_t shown = key.ctrl && is_letter ? key.character - (U'a' - U'A') : key.character;
  append_utf8(text, shown);
  return text;
}

}  // namespace ferry::client
