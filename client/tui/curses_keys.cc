#include "client/tui/curses_keys.h"

#define NCURSES_NOMACROS 1
#define NCURSES_WIDECHAR 1
#include <ncurses.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "shared/base/utf8.h"

namespace ferry::client {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kEscapeDigit = 800ms, kDoubleClick = 400ms;
constexpr std::size_t kLongestPaste = 1024 * 1024;
constexpr int kPasteBegins = KEY_MAX + 1, kPasteEnds = KEY_MAX + 2, kAltLeft = KEY_MAX + 3,
              kAltRight = KEY_MAX + 4;

struct CursesKey {
  unsigned code;
  Key key;
};

constexpr std::array kKeys{
    CursesKey{KEY_UP, {NamedKey::up}},
    CursesKey{KEY_DOWN, {NamedKey::down}},
    CursesKey{KEY_LEFT, {NamedKey::left}},
    CursesKey{KEY_RIGHT, {NamedKey::right}},
    CursesKey{KEY_PPAGE, {NamedKey::page_up}},
    CursesKey{KEY_NPAGE, {NamedKey::page_down}},
    CursesKey{KEY_HOME, {NamedKey::home}},
    CursesKey{KEY_END, {NamedKey::end}},
    CursesKey{KEY_IC, {NamedKey::insert}},
    CursesKey{KEY_DC, {NamedKey::del}},
    CursesKey{KEY_BACKSPACE, {NamedKey::backspace}},
    CursesKey{KEY_ENTER, {NamedKey::enter}},
    CursesKey{KEY_BTAB, {NamedKey::back_tab}},
    CursesKey{static_cast<unsigned>(kAltLeft), {NamedKey::left, 0, false, true}},
    CursesKey{static_cast<unsigned>(kAltRight), {NamedKey::right, 0, false, true}},
};

Key f_key(int number) {
  return {static_cast<NamedKey>(static_cast<int>(NamedKey::f1) + number - 1)};
}

// A character as it came, without its Alt.
Key character_key(wint_t c) {
  switch (c) {
    case '\r':
    case '\n':
      return {NamedKey::enter};
    case '\t':
      return {NamedKey::tab};
    case 0x7f:
    case '\b':
      return {NamedKey::backspace};
    default:
      break;
  }
  if (c == 0) return {NamedKey::none, U' ', true};
  if (c < 0x1b) return {NamedKey::none, static_cast<char32_t>(c - 1 + 'a'), true};
  if (c == 0x1c || c == 0x1d) return {NamedKey::none, c == 0x1c ? U'\\' : U']', true};
  return {NamedKey::none, static_cast<char32_t>(c)};
}

void define(const char* sequence, int code) {
  ::define_key(sequence, code);
}

}  // namespace

void define_extra_keys() {
  define("\x1b[200~", kPasteBegins);
  define("\x1b[201~", kPasteEnds);
  define("\x1b[1;3D", kAltLeft);
  define("\x1b[1;3C", kAltRight);
}

std::optional<Terminal::Event> KeyReader::next() {
  wint_t c = 0;
  const int kind = ::get_wch(&c);
  if (kind == ERR) return std::nullopt;
  if (kind == KEY_CODE_YES) return function_key(c);
  if (c == 0x1b) return escape();
  if (c == 0x03) return Terminal::Interrupt{};
  if (c == 0x1a) return Terminal::Suspend{};
  const bool is_digit = c >= '0' && c <= '9';
  if (is_digit && steady_clock::now() - std::exchange(escaped_, {}) < kEscapeDigit)
    return f_key(c == '0' ? 10 : static_cast<int>(c - '0'));
  escaped_ = {};
  return character_key(c);
}

// Alone, or in front of another character that comes with it: Alt.
std::optional<Terminal::Event> KeyReader::escape() {
  wint_t c = 0;
  const int kind = ::get_wch(&c);
  if (kind == OK && c != 0x1b) {
    if (c >= '0' && c <= '9') return f_key(c == '0' ? 10 : static_cast<int>(c - '0'));
    Key key = character_key(c);
    key.alt = true;
    return key;
  }
  if (kind == KEY_CODE_YES) return function_key(c);
  escaped_ = steady_clock::now();
  return Key{NamedKey::escape};
}

std::optional<Terminal::Event> KeyReader::function_key(unsigned code) {
  if (code == KEY_RESIZE) return Terminal::Resized{};
  if (code == KEY_MOUSE) return mouse();
  if (code == static_cast<unsigned>(kPasteBegins)) return paste();
  for (int number = 1; number <= 24; ++number) {
    if (code != static_cast<unsigned>(KEY_F(number))) continue;
    Key key = f_key(number <= 12 ? number : number - 12);
    key.shift = number > 12;
    return key;
  }
  for (const CursesKey& known : kKeys) {
    if (known.code == code) return known.key;
  }
  return next();  // no key of ours
}

std::optional<Terminal::Event> KeyReader::mouse() {
  MEVENT event{};
  if (::getmouse(&event) != OK) return next();
  if ((event.bstate & BUTTON4_PRESSED) != 0) return Terminal::Wheel{event.x, event.y, -3};
  if ((event.bstate & BUTTON5_PRESSED) != 0) return Terminal::Wheel{event.x, event.y, 3};
  if ((event.bstate & BUTTON1_PRESSED) == 0) return next();
  const auto now = steady_clock::now();
  const bool is_double = now - clicked_ < kDoubleClick && clicked_x_ == event.x && clicked_y_ == event.y;
  clicked_ = is_double ? steady_clock::time_point() : now;
  clicked_x_ = event.x;
  clicked_y_ = event.y;
  return Terminal::Click{event.x, event.y, is_double};
}

// Up to its end mark, or until nothing has come for a moment: a paste never leaves us waiting.
Terminal::Event KeyReader::paste() {
  Terminal::Paste paste;
  while (paste.text.size() < kLongestPaste) {
    wint_t c = 0;
    const int kind = ::get_wch(&c);
    if (kind == KEY_CODE_YES && c == static_cast<wint_t>(kPasteEnds)) break;
    if (kind == OK) append_utf8(paste.text, c == '\r' ? U'\n' : static_cast<char32_t>(c));
    if (kind != ERR) continue;
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (::poll(&input, 1, 100) <= 0) break;
  }
  return paste;
}

}  // namespace ferry::client
