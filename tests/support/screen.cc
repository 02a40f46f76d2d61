#include "tests/support/screen.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>

#include "shared/base/terminal_text.h"
#include "shared/base/utf8.h"

namespace ferry::test {

void Screen::feed(std::string_view bytes) {
  held_ += bytes;
  std::string_view left = held_;
  while (!left.empty()) {
    const std::size_t used = one(left);
    if (used == 0) break;
    left.remove_prefix(used);
  }
  held_ = std::string(left);
}

std::size_t Screen::one(std::string_view bytes) {
  const char c = bytes.front();
  if (c == '\x1b') return sequence(bytes);
  if (c == '\r') {
    column_ = 0;
    return 1;
  }
  if (c == '\n') {
    down();
    column_ = 0;  // as terminals do with ONLCR
    return 1;
  }
  const Utf8Char next = decode_utf8(bytes);
  const bool may_go_on = (static_cast<unsigned char>(c) & 0x80) != 0 && bytes.size() < 4;
  if (!next.is_valid && may_go_on) return 0;
  const std::string_view character = bytes.substr(0, next.length);
  EXPECT_TRUE(next.is_valid) << "no UTF-8 on the terminal: " << terminal_safe(bytes);
  EXPECT_EQ(terminal_safe(character), character) << "a control: " << terminal_safe(bytes);
  put(character, display_width(character));
  return next.length;
}

std::size_t Screen::sequence(std::string_view bytes) {
  if (bytes.size() < 2) return 0;
  EXPECT_EQ(bytes[1], '[') << terminal_safe(bytes);
  std::size_t at = 2;
  int count = 0;
  for (; at < bytes.size() && std::isdigit(static_cast<unsigned char>(bytes[at])) != 0; ++at)
    count = count * 10 + (bytes[at] - '0');
  if (at == bytes.size()) return 0;
  switch (bytes[at]) {
    case 'A': {
      const std::size_t top = rows_.size() - std::min(rows_.size(), static_cast<std::size_t>(lines_));
      const auto up = static_cast<std::size_t>(std::max(1, count));
      row_ = row_ - top < up ? top : row_ - up;
      break;
    }
    case 'J':
      row().resize(std::min(row().size(), column_));
      rows_.resize(row_ + 1);
      break;
    case 'K':
      row().resize(std::min(row().size(), column_));
      break;
    default:
      ADD_FAILURE() << "ferry never sends " << terminal_safe(bytes.substr(0, at + 1));
  }
  return at + 1;
}

void Screen::put(std::string_view character, int width) {
  if (width == 0) {
    if (column_ > 0) row()[column_ - 1] += character;
    return;
  }
  if (static_cast<int>(column_) + width > columns_) {
    down();
    column_ = 0;
  }
  if (row().size() < column_ + static_cast<std::size_t>(width))
    row().resize(column_ + static_cast<std::size_t>(width), " ");
  row()[column_++] = character;
  if (width == 2) row()[column_++] = "";
  widest_ = std::max(widest_, static_cast<int>(column_));
}

void Screen::down() {
  if (++row_ == rows_.size()) rows_.emplace_back();
}

std::vector<std::string> Screen::text() const {
  std::vector<std::string> lines;
  for (const auto& cells : rows_) {
    std::string line;
    for (const auto& cell : cells) line += cell;
    lines.push_back(line.substr(0, line.find_last_not_of(' ') + 1));
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

bool Screen::shows(std::string_view wanted) const {
  const auto lines = text();
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(wanted) != line.npos; });
}

}  // namespace ferry::test
