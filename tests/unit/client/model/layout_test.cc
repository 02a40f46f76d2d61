#include "client/model/layout.h"

#include <gtest/gtest.h>

#include <vector>

namespace ferry::client {
namespace {

std::vector<Rect> parts(const Layout& layout) {
  return {layout.status, layout.panes[0], layout.panes[1], layout.quota,  layout.queue_head,
          layout.queue,  layout.total,    layout.log,      layout.key_bar};
}

TEST(Layout, CoversEveryScreenOnceWhateverItsSize) {
  for (int columns = 1; columns <= 200; columns += 3) {
    for (int rows = 1; rows <= 70; ++rows) {
      for (const int items : {0, 1, 7, 500}) {
        for (const bool is_zoomed : {false, true}) {
          const Layout layout = lay_out(columns, rows, {items, is_zoomed, false, 1});
          if (layout.tier == Layout::Tier::too_small) continue;
          std::vector<int> times(static_cast<std::size_t>(columns * rows));
          for (const Rect& part : parts(layout)) {
            for (int y = part.y; y < part.y + part.rows; ++y)
              for (int x = part.x; x < part.x + part.columns; ++x)
                ++times.at(static_cast<std::size_t>(y * columns + x));
          }
          for (const int count : times)
            ASSERT_EQ(count, 1) << columns << "x" << rows << ", " << items << (is_zoomed ? ", zoomed" : "");
        }
      }
    }
  }
}

TEST(Layout, HasTiers) {
  EXPECT_EQ(lay_out(19, 24, {}).tier, Layout::Tier::too_small);
  EXPECT_EQ(lay_out(80, 4, {}).tier, Layout::Tier::too_small);
  EXPECT_EQ(lay_out(20, 5, {}).tier, Layout::Tier::tiny);
  EXPECT_EQ(lay_out(49, 24, {}).tier, Layout::Tier::tiny);
  EXPECT_EQ(lay_out(71, 24, {}).tier, Layout::Tier::one_pane);
  EXPECT_EQ(lay_out(72, 24, {}).tier, Layout::Tier::two_panes);
  EXPECT_FALSE(lay_out(99, 40, {}).has_long_dates);
  EXPECT_TRUE(lay_out(120, 40, {}).has_long_dates);
  EXPECT_TRUE(lay_out(200, 60, {}).has_modes);
}

TEST(Layout, ShowsThePaneThatIsActiveWhenThereIsRoomForOne) {
  const Layout layout = lay_out(60, 20, {0, false, false, 1});
  EXPECT_EQ(layout.panes[0].rows, 0);
  EXPECT_GT(layout.panes[1].rows, 10);
}

TEST(Layout, GivesTheQueueAThirdAtMostOrAll) {
  EXPECT_EQ(lay_out(80, 24, {3, false, false, 0}).queue.rows, 3);
  const Layout full = lay_out(80, 24, {500, false, false, 0});
  EXPECT_EQ(full.queue.rows + full.queue_head.rows + full.total.rows, 8);
  EXPECT_GE(full.panes[0].rows, 10);
  EXPECT_EQ(lay_out(80, 24, {0, false, false, 0}).queue_head.rows, 1);
  const Layout zoomed = lay_out(80, 24, {5, true, false, 0});
  EXPECT_EQ(zoomed.panes[0].rows, 0);
  EXPECT_EQ(zoomed.queue.rows, 20);
}

TEST(Layout, TheLogTakesTheScreen) {
  const Layout layout = lay_out(80, 24, {5, false, true, 0});
  EXPECT_EQ(layout.log.rows, 22);
  EXPECT_EQ(layout.queue.rows, 0);
}

}  // namespace
}  // namespace ferry::client
