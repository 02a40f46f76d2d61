// A dialog: a box in the middle of the screen.
#include <algorithm>

#include "client/model/draw.h"
#include "client/model/text.h"
#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

constexpr int kWidest = 76, kNarrowest = 30;

// Text in lines of `width`, broken at blanks where there are some.
std::vector<std::string> wrap(const std::string& safe, int width) {
  std::vector<std::string> lines;
  std::string line;
  int used = 0;
  std::size_t blank = std::string::npos;
  for (const TerminalCell& cell : terminal_cells(safe)) {
    if (used + cell.width > width) {
      const bool at_blank = blank != std::string::npos && blank > 0;
      std::string rest = at_blank ? line.substr(blank + 1) : "";
      lines.push_back(at_blank ? line.substr(0, blank) : line);
      line = std::move(rest);
      used = display_width(line);
      blank = std::string::npos;
    }
    if (cell.bytes == " ") blank = line.size();
    line += cell.bytes;
    used += cell.width;
  }
  lines.push_back(line);
  return lines;
}

std::vector<std::string> wrapped_lines(const DialogScreen& dialog, int width) {
  std::vector<std::string> all;
  for (const std::string& line : dialog.lines) {
    for (std::string& piece : wrap(terminal_safe(line), width)) all.push_back(std::move(piece));
  }
  return all;
}

int content_width(const DialogScreen& dialog) {
  int width = std::max(kNarrowest, display_width(terminal_safe(dialog.title)) + 6);
  const auto take = [&](int columns) { width = std::max(width, columns); };
  for (const std::string& line : dialog.lines) take(display_width(terminal_safe(line)));
  for (const std::string& line : dialog.list) take(display_width(terminal_safe(line)) + 2);
  for (const DialogField& field : dialog.fields) take(display_width(field.label) + 32);
  int buttons = 0;
  for (const std::string& button : dialog.buttons) buttons += display_width(button) + 5;
  take(buttons);
  return std::min(width, kWidest);
}

// The part of a field's text around its cursor, `width` columns; where the cursor is in it.
std::pair<std::string, int> field_text(const DialogField& field, int width) {
  std::string before = field.text.substr(0, field.cursor), after = field.text.substr(field.cursor);
  if (field.is_secret) {
    const auto stars = [](const std::string& text) {
      return std::string(terminal_cells(terminal_safe(text)).size(), '*');
    };
    before = stars(before);
    after = stars(after);
  }
  before = terminal_safe(before);
  while (display_width(before) >= width)
    before.erase(0, std::max<std::size_t>(terminal_cells(before).front().bytes.size(), 1));
  const int cursor = display_width(before);
  std::string text = before;
  after = terminal_safe(after);
  for (const TerminalCell& cell : terminal_cells(after)) {
    if (display_width(text) + cell.width > width) break;
    text += cell.bytes;
  }
  return {text, cursor};
}

class DialogDrawing {
 public:
  DialogDrawing(Canvas& canvas, const DialogScreen& dialog) : canvas_(canvas), dialog_(dialog) {}

  std::optional<Drawing::Point> draw() {
    const int width = std::min(content_width(dialog_), canvas_.columns() - 4);
    if (width < 8 || canvas_.rows() < 3) return std::nullopt;
    const auto lines = wrapped_lines(dialog_, width);
    // On a small screen the lines give way first, then the blank row above the buttons.
    const int button_rows = dialog_.buttons.empty() ? 0 : 1;
    const int needed = static_cast<int>(dialog_.fields.size()) + button_rows + 2;
    has_gap_ = button_rows > 0 && needed < canvas_.rows();
    const int fixed = needed + (has_gap_ ? 1 : 0);
    const int room = canvas_.rows() - fixed;
    const int line_rows = std::clamp(static_cast<int>(lines.size()), 0, std::max(room, 0));
    const int list_rows = std::clamp(static_cast<int>(dialog_.list.size()), 0, std::max(room - line_rows, 0));
    const int rows = std::min(fixed + line_rows + list_rows, canvas_.rows());
    const Rect box{(canvas_.columns() - width - 4) / 2, (canvas_.rows() - rows) / 2, width + 4, rows};
    canvas_.fill(box, {});
    canvas_.frame(box, {dialog_.is_warning ? Role::warning : Role::focus},
                  " " + terminal_safe(dialog_.title) + " ");
    inner_ = {box.x + 2, box.y + 1, width, rows - 2};
    for (int i = 0; i < line_rows; ++i) put_line(lines[static_cast<std::size_t>(i)], {});
    draw_fields();
    draw_list(list_rows);
    draw_buttons();
    return cursor_;
  }

 private:
  void put_line(const std::string& safe, Style style) {
    canvas_.put(inner_.x, inner_.y++, fit_columns(safe, inner_.columns), style, inner_.columns);
  }

  void draw_fields() {
    int label_columns = 0;
    for (const DialogField& field : dialog_.fields)
      label_columns = std::max(label_columns, display_width(field.label));
    const int room = inner_.columns - label_columns - 1;
    for (std::size_t i = 0; i < dialog_.fields.size() && room > 2; ++i) {
      const DialogField& field = dialog_.fields[i];
      const auto [text, cursor] = field_text(field, room);
      canvas_.put(inner_.x, inner_.y, fit_columns(field.label, label_columns), {});
      std::string shown = text + std::string(static_cast<std::size_t>(room - display_width(text)), '_');
      canvas_.put(inner_.x + label_columns + 1, inner_.y, shown, {Role::field, dialog_.focus == i}, room);
      if (dialog_.focus == i) cursor_ = Drawing::Point{inner_.x + label_columns + 1 + cursor, inner_.y};
      ++inner_.y;
    }
  }

  void draw_list(int rows) {
    const bool has_keys = dialog_.focus == dialog_.fields.size();
    for (int i = 0; i < rows; ++i) {
      const std::size_t at = dialog_.first_row + static_cast<std::size_t>(i);
      if (at >= dialog_.list.size()) break;
      const bool is_cursor = at == dialog_.list_cursor;
      put_line((is_cursor ? "> " : "  ") + terminal_safe(dialog_.list[at]),
               {Role::text, is_cursor && has_keys});
    }
  }

  void draw_buttons() {
    if (dialog_.buttons.empty()) return;
    if (has_gap_) ++inner_.y;
    const std::size_t first = dialog_.fields.size() + (dialog_.list.empty() ? 0 : 1);
    std::vector<std::string> texts;
    std::size_t chosen = 0;
    for (std::size_t i = 0; i < dialog_.buttons.size(); ++i) {
      const bool has_keys = dialog_.focus == first + i;
      if (has_keys) chosen = i;
      texts.push_back((has_keys ? "< " : "[ ") + dialog_.buttons[i] + (has_keys ? " >" : " ]"));
    }
    // Where they do not fit the one with the keys is in sight.
    const auto width = [&](std::size_t from) {
      int columns = -1;
      for (std::size_t i = from; i < texts.size(); ++i) columns += display_width(texts[i]) + 1;
      return columns;
    };
    std::size_t at = 0;
    while (at < chosen && width(at) > inner_.columns) ++at;
    int x = inner_.x + std::max(0, (inner_.columns - width(at)) / 2);
    for (; at < texts.size(); ++at) {
      const int room = inner_.x + inner_.columns - x;
      if (room <= 0) break;
      x += canvas_.put(x, inner_.y, texts[at], {Role::key, dialog_.focus == first + at}, room) + 1;
    }
    ++inner_.y;
  }

  Canvas& canvas_;
  const DialogScreen& dialog_;
  Rect inner_;
  bool has_gap_ = false;
  std::optional<Drawing::Point> cursor_;
};

}  // namespace

std::optional<Drawing::Point> draw_dialog(Canvas& canvas, const DialogScreen& dialog) {
  return DialogDrawing(canvas, dialog).draw();
}

}  // namespace ferry::client
