#include "client/engine/verify.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

const std::string kHex(64, 'a');

TEST(AnnouncedDigest, IsFoundInTheTextOfA226) {
  EXPECT_EQ(announced_digest("Stored; SHA-256=" + kHex, DigestKind::sha256), kHex);
  EXPECT_EQ(announced_digest("sha-256=" + std::string(64, 'A') + " done", DigestKind::sha256), kHex);
}

TEST(AnnouncedDigest, IsNothingOfAnotherKindOrLength) {
  EXPECT_FALSE(announced_digest("SHA-256=" + kHex, DigestKind::md5));
  EXPECT_FALSE(announced_digest("SHA-256=abc", DigestKind::sha256));
  EXPECT_FALSE(announced_digest("SHA-256=" + kHex + "a", DigestKind::sha256));
  EXPECT_FALSE(announced_digest("Transfer complete.", DigestKind::sha256));
}

TEST(DigestInWords, IsTheWordOfTheRightLength) {
  EXPECT_EQ(digest_in_words("SHA-256 0-99 " + kHex + " name", DigestKind::sha256), kHex);
  EXPECT_FALSE(digest_in_words("SHA-256 0-99 none name", DigestKind::sha256));
}

}  // namespace
}  // namespace ferry::client
