#include "client/engine/room.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace ferry::client {
namespace {

TEST(Room, QuotaIsWhatIsLeftOfIt) {
  const Room room = room_of({{10, 1000, 990}, Allowance{3, 100, {}}});
  EXPECT_EQ(room.bytes, 990);
  EXPECT_EQ(room.files, 97);
  EXPECT_EQ(room.kind, Errc::over_quota);
}

TEST(Room, WithoutALimitNothingIsKnown) {
  const Room room = room_of({{10, {}, {}}, Allowance{3, {}, {}}});
  EXPECT_FALSE(room.bytes || room.files);
  EXPECT_FALSE(room_of({}).bytes);
}

TEST(Room, MoreThanTheLimitIsNothingLeft) {
  const Room room = room_of({{2000, 1000, -1000}, Allowance{9, 5, {}}});
  EXPECT_EQ(room.bytes, 0);
  EXPECT_EQ(room.files, 0);
}

TEST(Room, HereIsWhatTheFileSystemHasWhereTheFileWillBe) {
  const test::TempDir dir;
  const Room there = room_here(dir.path()), below = room_here(dir.path() / "not/made/yet");
  ASSERT_TRUE(there.bytes && below.bytes);
  EXPECT_GT(*there.bytes, 0);
  // Others write there meanwhile.
  EXPECT_NEAR(static_cast<double>(*below.bytes), static_cast<double>(*there.bytes),
              static_cast<double>(*there.bytes) / 4);
}

}  // namespace
}  // namespace ferry::client
