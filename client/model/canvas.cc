#include "client/model/canvas.h"

#include <algorithm>

#include "shared/base/terminal_text.h"

namespace ferry::client {

Canvas::Canvas(int columns, int rows)
    : columns_(std::max(columns, 0)),
      rows_(std::max(rows, 0)),
      cells_(static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows_)) {}

// A wide character of which one half is overwritten is gone.
void Canvas::set(int x, int y, std::string bytes, Style style, Line line) {
  Cell& cell = cells_[index(x, y)];
  if (cell.bytes.empty() && x > 0) cells_[index(x - 1, y)].bytes = " ";
  if (x + 1 < columns_ && !cell.bytes.empty() && cells_[index(x + 1, y)].bytes.empty())
    cells_[index(x + 1, y)].bytes = " ";
  cell = {std::move(bytes), style, line};
}

int Canvas::put(int x, int y, std::string_view safe, Style style, int columns) {
  if (y < 0 || y >= rows_) return 0;
  const int begin = x;
  const int end = std::min(columns_, x + columns);
  for (const TerminalCell& cell : terminal_cells(safe)) {
    const int width = std::max(cell.width, 1);
    if (x >= end) break;
    if (width == 2 && (x < 0 || x + 1 >= end)) {  // half of it would be outside
      if (x >= 0) set(x, y, " ", style, Line::none);
      if (x + 1 >= 0 && x + 1 < end) set(x + 1, y, " ", style, Line::none);
    } else if (x >= 0) {
      set(x, y, cell.width == 0 ? " " + std::string(cell.bytes) : std::string(cell.bytes), style, Line::none);
      if (width == 2) set_tail(x + 1, y, style);
    }
    x += width;
  }
  return std::min(x, std::max(end, begin)) - begin;
}

void Canvas::set_tail(int x, int y, Style style) {
  set(x, y, " ", style, Line::none);
  cells_[index(x, y)].bytes.clear();
}

void Canvas::fill(const Rect& rect, Style style) {
  for (int y = rect.y; y < rect.y + rect.rows; ++y) {
    for (int x = rect.x; x < rect.x + rect.columns; ++x) {
      if (is_inside(x, y)) set(x, y, " ", style, Line::none);
    }
  }
}

void Canvas::restyle(const Rect& rect, Style style) {
  for (int y = rect.y; y < rect.y + rect.rows; ++y) {
    for (int x = rect.x; x < rect.x + rect.columns; ++x) {
      if (is_inside(x, y)) cells_[index(x, y)].style = style;
    }
  }
}

void Canvas::line(int x, int y, Line line, Style style) {
  if (!is_inside(x, y)) return;
  const bool is_corner = line != Line::horizontal && line != Line::vertical;
  set(x, y, is_corner ? "+" : line == Line::horizontal ? "-" : "|", style, line);
}

void Canvas::frame(const Rect& rect, Style style, std::string_view title) {
  if (rect.columns < 2 || rect.rows < 2) return;
  const int right = rect.x + rect.columns - 1, bottom = rect.y + rect.rows - 1;
  for (int x = rect.x + 1; x < right; ++x) {
    line(x, rect.y, Line::horizontal, style);
    line(x, bottom, Line::horizontal, style);
  }
  for (int y = rect.y + 1; y < bottom; ++y) {
    line(rect.x, y, Line::vertical, style);
    line(right, y, Line::vertical, style);
  }
  line(rect.x, rect.y, Line::upper_left, style);
  line(right, rect.y, Line::upper_right, style);
  line(rect.x, bottom, Line::lower_left, style);
  line(right, bottom, Line::lower_right, style);
  const int room = rect.columns - 4;
  if (title.empty() || room <= 0) return;
  const int width = display_width(title);
  put(rect.x + 2, rect.y, width <= room ? std::string(title) : fit_columns(title, room), style, room);
}

std::string Canvas::row_text(int y) const {
  std::string text;
  for (int x = 0; x < columns_; ++x) text += at(x, y).bytes;
  return text;
}

}  // namespace ferry::client
