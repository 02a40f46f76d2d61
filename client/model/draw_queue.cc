// The queue: a row with a bar for each item, one for all of them.
#include <fmt/core.h>

#include <algorithm>

#include "client/model/draw.h"
#include "client/model/text.h"
#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

struct StateLook {
  char mark;
  Role role;
};

StateLook look_of(TransferRowState state) {
  switch (state) {
    case TransferRowState::waiting:
      return {'.', Role::dim};
    case TransferRowState::running:
      return {'>', Role::text};
    case TransferRowState::comparing:
    case TransferRowState::confirming:
    case TransferRowState::verifying:
      return {'?', Role::text};
    case TransferRowState::asks:
      return {'?', Role::warning};
    case TransferRowState::stalled:
    case TransferRowState::retrying:
      return {'~', Role::warning};
    case TransferRowState::paused:
      return {'|', Role::dim};
    case TransferRowState::failed:
      return {'!', Role::error};
    case TransferRowState::done:
      return {'+', Role::good};
  }
  return {' ', Role::text};
}

// Instead of a bar; "" while bytes move.
std::string state_text(const TransferRow& row) {
  const auto seconds = row.waited.count();
  switch (row.state) {
    case TransferRowState::comparing:
      return tr("comparing");
    case TransferRowState::confirming:
      return fmt::format(fmt::runtime(tr("waiting for the server {} s")), seconds);
    case TransferRowState::verifying:
      return tr("verifying");
    case TransferRowState::stalled:
      return fmt::format(fmt::runtime(tr("stalled {} s")), seconds);
    case TransferRowState::retrying:
      return fmt::format(fmt::runtime(tr("again in {} s")), seconds);
    case TransferRowState::asks:
      return row.note.empty() ? tr("asks") : row.note;
    case TransferRowState::failed:
      return row.note.empty() ? tr("failed") : row.note;
    case TransferRowState::paused:
      return tr("paused");
    default:
      return "";
  }
}

std::string centred(const std::string& text, int width) {
  const int used = display_width(text);
  if (used >= width) return fit_columns(text, width);
  const auto left = static_cast<std::size_t>((width - used) / 2);
  return fit_columns(std::string(left, ' ') + text, width);
}

std::string amount(Bytes done, std::optional<Bytes> total) {
  return total ? compact_size(done) + "/" + compact_size(*total) : compact_size(done);
}

// Behind the bar, in columns of fixed width so that nothing jumps.
std::string behind(Bytes done, std::optional<Bytes> total, std::optional<Bytes> rate,
                   std::chrono::seconds left) {
  const std::string rate_text = rate ? compact_size(*rate) + "/s" : "";
  const std::string left_text = left.count() >= 0 ? clock_for_people(left) : "";
  return fmt::format(" {} {:>11} {:>7} {:>7}", percent_text(done, total), amount(done, total), rate_text,
                     left_text);
}

constexpr int kBehindColumns = 1 + 4 + 1 + 11 + 1 + 7 + 1 + 7;
constexpr int kFewestForBar = 56;
constexpr int kWidestBar = 60;

// The bar's three parts in their colours, from `x` on.
void put_bar(Canvas& canvas, int x, int y, const std::string& bar, bool is_reverse) {
  for (std::size_t at = 0; at < bar.size();) {
    const std::size_t end = std::min(bar.find_first_not_of(bar[at], at), bar.size());
    const Role role = bar[at] == '=' ? Role::bar_before : bar[at] == '.' ? Role::dim : Role::bar_moved;
    canvas.put(x + static_cast<int>(at), y, std::string_view(bar).substr(at, end - at), {role, is_reverse});
    at = end;
  }
}

// Where there is no room for a bar: the name, and what is most worth knowing.
void draw_narrow_row(Canvas& canvas, const Rect& at, const TransferRow& row, bool is_cursor) {
  const StateLook look = look_of(row.state);
  std::string end = state_text(row);
  if (end.empty()) end = percent_text(row.done, row.total);
  end = terminal_safe(end);
  const int end_columns = std::min(display_width(end), at.columns / 2);
  std::string text{row.is_upload ? '^' : 'v', look.mark, ' '};
  text += fit_columns(terminal_safe(row.name), at.columns - 4 - end_columns) + " " +
          fit_columns(end, end_columns);
  canvas.put(at.x, at.y, text, {look.role, is_cursor}, at.columns);
}

void draw_row(Canvas& canvas, const Rect& at, const TransferRow& row, bool is_cursor) {
  if (at.columns < kFewestForBar) return draw_narrow_row(canvas, at, row, is_cursor);
  const StateLook look = look_of(row.state);
  const int bar_room = at.columns - 3 - kBehindColumns - 1;
  const int name_columns = std::clamp(bar_room / 2, 4, 40);
  const int bar = std::min(bar_room - name_columns - 2, kWidestBar);
  std::string text{row.is_upload ? '^' : 'v', look.mark, ' '};
  text += fit_columns(terminal_safe(row.name), name_columns);
  canvas.put(at.x, at.y, fit_columns(text, at.columns), {look.role, is_cursor}, at.columns);
  const int x = at.x + 3 + name_columns + 1;
  const std::string instead = state_text(row);
  canvas.put(x, at.y, "[", {look.role, is_cursor});
  if (instead.empty()) {
    put_bar(canvas, x + 1, at.y, bar_text(row.done, row.resumed, row.total, bar), is_cursor);
  } else {
    canvas.put(x + 1, at.y, centred(terminal_safe(instead), bar), {look.role, is_cursor}, bar);
  }
  canvas.put(x + 1 + bar, at.y, "]" + behind(row.done, row.total, row.rate, row.left),
             {look.role, is_cursor});
}

void draw_total(Canvas& canvas, const Rect& at, const QueueTotals& totals) {
  const std::string what = fmt::format("== {} {}/{} ", tr("TOTAL"), totals.files_done, totals.files);
  const int bar = std::min(at.columns - display_width(what) - 2 - kBehindColumns, 2 * kWidestBar);
  if (bar < 3) {
    const std::string text = what + percent_text(totals.done, totals.total);
    canvas.put(at.x, at.y, fit_columns(text, at.columns), {Role::title}, at.columns);
    return;
  }
  int x = at.x + canvas.put(at.x, at.y, what + "[", {Role::title});
  put_bar(canvas, x, at.y, bar_text(totals.done, totals.resumed, totals.total, bar), false);
  canvas.put(x + bar, at.y, "]" + behind(totals.done, totals.total, totals.rate, totals.left), {Role::title});
}

std::string head_text(const ScreenModel& model) {
  if (model.queue.empty()) return std::string(tr("Queue")) + " " + tr("empty: F5 copies to the other pane");
  const QueueTotals& totals = model.totals;
  std::string text = std::string(tr("Queue")) + " " +
                     fmt::format(fmt::runtime(tr("{} active, {} waiting")), totals.running, totals.waiting);
  if (totals.asking > 0) text += fmt::format(fmt::runtime(tr(", {} asking")), totals.asking);
  if (totals.failed > 0) text += fmt::format(fmt::runtime(tr(", {} failed")), totals.failed);
  return text;
}

}  // namespace

void draw_queue(Canvas& canvas, const Layout& layout, const ScreenModel& model, const KeyMap& keys) {
  const bool has_keys = model.focus == Focus::queue;
  if (const Rect& head = layout.queue_head; head.rows > 0) {
    const Style style{has_keys ? Role::focus : Role::border};
    std::string text = "-" + head_text(model);
    const std::string hint =
        fmt::format(" {} {} ", keys.keys_text(KeyAction::focus_queue), tr("to the queue"));
    const int room = head.columns - display_width(hint) - 1;
    if (display_width(text) < room) {
      text += std::string(static_cast<std::size_t>(room - display_width(text)), '-') + hint + "-";
    }
    canvas.put(head.x, head.y, fit_columns(text, head.columns), style, head.columns);
  }
  for (int line = 0; line < layout.queue.rows; ++line) {
    const std::size_t at = model.queue_first + static_cast<std::size_t>(line);
    if (at >= model.queue.size()) break;
    const Rect row{layout.queue.x, layout.queue.y + line, layout.queue.columns, 1};
    draw_row(canvas, row, model.queue[at], has_keys && at == model.queue_cursor);
  }
  if (layout.total.rows > 0) draw_total(canvas, layout.total, model.totals);
}

}  // namespace ferry::client
