#include "client/model/draw.h"

#include <fmt/core.h>

#include <algorithm>

#include "client/model/text.h"
#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

// " 1Help  2Sites": whole entries only; first those of F1 to F10, then single keys.
void draw_key_bar(Canvas& canvas, const Rect& rect, const ScreenModel& model, const KeyMap& keys) {
  if (rect.rows <= 0) return;
  int x = rect.x;
  for (const ActionRow& row : action_rows()) {
    const bool counts = row.focus == Focus::everywhere || row.focus == model.focus;
    const auto& bound = keys.keys_of(row.action);
    if (!counts || row.label.empty() || bound.empty()) continue;
    std::string key;
    for (const Key& part : bound.front()) key += key_text(part);
    if (key.size() > 1 && key.front() == 'F') key.erase(0, 1);  // "5Copy", as on the keys' own bar
    const std::string label = tr(std::string(row.label).c_str());
    const int width = 1 + display_width(key) + display_width(label);
    if (x + width > rect.x + rect.columns) continue;
    x += canvas.put(x, rect.y, " ", {});
    x += canvas.put(x, rect.y, key, {Role::key, false, true});
    x += canvas.put(x, rect.y, label, {Role::key, true});
  }
}

std::optional<Drawing::Point> draw_prompt(Canvas& canvas, const Rect& rect, const PromptScreen& prompt) {
  const int y = rect.y + std::max(rect.rows, 1) - 1;
  canvas.fill({rect.x, y, rect.columns, 1}, {});
  const std::string before = terminal_safe(std::string_view(prompt.text).substr(0, prompt.cursor));
  const std::string after = terminal_safe(std::string_view(prompt.text).substr(prompt.cursor));
  int x = rect.x + canvas.put(rect.x, y, prompt.label, {Role::title}, rect.columns);
  const int room = rect.x + rect.columns - x - 1;
  if (room <= 0) return std::nullopt;
  // The end of what was typed stays in sight.
  std::string_view shown = before;
  while (display_width(shown) > room)
    shown.remove_prefix(std::max<std::size_t>(terminal_cells(shown).front().bytes.size(), 1));
  x += canvas.put(x, y, shown, {Role::field}, room);
  canvas.put(x, y, after, {Role::field}, rect.x + rect.columns - x);
  return Drawing::Point{x, y};
}

// Word by word, so that it can be read in any corner.
void draw_too_small(Canvas& canvas, int columns, int rows) {
  const std::string text = fmt::format(fmt::runtime(tr("terminal too small ({}x{})")), columns, rows);
  int x = 0, y = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = std::string_view(text).substr(at, end - at);
    if (x > 0 && x + display_width(word) > columns) {
      x = 0;
      ++y;
    }
    x += canvas.put(x, y, word, {Role::warning}) + 1;
    at = end + 1;
  }
}

// The longest that fits `room`, "" if none does.
std::string quota_text(Bytes used, Bytes quota, int room) {
  const auto bar = [&](int width) {
    std::string cells = bar_text(std::min(used, quota), 0, quota, width);
    std::ranges::replace(cells, '>', '-');
    std::ranges::replace(cells, '.', '-');
    return "[" + cells + "] ";
  };
  const std::string amount = compact_size(used) + "/" + compact_size(quota),
                    percent = percent_text(used, quota);
  const std::string word = std::string(tr("quota")) + " ";
  for (const std::string& text : {word + bar(40) + amount + percent, word + bar(10) + amount + percent,
                                  bar(10) + amount + percent, amount + percent, percent}) {
    if (display_width(text) <= room) return text;
  }
  return "";
}

void draw_pager(Canvas& canvas, const PagerScreen& pager) {
  const int rows = canvas.rows();
  canvas.fill({0, 0, canvas.columns(), rows}, {});
  const std::string position =
      fmt::format(" {}/{} ", std::min(pager.first + 1, pager.lines.size()), pager.lines.size());
  canvas.put(0, 0, fit_columns(" " + terminal_safe(pager.title), canvas.columns()), {Role::title, true});
  canvas.put(canvas.columns() - display_width(position), 0, position, {Role::title, true});
  for (int y = 1; y < rows - 1; ++y) {
    const std::size_t at = pager.first + static_cast<std::size_t>(y - 1);
    if (at < pager.lines.size()) canvas.put(0, y, terminal_safe(pager.lines[at]), {});
  }
  canvas.put(0, rows - 1, tr(" Esc closes; arrows, PgUp, PgDn, Home and End move"), {Role::key, true});
}

}  // namespace

void draw_status(Canvas& canvas, const Layout& layout, const ScreenModel& model) {
  const StatusScreen& status = model.status;
  const Rect& rect = layout.status;
  std::string left = " ferry";
  if (!status.site.empty()) left += "  " + terminal_safe(status.user + "@" + status.site) + "  ";
  canvas.fill(rect, {Role::title, true});
  int x = canvas.put(rect.x, rect.y, left, {Role::title, true}, rect.columns);
  x += canvas.put(x, rect.y, terminal_safe(status.security),
                  {status.is_warning ? Role::warning : Role::title, true}, rect.columns - x);
  if (!status.used || !status.quota || *status.quota <= 0) return;
  const bool has_own_line = layout.quota.rows > 0;
  const bool is_nearly_full = *status.used >= *status.quota / 10 * 9;
  const Style style{is_nearly_full ? Role::warning : Role::title, !has_own_line};
  const Rect& place = has_own_line ? layout.quota : rect;
  const std::string gauge =
      quota_text(*status.used, *status.quota, has_own_line ? place.columns - 1 : rect.columns - x - 2);
  const int width = display_width(gauge);
  canvas.put(has_own_line ? 1 : rect.columns - width - 1, place.y, gauge, style, width);
}

void draw_log(Canvas& canvas, const Rect& rect, const ScreenModel& model) {
  if (rect.rows <= 0) return;
  Rect lines = rect;
  if (rect.rows > 1) {
    const std::string head =
        "-" + std::string(tr("Log")) + std::string(static_cast<std::size_t>(rect.columns), '-');
    canvas.put(rect.x, rect.y, head, {model.focus == Focus::log ? Role::focus : Role::border}, rect.columns);
    lines = {rect.x, rect.y + 1, rect.columns, rect.rows - 1};
  }
  const std::size_t back = model.shows_log ? std::min(model.log_back, model.log.size()) : 0;
  const std::size_t end = model.log.size() - back;
  const std::size_t count = std::min(end, static_cast<std::size_t>(lines.rows));
  for (std::size_t i = 0; i < count; ++i) {
    const LogLine& line = model.log[end - count + i];
    canvas.put(lines.x, lines.y + static_cast<int>(i),
               " " + time_of_day(line.when) + " " + terminal_safe(line.text),
               {line.is_error ? Role::error : Role::dim}, lines.columns);
  }
}

Layout layout_of(const ScreenModel& model, int columns, int rows) {
  return lay_out(columns, rows,
                 {static_cast<int>(std::min<std::size_t>(model.queue.size(), 10'000)), model.is_queue_zoomed,
                  model.shows_log, model.active_pane});
}

Drawing draw_screen(const ScreenModel& model, int columns, int rows, const KeyMap& keys) {
  Drawing drawing{Canvas(columns, rows), std::nullopt};
  Canvas& canvas = drawing.canvas;
  const Layout layout = layout_of(model, columns, rows);
  if (layout.tier == Layout::Tier::too_small) {
    draw_too_small(canvas, columns, rows);
    return drawing;
  }
  if (model.pager) {
    draw_pager(canvas, *model.pager);
    if (model.dialog) drawing.cursor = draw_dialog(canvas, *model.dialog);
    return drawing;
  }
  draw_status(canvas, layout, model);
  for (std::size_t pane = 0; pane < model.panes.size(); ++pane) draw_pane(canvas, layout, model, pane);
  draw_queue(canvas, layout, model, keys);
  draw_log(canvas, layout.log, model);
  draw_key_bar(canvas, layout.key_bar, model, keys);
  if (model.prompt) {
    const Rect last{0, rows - 1, columns, 1};
    drawing.cursor = draw_prompt(canvas, last, *model.prompt);
  }
  if (model.dialog) drawing.cursor = draw_dialog(canvas, *model.dialog);
  return drawing;
}

}  // namespace ferry::client
