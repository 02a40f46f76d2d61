#include "client/queue/live.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

TEST(LiveProgress, IsReadBack) {
  LiveMap live;
  live[3] = {Phase::verifying, 10, 4, 20, 1, 2};
  live[1] = {};
  EXPECT_EQ(parse_live(format_live(live)), live);
}

TEST(LiveProgress, WhatCannotBeReadIsLeftOut) {
  EXPECT_TRUE(parse_live("").empty());
  EXPECT_TRUE(parse_live("{}\n[]\n{\"id\":\"x\"}\n\n{\"id\":0}\n{").empty());
  const LiveMap live = parse_live("nonsense\n{\"id\":5,\"done\":-3,\"total\":\"many\",\"phase\":7}\n");
  ASSERT_EQ(live.size(), 1U);
  EXPECT_EQ(live.at(5).done, 0);
  EXPECT_EQ(live.at(5).total, 0);
}

}  // namespace
}  // namespace ferry::client
