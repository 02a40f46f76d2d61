// A screen's worth of cells, drawn without a terminal: what client/tui hands to curses and what the tests
// compare. Text must be safe (shared/base/terminal_text.h). Whatever is put, each row stays exactly as wide
// as the canvas.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::client {

// What a cell means; a theme makes colours of it, a terminal without colours bold and reverse.
enum class Role : std::uint8_t {
  text,
  dim,
  border,
  focus,  // the border and title of what has the keys
  title,
  folder,
  link,
  partial,  // an upload that is not finished
  marked,
  bar_before,  // was there before this run
  bar_moved,
  good,
  warning,
  error,
  key,  // of the key bar
  field,
};

struct Style {
  Role role = Role::text;
  bool is_reverse = false;
  bool is_bold = false;
  bool operator==(const Style&) const = default;
};

// Lines are no characters: a terminal may have better ones than "+-|", of one column for sure.
enum class Line : std::uint8_t {
  none,
  horizontal,
  vertical,
  upper_left,
  upper_right,
  lower_left,
  lower_right
};

struct Cell {
  std::string bytes = " ";  // one character with its combining ones; "" under the second half of a wide one
  Style style;
  Line line = Line::none;
};

struct Rect {
  int x = 0, y = 0, columns = 0, rows = 0;
  bool operator==(const Rect&) const = default;
};

class Canvas {
 public:
  Canvas(int columns, int rows);

  int columns() const { return columns_; }
  int rows() const { return rows_; }
  const Cell& at(int x, int y) const { return cells_[index(x, y)]; }

  // Writes from `x` on, over at most `columns`; what lies outside is not drawn, and half of a wide character
  // is a blank. Returns the columns written.
  int put(int x, int y, std::string_view safe, Style style, int columns);
  int put(int x, int y, std::string_view safe, Style style = {}) { return put(x, y, safe, style, columns_); }
  void fill(const Rect& rect, Style style);
  void restyle(const Rect& rect, Style style);  // the text stays
  // A box with a title in its upper edge (cut, never over the corners).
  void frame(const Rect& rect, Style style, std::string_view title);

  std::string row_text(int y) const;  // lines as "+-|"

 private:
  std::size_t index(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(columns_) + static_cast<std::size_t>(x);
  }
  bool is_inside(int x, int y) const { return x >= 0 && x < columns_ && y >= 0 && y < rows_; }
  void set(int x, int y, std::string bytes, Style style, Line line);
  void set_tail(int x, int y, Style style);
  void line(int x, int y, Line line, Style style);

  int columns_, rows_;
  std::vector<Cell> cells_;
};

}  // namespace ferry::client
