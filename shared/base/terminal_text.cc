#include "shared/base/terminal_text.h"

#include <fmt/core.h>
#include <wchar.h>

#include <cstdint>

#include "shared/base/utf8.h"

namespace ferry {

namespace {

// What reorders or breaks a line without being seen.
bool is_layout_control(char32_t code) {
  return (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == 0x200E ||
         code == 0x200F || code == 0x061C || code == 0x2028 || code == 0x2029;
}

bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F);
}

int char_width(const Utf8Char& c) {
  const int width = c.is_valid ? ::wcwidth(static_cast<wchar_t>(c.code)) : 1;
  return width < 0 ? 1 : width;  // not known to this locale: terminals show one mark
}

// How many cells from `first` on fit into `columns`.
template <typename Iterator>
Iterator take_columns(Iterator first, Iterator last, int columns) {
  while (first != last && first->width <= columns) columns -= (first++)->width;
  return first;
}

}  // namespace

std::string terminal_safe(std::string_view foreign) {
  std::string safe;
  safe.reserve(foreign.size());
  while (!foreign.empty()) {
    const Utf8Char c = decode_utf8(foreign);
    const std::string_view bytes = foreign.substr(0, c.length);
    foreign.remove_prefix(c.length);
    if (!c.is_valid || is_control(c.code)) {
      for (const char byte : bytes) safe += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    } else if (is_layout_control(c.code)) {
      safe += fmt::format("<U+{:04X}>", static_cast<std::uint32_t>(c.code));
    } else {
      safe += bytes;
    }
  }
  return safe;
}

std::vector<TerminalCell> terminal_cells(std::string_view text) {
  std::vector<TerminalCell> cells;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char c = decode_utf8(text.substr(at));
    const int width = char_width(c);
    if (width == 0 && !cells.empty()) {
      const std::string_view before = cells.back().bytes;
      cells.back().bytes = {before.data(), before.size() + c.length};
    } else {
      cells.push_back({text.substr(at, c.length), width});
    }
    at += c.length;
  }
  return cells;
}

int display_width(std::string_view safe) {
  int width = 0;
  while (!safe.empty()) {
    const Utf8Char c = decode_utf8(safe);
    width += char_width(c);
    safe.remove_prefix(c.length);
  }
  return width;
}

std::string fit_columns(std::string_view safe, int columns) {
  if (columns <= 0) return {};
  const int width = display_width(safe);
  if (width <= columns)
    return std::string(safe) + std::string(static_cast<std::size_t>(columns - width), ' ');

  const std::vector<TerminalCell> cells = terminal_cells(safe);
  const int left_columns = (columns - 1) / 2;
  const auto left = take_columns(cells.begin(), cells.end(), left_columns);
  const auto right = take_columns(cells.rbegin(), cells.rend(), columns - 1 - left_columns).base();
  std::string text;
  int used = 1;
  const auto append = [&](auto first, auto last) {
    for (; first != last; ++first) {
      text += first->bytes;
      used += first->width;
    }
  };
  append(cells.begin(), left);
  text += '~';
  append(right, cells.end());
  text.append(static_cast<std::size_t>(columns - used), ' ');
  return text;
}

}  // namespace ferry
