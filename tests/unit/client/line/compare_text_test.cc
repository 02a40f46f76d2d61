#include "client/line/compare_text.h"

#include <gtest/gtest.h>

#include "client/line/exit_code.h"
#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

Difference sizes() {
  Difference difference;
  difference.kind = DifferenceKind::size;
  difference.name = "bad\x1b[31m name";
  difference.size_a = 10;
  difference.size_b = 12;
  return difference;
}

TEST(DifferenceText, ForProgramsIsExactWithTheNameLast) {
  EXPECT_EQ(difference_for_programs(sizes()), "size\t10\t12\tbad\x1b[31m name\n");
  Difference digests;
  digests.name = "x";
  digests.digest_a = "aa";
  digests.digest_b = "bb";
  EXPECT_EQ(difference_for_programs(digests), "digest\taa\tbb\tx\n");
  Difference folder;
  folder.kind = DifferenceKind::only_in_b;
  folder.is_folder = true;
  EXPECT_EQ(difference_for_programs(folder), "only-in-b\t-\t-\t./\n");
}

TEST(DifferenceText, ForPeopleIsSafe) {
  EXPECT_EQ(difference_for_people(sizes()), "size       bad\\x1b[31m name  10 and 12 bytes\n");
}

TEST(CompareDisplay, TellsDifferencesByTheExitCodeUnlessItCouldNotLook) {
  CompareDisplay display(true);
  Comparison comparison;
  EXPECT_EQ(display.conclude(comparison), kExitDone);
  comparison.same = 3;
  comparison.different = 1;
  EXPECT_EQ(display.conclude(comparison), kExitDifferences);
  comparison.failed = 1;
  comparison.first_error = Error{Errc::permission, "x"};
  EXPECT_EQ(display.conclude(comparison), kExitSomeFailed);
  comparison.same = comparison.different = 0;
  EXPECT_EQ(display.conclude(comparison), kExitPermission);
}

}  // namespace
}  // namespace ferry::client
