#include "client/line/queue_text.h"

#include <gtest/gtest.h>

#include "tests/support/queue_items.h"

namespace ferry::client {
namespace {

using test::full_item;
using test::some_item;

std::vector<QueueRow> rows_of(QueueItem item) {
  return {{std::make_shared<const QueueItem>(std::move(item)), std::nullopt}};
}

TEST(QueueText, ALineForProgramsHasFifteenFieldsAndNamesAsTheyAre) {
  EXPECT_EQ(queue_line({some_item("写真\x1b", 3), std::nullopt}),
            "3\twaiting\tup\t0\t0\t-\t0\t-\t0\t1970-01-01T00:00:00Z\takira@files.example.org:21\t-\t-\t/in/"
            "写真\x1b\t"
            "/home/akira/写真\x1b");
  const std::string full = queue_line({full_item(9), std::nullopt});
  EXPECT_NE(full.find("\tconflict\treset\t~/some/where\x80\t"), std::string::npos) << full;
}

TEST(QueueText, ATableIsSafeOnATerminal) {
  QueueItem item = some_item("bad\x1b[31m", 3);
  item.state = ItemState::failed;
  item.error = ItemError{Errc::no_space, "no \x1b room", 452};
  item.bytes_total = 2048;
  item.bytes_done = 1024;
  const std::string table = queue_table({{item, std::nullopt}});
  EXPECT_EQ(table.find('\x1b'), std::string::npos) << table;
  EXPECT_NE(table.find("50%"), std::string::npos) << table;
  EXPECT_NE(table.find("the server's disk is full: no \\x1b room"), std::string::npos) << table;
  item.error->reply_code = 0;
  EXPECT_NE(queue_table({{item, std::nullopt}}).find("the disk here is full"), std::string::npos);
  EXPECT_EQ(queue_table({}), "the queue is empty\n");
}

TEST(QueueText, WhatNobodyRunsDoesNotRun) {
  QueueItem item = some_item("a", 1);
  item.state = ItemState::running;
  const LiveMap live{{1, {Phase::verifying, 5, 0, 10, 0, 0}}};
  const auto alone = views_of(rows_of(item), false, live);
  EXPECT_EQ(alone[0].item.state, ItemState::waiting);
  EXPECT_EQ(alone[0].item.bytes_done, 5) << "so far it had come";
  EXPECT_FALSE(alone[0].live);
  const auto worked = views_of(rows_of(item), true, live);
  EXPECT_EQ(worked[0].item.state, ItemState::running);
  EXPECT_EQ(worked[0].live->phase, Phase::verifying);
  EXPECT_EQ(worked[0].item.bytes_total, 10);
}

TEST(QueueText, ReadsPriorities) {
  EXPECT_EQ(parse_priority("low"), -10);
  EXPECT_EQ(parse_priority("normal"), 0);
  EXPECT_EQ(parse_priority("high"), 10);
  EXPECT_EQ(parse_priority("-1000"), -1000);
  EXPECT_EQ(parse_priority("1000"), 1000);
  for (const char* wrong : {"", "-", "1001", "-1001", "x", "--1", "1.5"})
    EXPECT_FALSE(parse_priority(wrong)) << wrong;
}

TEST(QueueText, ReadsPlaces) {
  using To = Move::To;
  EXPECT_EQ(parse_move("first")->to, To::front);
  EXPECT_EQ(parse_move("last")->to, To::back);
  EXPECT_EQ(parse_move("up")->to, To::up);
  EXPECT_EQ(parse_move("down")->to, To::down);
  EXPECT_EQ(parse_move("before=12")->other, 12U);
  EXPECT_EQ(parse_move("behind=1")->to, To::behind);
  for (const char* wrong : {"", "before", "before=", "before=0", "behind=x", "front"})
    EXPECT_FALSE(parse_move(wrong)) << wrong;
}

}  // namespace
}  // namespace ferry::client
