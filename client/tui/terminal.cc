#include "client/tui/terminal.h"

#include <langinfo.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#define NCURSES_NOMACROS 1
#define NCURSES_WIDECHAR 1
#include <ncurses.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "client/tui/curses_keys.h"
#include "client/tui/terminfo.h"
#include "shared/base/terminal_text.h"
#include "shared/base/utf8.h"

namespace ferry::client {
namespace {

constexpr const char* kPasteOn = "\x1b[?2004h";
constexpr const char* kPasteOff = "\x1b[?2004l";

// What a crash needs to give the terminal back: only what a signal handler may use.
struct Rescue {
  termios modes{};
  std::array<char, 256> sequence{};
  std::size_t length = 0;
};
Rescue rescue;

void rescue_terminal(int signal_number) {
  [[maybe_unused]] const ssize_t written = ::write(STDOUT_FILENO, rescue.sequence.data(), rescue.length);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &rescue.modes);
  ::signal(signal_number, SIG_DFL);
  ::raise(signal_number);
}

// SIGHUP too: whoever sends it by hand still looks at the terminal.
constexpr int kCrashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT, SIGHUP};

void prepare_rescue() {
  std::string sequence = std::string(kPasteOff) + "\x1b[?1000l\x1b[?1006l";
  for (const char* name : {"sgr0", "rmacs", "cnorm", "rmkx", "rmcup"}) sequence += terminfo_string(name);
  rescue.length = std::min(sequence.size(), rescue.sequence.size());
  std::memcpy(rescue.sequence.data(), sequence.data(), rescue.length);
  for (const int signal_number : kCrashes) ::signal(signal_number, rescue_terminal);
}

void send(const char* sequence) {
  ::fputs(sequence, stdout);
  ::fflush(stdout);
}

bool is_utf8_locale() {
  const char* codeset = ::nl_langinfo(CODESET);
  return codeset != nullptr && std::strcmp(codeset, "UTF-8") == 0;
}

bool wants_no_colour() {
  const char* value = std::getenv("NO_COLOR");
  return value != nullptr && value[0] != '\0';
}

struct Look {
  short colour;  // of the text; -1: the terminal's own
  attr_t attributes;
};

// The eight base colours on the terminal's own background: fit for light and dark. What has no colour here,
// and everything where there are none, differs by bold or by the characters themselves.
Look look_of(Role role) {
  switch (role) {
    case Role::text:
    case Role::field:
      return {-1, A_NORMAL};
    case Role::dim:
    case Role::border:
      return {-1, A_DIM};
    case Role::focus:
      return {COLOR_CYAN, A_BOLD};
    case Role::title:
      return {-1, A_BOLD};
    case Role::folder:
      return {COLOR_BLUE, A_BOLD};
    case Role::link:
      return {COLOR_CYAN, A_NORMAL};
    case Role::partial:
      return {COLOR_MAGENTA, A_NORMAL};
    case Role::marked:
      return {COLOR_YELLOW, A_BOLD};
    case Role::bar_before:
      return {COLOR_CYAN, A_NORMAL};
    case Role::bar_moved:
    case Role::good:
      return {COLOR_GREEN, A_NORMAL};
    case Role::warning:
      return {COLOR_YELLOW, A_BOLD};
    case Role::error:
      return {COLOR_RED, A_BOLD};
    case Role::key:
      return {-1, A_NORMAL};
  }
  return {-1, A_NORMAL};
}

const cchar_t* line_character(Line line) {
  switch (line) {
    case Line::horizontal:
      return WACS_HLINE;
    case Line::vertical:
      return WACS_VLINE;
    case Line::upper_left:
      return WACS_ULCORNER;
    case Line::upper_right:
      return WACS_URCORNER;
    case Line::lower_left:
      return WACS_LLCORNER;
    case Line::lower_right:
      return WACS_LRCORNER;
    case Line::none:
      break;
  }
  return nullptr;
}

// As curses takes it: the character and its combining ones. What the locale cannot show is a "?".
std::array<wchar_t, CCHARW_MAX + 1> wide_text(std::string_view bytes, bool ascii_only) {
  std::array<wchar_t, CCHARW_MAX + 1> wide{};
  std::size_t count = 0;
  while (!bytes.empty() && count < CCHARW_MAX) {
    const Utf8Char c = decode_utf8(bytes);
    bytes.remove_prefix(c.length);
    const bool is_shown = c.is_valid && c.code >= 0x20 && c.code != 0x7f && (c.code < 0x80 || !ascii_only);
    if (!is_shown && count > 0) continue;
    wide[count++] = is_shown ? static_cast<wchar_t>(c.code) : L'?';
  }
  if (count == 0) wide[0] = L' ';
  return wide;
}

}  // namespace

struct Terminal::State {
  SCREEN* screen = nullptr;
  bool ascii_only = false, has_colours = false, has_mouse = true;
  KeyReader reader;
};

Terminal::Terminal(const TerminalOptions& options) : state_(std::make_unique<State>()) {
  ::tcgetattr(STDIN_FILENO, &rescue.modes);
  state_->screen = ::newterm(nullptr, stdout, stdin);
  if (state_->screen == nullptr) throw std::runtime_error("this terminal cannot be used for a full screen");
  state_->ascii_only = options.ascii_only || !is_utf8_locale();
  ::set_escdelay(25);
  ::raw();
  ::noecho();
  ::nonl();
  ::keypad(stdscr, TRUE);
  ::nodelay(stdscr, TRUE);
  ::leaveok(stdscr, FALSE);
  define_extra_keys();
  if (!options.no_colour && !wants_no_colour() && ::has_colors()) {
    ::start_color();
    ::use_default_colors();
    for (short colour = 0; colour < 8; ++colour) ::init_pair(static_cast<short>(colour + 1), colour, -1);
    state_->has_colours = true;
  }
  use_mouse(true);
  send(kPasteOn);
  prepare_rescue();
}

Terminal::~Terminal() {
  for (const int signal_number : kCrashes) ::signal(signal_number, SIG_DFL);
  send(kPasteOff);
  ::endwin();
  ::delscreen(state_->screen);
}

int Terminal::columns() const {
  return COLS;
}

int Terminal::rows() const {
  return LINES;
}

void Terminal::paint(const Drawing& drawing) {
  const Canvas& canvas = drawing.canvas;
  const int columns = std::min(canvas.columns(), COLS), rows = std::min(canvas.rows(), LINES);
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x) {
      const Cell& cell = canvas.at(x, y);
      if (cell.bytes.empty()) continue;  // the second half of a wide one
      const Look look = look_of(cell.style.role);
      attr_t attributes = look.attributes;
      if (cell.style.is_bold) attributes |= A_BOLD;
      if (cell.style.is_reverse) attributes |= A_REVERSE;
      const short pair = state_->has_colours && look.colour >= 0 ? static_cast<short>(look.colour + 1) : 0;
      const cchar_t* line = state_->ascii_only ? nullptr : line_character(cell.line);
      cchar_t character{};
      if (line != nullptr) {
        character = *line;
        std::array<wchar_t, CCHARW_MAX + 1> text{};
        attr_t own = 0;
        short ignored = 0;
        ::getcchar(line, text.data(), &own, &ignored, nullptr);
        ::setcchar(&character, text.data(), own | attributes, pair, nullptr);
      } else {
        const auto text = wide_text(cell.bytes, state_->ascii_only);
        ::setcchar(&character, text.data(), attributes, pair, nullptr);
      }
      ::mvadd_wch(y, x, &character);
      // Where a wide character became a "?" its second column is a blank.
      if (state_->ascii_only && x + 1 < columns && canvas.at(x + 1, y).bytes.empty()) {
        ::setcchar(&character, L" ", attributes, pair, nullptr);
        ::mvadd_wch(y, x + 1, &character);
      }
    }
  }
  ::curs_set(drawing.cursor ? 1 : 0);
  if (drawing.cursor) ::move(drawing.cursor->y, drawing.cursor->x);
  ::refresh();
}

void Terminal::repaint() {
  ::clearok(stdscr, TRUE);
}

std::optional<Terminal::Event> Terminal::next() {
  return state_->reader.next();
}

void Terminal::use_mouse(bool is_ours) {
  state_->has_mouse = is_ours;
  ::mouseinterval(0);
  ::mousemask(is_ours ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, nullptr);
}

void Terminal::lend(const std::function<void()>& run) {
  send(kPasteOff);
  ::def_prog_mode();
  ::endwin();
  run();
  ::reset_prog_mode();
  ::clearok(stdscr, TRUE);
  ::refresh();
  send(kPasteOn);
}

}  // namespace ferry::client
