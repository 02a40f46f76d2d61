#include "client/engine/account.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

TEST(Quota, IsReadFromFerrydsWords) {
  const auto quota = parse_quota(
      {200, {"Quota of akira", "Bytes used: 5 of 100, left 95", "Files used: 1 of unlimited", "End"}});
  ASSERT_TRUE(quota);
  EXPECT_EQ(quota->bytes.used, 5);
  EXPECT_EQ(quota->bytes.quota, 100);
  EXPECT_EQ(quota->bytes.left, 95);
  ASSERT_TRUE(quota->files);
  EXPECT_EQ(quota->files->used, 1);
  EXPECT_FALSE(quota->files->quota);
  EXPECT_FALSE(quota->files->left);
}

TEST(Quota, LeavesNothingWhereMoreIsUsedThanAllowed) {
  const auto quota = parse_quota({200, {"Bytes used: 7 of 5, left 0", "Files used: 9 of 5"}});
  ASSERT_TRUE(quota);
  EXPECT_EQ(quota->bytes.left, 0);
  EXPECT_EQ(quota->files->left, 0);
}

TEST(Quota, OfAnotherServerIsNotGuessed) {
  for (const char* line : {"The current quota for this session are [current/limit]:",
                           "Bytes used: many of 100", "Bytes used: 5", "Bytes used: 5 of some", ""}) {
    const auto quota = parse_quota({200, {line}});
    ASSERT_FALSE(quota) << line;
    EXPECT_EQ(quota.error().kind, Errc::bad_syntax);
  }
}

}  // namespace
}  // namespace ferry::client
