#include "client/line/nearest_word.h"

#include <gtest/gtest.h>

#include "client/shell/commands.h"

namespace ferry::client {
namespace {

TEST(NearestWord, IsTheLikeliestTypo) {
  EXPECT_EQ(nearest_word("mkdri", shell_command_names()), "mkdir");
  EXPECT_EQ(nearest_word("gte", shell_command_names()), "get");
  EXPECT_EQ(nearest_word("xyzzyplugh", shell_command_names()), "");
}

}  // namespace
}  // namespace ferry::client
