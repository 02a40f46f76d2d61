// The one place where foreign bytes (names, replies, certificate fields) are made safe for a terminal.
// Pure text; widths come from libc's wcwidth, so setlocale(LC_CTYPE, "") must have been called for wide text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ferry {

// Valid UTF-8 stays; C0, C1, DEL and bytes that are not UTF-8 become "\x1b"; bidirectional controls and line
// separators become "<U+202E>". The result has no control characters and no newline.
std::string terminal_safe(std::string_view foreign);

// What stays together on a terminal: a character and the combining ones behind it.
struct TerminalCell {
  std::string_view bytes;
  int width;  // columns: 0 (a combining character without a base), 1 or 2
};
std::vector<TerminalCell> terminal_cells(std::string_view safe);  // borrows from `safe`

// Columns that already-safe text takes on the terminal.
int display_width(std::string_view safe);

// Exactly `columns` wide: cut in the middle with '~' (the end of a name is kept) or padded with spaces
// behind.
std::string fit_columns(std::string_view safe, int columns);

}  // namespace ferry
