#include "client/line/operations.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

TEST(DigestLine, IsWhatSha256sumPrintsAndReads) {
  EXPECT_EQ(digest_line("9b1c", "a b.txt"), "9b1c  a b.txt");
  EXPECT_EQ(digest_line("9b1c", "a\\b\nc\rd"), "\\9b1c  a\\\\b\\nc\\rd");
}

}  // namespace
}  // namespace ferry::client
