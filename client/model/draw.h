// Cells for a model: what the full-screen client looks like at a size. Pure, apart from the local time zone.
#pragma once

#include <optional>
#include <string>

#include "client/model/canvas.h"
#include "client/model/key_map.h"
#include "client/model/layout.h"
#include "client/model/screen.h"

namespace ferry::client {

struct Drawing {
  Canvas canvas;
  struct Point {
    int x = 0, y = 0;
  };
  std::optional<Point> cursor;  // where text is typed
};

Drawing draw_screen(const ScreenModel& model, int columns, int rows, const KeyMap& keys);

// What draw_screen() will use; for the rows that a page has.
Layout layout_of(const ScreenModel& model, int columns, int rows);

// --- the parts; internal to client/model ---

void draw_pane(Canvas& canvas, const Layout& layout, const ScreenModel& model, std::size_t pane);
void draw_queue(Canvas& canvas, const Layout& layout, const ScreenModel& model, const KeyMap& keys);
void draw_status(Canvas& canvas, const Layout& layout, const ScreenModel& model);
void draw_log(Canvas& canvas, const Rect& rect, const ScreenModel& model);
std::optional<Drawing::Point> draw_dialog(Canvas& canvas, const DialogScreen& dialog);

}  // namespace ferry::client
