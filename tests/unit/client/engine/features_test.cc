#include "client/engine/features.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

TEST(Features, AreFoundByTheirFirstWord) {
  const Features features({211, {"Features:", " MLST type*;size*;", " hash SHA-256*;MD5", " UTF8", "End"}});
  EXPECT_TRUE(features.has("MLST"));
  EXPECT_TRUE(features.has("HASH"));
  EXPECT_TRUE(features.has("UTF8"));
  EXPECT_FALSE(features.has("UTF"));
  EXPECT_FALSE(features.has("End"));
  EXPECT_EQ(features.parameters("HASH"), "SHA-256*;MD5");
  EXPECT_EQ(features.parameters("UTF8"), "");
}

TEST(Features, AreNoneWhereTheServerRefusesFeat) {
  const Features features({500, {"a", "MLST", "b"}});
  EXPECT_FALSE(features.has("MLST"));
}

}  // namespace
}  // namespace ferry::client
