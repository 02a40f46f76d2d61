#include "admin/input.h"

#include <gtest/gtest.h>

namespace ferry::admin {
namespace {

TEST(FtpadmQuota, IsASizeOrNone) {
  EXPECT_EQ(parse_quota("500M").value(), 500 * 1024 * 1024);
  EXPECT_EQ(parse_quota("0").value(), 0);
  EXPECT_EQ(parse_quota("none").value(), std::nullopt);
}

TEST(FtpadmQuota, OfAnythingElseIsAUsageError) {
  for (const char* text : {"", "-1", "5X", "M", "1e9", "None", " 5"}) {
    const auto quota = parse_quota(text);
    ASSERT_FALSE(quota) << text;
    EXPECT_EQ(quota.error().code, ExitCode::usage);
  }
}

TEST(FtpadmFileLimit, IsANumberOrNone) {
  EXPECT_EQ(parse_file_limit("10000").value(), 10000);
  EXPECT_EQ(parse_file_limit("none").value(), std::nullopt);
  for (const char* text : {"", "-1", "5K", "1.5", "99999999999999999999"}) {
    const auto limit = parse_file_limit(text);
    ASSERT_FALSE(limit) << text;
    EXPECT_EQ(limit.error().code, ExitCode::usage);
  }
}

}  // namespace
}  // namespace ferry::admin
