// A pane: its frame with the place, the columns' names, the entries and what is marked.
#include <fmt/core.h>

#include <algorithm>

#include "client/model/draw.h"
#include "client/model/text.h"
#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

constexpr int kSizeColumns = 6, kShortDateColumns = 7, kLongDateColumns = 16, kModeColumns = 9;

// Where the columns of an entry are, within a row of `width`.
struct Columns {
  int name = 0, size = 0, date = 0, mode = 0;  // widths; 0: not there
};

Columns columns_of(const Layout& layout, int width) {
  Columns columns;
  columns.name = width - 1;  // mark
  if (layout.tier == Layout::Tier::tiny) return columns;
  columns.size = kSizeColumns;
  columns.date = layout.has_long_dates ? kLongDateColumns : kShortDateColumns;
  columns.mode = layout.has_modes ? kModeColumns : 0;
  columns.name -= columns.size + 1 + columns.date + 1 + (columns.mode > 0 ? columns.mode + 1 : 0);
  return columns;
}

std::string right(std::string_view text, int width) {
  const int used = display_width(text);
  return used >= width ? fit_columns(text, width)
                       : std::string(static_cast<std::size_t>(width - used), ' ') + std::string(text);
}

Role role_of(const FolderRow& row) {
  if (row.is_marked) return Role::marked;
  if (row.is_partial) return Role::partial;
  if (row.is_link) return Role::link;
  return row.is_folder ? Role::folder : Role::text;
}

std::string_view kind_mark(const FolderRow& row) {
  if (row.is_link) return "@";
  return row.is_folder ? "/" : "";
}

std::string size_of(const FolderRow& row) {
  if (row.is_folder) return tr("<DIR>");
  return row.size ? compact_size(*row.size) : "?";
}

std::string entry_text(const FolderRow& row, const Layout& layout, const Columns& columns, WallTime now) {
  std::string text = row.is_marked ? "*" : row.is_partial ? "p" : " ";
  text += fit_columns(std::string(kind_mark(row)) + terminal_safe(row.name), columns.name);
  if (columns.size == 0) return text;
  text += " " + right(size_of(row), columns.size) + " ";
  std::string date;
  if (row.modified) date = layout.has_long_dates ? long_date(*row.modified) : short_date(*row.modified, now);
  text += fit_columns(date, columns.date);
  if (columns.mode > 0) text += " " + (row.unix_mode ? mode_text(*row.unix_mode) : std::string(9, ' '));
  return text;
}

void draw_head(Canvas& canvas, const Layout& layout, const Rect& inner, const Columns& columns,
               const FolderView* view) {
  if (columns.size == 0) return;
  const auto named = [&](const char* name, SortKey key) {
    if (view == nullptr || view->sort_key() != key) return std::string(name);
    return name + std::string(view->is_descending() ? " v" : " ^");
  };
  std::string text =
      " " + fit_columns(named(tr("Name"), SortKey::name), columns.name) + " " +
      right(named(tr("Size"), SortKey::size), columns.size) + " " +
      fit_columns(named(layout.has_long_dates ? tr("Modified") : tr("Date"), SortKey::time), columns.date);
  if (columns.mode > 0) text += " " + fit_columns(tr("Mode"), columns.mode);
  canvas.put(inner.x, inner.y, text, {Role::title}, inner.columns);
}

// What the lower edge says: whole pieces, as many as there is room for.
std::string foot_of(const PaneScreen& pane, int room) {
  if (pane.view == nullptr) return "";
  std::vector<std::string> pieces;
  if (const auto marks = pane.view->marks(); marks.count > 0)
    pieces.push_back(fmt::format(fmt::runtime(tr("{} marked {}")), marks.count, compact_size(marks.bytes)));
  pieces.push_back(
      pane.view->size() == pane.view->total()
          ? fmt::format(fmt::runtime(tr("{} items")), pane.view->total())
          : fmt::format(fmt::runtime(tr("{} of {} items")), pane.view->size(), pane.view->total()));
  if (pane.free) pieces.push_back(fmt::format(fmt::runtime(tr("free {}")), compact_size(*pane.free)));
  std::string text = " ";
  for (const std::string& piece : pieces) {
    const std::string more = (text.size() > 1 ? " " : "") + piece + " ";
    if (display_width(text) + display_width(more) > room) break;
    text += more;
  }
  return text.size() > 1 ? text : "";
}

// After a while the server's silence is said, with what helps.
std::string waiting_text(std::chrono::milliseconds waited) {
  using namespace std::chrono_literals;
  constexpr std::string_view kSpinner = "|/-\\";
  if (waited < 150ms) return "";
  std::string text(1, kSpinner[static_cast<std::size_t>(waited / 150ms) % kSpinner.size()]);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(waited).count();
  if (waited >= 10s) {
    text += " " + fmt::format(fmt::runtime(tr("no answer for {} s")), seconds);
  } else if (waited >= 1s) {
    text += fmt::format(" {} s", seconds);
  }
  if (waited >= 2s) text += " " + std::string(tr("(Esc cancels)"));
  return text;
}

std::string title_of(const PaneScreen& pane, bool has_keys) {
  std::string place = pane.place;
  if (pane.view != nullptr && !pane.view->filter().empty()) place += " {" + pane.view->filter() + "}";
  return (has_keys ? "[" : " ") + terminal_safe(place) + (has_keys ? "]" : " ");
}

void draw_message(Canvas& canvas, const Rect& inner, const PaneScreen& pane) {
  std::string text;
  Role role = Role::dim;
  if (pane.state == PaneScreen::State::loading) text = waiting_text(pane.waited);
  if (pane.state == PaneScreen::State::failed || pane.state == PaneScreen::State::closed) text = pane.message;
  if (pane.state == PaneScreen::State::failed || pane.waited >= std::chrono::seconds(10)) role = Role::error;
  if (text.empty() || inner.rows <= 0) return;
  canvas.put(inner.x, inner.y + inner.rows - 1, fit_columns(" " + terminal_safe(text), inner.columns), {role},
             inner.columns);
}

}  // namespace

void draw_pane(Canvas& canvas, const Layout& layout, const ScreenModel& model, std::size_t number) {
  const Rect& rect = layout.panes[number];
  if (rect.rows <= 0) return;
  const PaneScreen& pane = model.panes[number];
  const bool has_keys = model.focus == Focus::panes && model.active_pane == number;
  const Role edge = has_keys ? Role::focus : Role::border;
  std::string title = title_of(pane, has_keys);
  if (layout.tier == Layout::Tier::one_pane) title += fmt::format(" {}/2 ", number + 1);
  Rect inner = rect;
  if (layout.tier == Layout::Tier::tiny) {
    canvas.put(rect.x, rect.y, fit_columns(title, rect.columns), {edge}, rect.columns);
    inner = {rect.x, rect.y + 1, rect.columns, rect.rows - 1};
  } else {
    canvas.frame(rect, {edge}, title);
    const int room = std::max(rect.columns - 4, 0);
    canvas.put(rect.x + 2, rect.y + rect.rows - 1, foot_of(pane, room), {edge}, room);
    inner = {rect.x + 1, rect.y + 1, rect.columns - 2, rect.rows - 2};
  }
  const Columns columns = columns_of(layout, inner.columns);
  draw_head(canvas, layout, inner, columns, pane.view);
  if (columns.size > 0) inner = {inner.x, inner.y + 1, inner.columns, inner.rows - 1};
  if (pane.view != nullptr) {
    for (int line = 0; line < inner.rows; ++line) {
      const std::size_t at = pane.first_row + static_cast<std::size_t>(line);
      if (at >= pane.view->size()) break;
      const FolderRow row = pane.view->row(at);
      const bool is_cursor = at == pane.view->cursor();
      Style style{role_of(row), is_cursor && has_keys, row.is_marked};
      std::string text = entry_text(row, layout, columns, model.now);
      if (is_cursor && !row.is_marked && !row.is_partial) text[0] = '>';
      canvas.put(inner.x, inner.y + line, text, style, inner.columns);
    }
  }
  draw_message(canvas, inner, pane);
}

}  // namespace ferry::client
