#include "client/model/layout.h"

#include <algorithm>

namespace ferry::client {
namespace {

constexpr int kLeastColumns = 20, kLeastRows = 5;
constexpr int kFrameColumns = 50, kFrameRows = 14;  // from here on panes have frames
constexpr int kTwoPaneColumns = 72;
constexpr int kLongDateColumns = 100, kModeColumns = 140;
constexpr int kLargeColumns = 100, kLargeRows = 30;  // a log and the quota have room of their own

// Takes rows off the lower end of what is left.
Rect take_below(Rect& rest, int rows) {
  rows = std::clamp(rows, 0, rest.rows);
  rest.rows -= rows;
  return {rest.x, rest.y + rest.rows, rest.columns, rows};
}

Rect take_above(Rect& rest, int rows) {
  rows = std::clamp(rows, 0, rest.rows);
  const Rect taken{rest.x, rest.y, rest.columns, rows};
  rest.y += rows;
  rest.rows -= rows;
  return taken;
}

void split_panes(Layout& layout, const Rect& rest, std::size_t active) {
  if (layout.tier != Layout::Tier::two_panes) {
    layout.panes[active] = rest;
    return;
  }
  const int left = rest.columns / 2;
  layout.panes[0] = {rest.x, rest.y, left, rest.rows};
  layout.panes[1] = {rest.x + left, rest.y, rest.columns - left, rest.rows};
}

// The queue gets what it needs, up to a third of the screen; its head stays when it is empty, with a hint.
void place_queue(Layout& layout, Rect& rest, int screen_rows, const LayoutWish& wish) {
  if (layout.tier == Layout::Tier::tiny) {
    layout.total = take_below(rest, wish.queue_items > 0 ? 1 : 0);
    if (wish.is_queue_zoomed) layout.queue = take_below(rest, rest.rows);
    return;
  }
  const int most = wish.is_queue_zoomed ? rest.rows - 2 : std::max(1, screen_rows / 3 - 2);
  const int items = wish.is_queue_zoomed ? most : std::min(wish.queue_items, most);
  layout.total = take_below(rest, wish.queue_items > 0 ? 1 : 0);
  layout.queue = take_below(rest, wish.is_queue_zoomed ? rest.rows - 1 : items);
  layout.queue_head = take_below(rest, 1);
}

}  // namespace

Layout lay_out(int columns, int rows, const LayoutWish& wish) {
  Layout layout;
  if (columns < kLeastColumns || rows < kLeastRows) return layout;
  const bool has_frames = columns >= kFrameColumns && rows >= kFrameRows;
  layout.tier = !has_frames                 ? Layout::Tier::tiny
                : columns < kTwoPaneColumns ? Layout::Tier::one_pane
                                            : Layout::Tier::two_panes;
  layout.has_long_dates = columns >= kLongDateColumns;
  layout.has_modes = columns >= kModeColumns;
  const bool is_large = columns >= kLargeColumns && rows >= kLargeRows;
  Rect rest{0, 0, columns, rows};
  layout.status = take_above(rest, 1);
  layout.key_bar = take_below(rest, has_frames ? 1 : 0);
  if (wish.shows_log) {
    layout.log = rest;
    return layout;
  }
  if (!wish.is_queue_zoomed) layout.log = take_below(rest, is_large ? 5 : has_frames ? 1 : 0);
  place_queue(layout, rest, rows, wish);
  if (is_large && !wish.is_queue_zoomed) layout.quota = take_below(rest, 1);
  split_panes(layout, rest, std::min<std::size_t>(wish.active_pane, 1));
  return layout;
}

int rows_of_entries(const Layout& layout, const Rect& pane) {
  const int around = layout.tier == Layout::Tier::tiny ? 1 : 3;  // title; frame twice and the columns' names
  return std::max(0, pane.rows - around);
}

}  // namespace ferry::client
