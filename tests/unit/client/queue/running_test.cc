#include "client/queue/running.h"

#include <gtest/gtest.h>

#include "tests/support/queue_items.h"

namespace ferry::client {
namespace {

using test::some_item;

TEST(Running, AnItemIsMovedByOneAndADestinationWrittenByOne) {
  Running running;
  Cancel cancel;
  auto first = running.enter(some_item("a", 1), cancel, true);
  ASSERT_TRUE(first);
  EXPECT_FALSE(running.enter(some_item("a", 1), cancel, true));
  EXPECT_FALSE(running.enter(some_item("a", 2), cancel, true)) << "the same destination";
  EXPECT_FALSE(running.is_free(some_item("a", 2)));
  QueueItem elsewhere = some_item("a", 3);
  elsewhere.site.host = "another.example.org";
  EXPECT_TRUE(running.enter(elsewhere, cancel, true));
  QueueItem down = some_item("a", 4);
  down.direction = Direction::down;
  EXPECT_TRUE(running.enter(down, cancel, true));
  first.reset();
  EXPECT_TRUE(running.enter(some_item("a", 2), cancel, true));
}

TEST(Running, StopsTheOneThatIsMeant) {
  Running running;
  Cancel a, b, tidying;
  a.request();  // of the item before
  const auto first = running.enter(some_item("a", 1), a, true);
  const auto second = running.enter(some_item("b", 2), b, true);
  const auto third = running.enter(some_item("c", 3), tidying, false);
  EXPECT_FALSE(a.requested());
  EXPECT_EQ(running.moving(), (std::vector<QueueId>{1, 2}));
  running.stop(1);
  running.stop(3);
  running.stop(9);
  EXPECT_TRUE(a.requested());
  EXPECT_FALSE(b.requested() || tidying.requested());
}

TEST(Running, NobodyBeginsAfterTheEnd) {
  Running running;
  Cancel a, b;
  const auto first = running.enter(some_item("a", 1), a, true);
  running.stop_all();
  EXPECT_TRUE(a.requested());
  EXPECT_FALSE(running.enter(some_item("b", 2), b, true));
}

}  // namespace
}  // namespace ferry::client
