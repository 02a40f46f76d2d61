// Which part of the screen lies where, at any size. Pure.
#pragma once

#include <array>
#include <cstddef>

#include "client/model/canvas.h"

namespace ferry::client {

struct LayoutWish {
  int queue_items = 0;  // how many rows the queue has
  bool is_queue_zoomed = false;
  bool shows_log = false;       // the whole screen's log
  std::size_t active_pane = 0;  // the one that is shown when there is room for one only
};

// A part without room has no rows. Together they cover the screen and never overlap.
struct Layout {
  enum class Tier {
    too_small,  // a message only
    tiny,       // one pane without a frame, names only, one line about all transfers
    one_pane,
    two_panes,
  };
  Tier tier = Tier::too_small;
  Rect status;
  std::array<Rect, 2> panes;  // with their frames, if they have some
  Rect quota;                 // a line of its own on large screens, else part of the status line
  Rect queue_head, queue, total;
  Rect log;  // with its head
  Rect key_bar;
  bool has_long_dates = false, has_modes = false;
};

Layout lay_out(int columns, int rows, const LayoutWish& wish);

// How many entries a pane of this size shows at once.
int rows_of_entries(const Layout& layout, const Rect& pane);

}  // namespace ferry::client
