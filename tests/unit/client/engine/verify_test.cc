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

TEST(HashOfPrefix, IsOnlyTakenForTheBytesThatWereMeant) {
  const auto prefix = [](const std::string& range, bool is_all) {
    return hash_of_prefix("SHA-256 " + range + kHex + " /a 5-7", DigestKind::sha256, 100, is_all);
  };
  EXPECT_EQ(prefix("0-99 ", false), kHex);
  EXPECT_EQ(prefix("0-100 ", false), kHex) << "ProFTPD";
  for (const char* other : {"0-98 ", "1-99 ", "0-101 ", "0-2999999 "}) {
    EXPECT_FALSE(prefix(other, false)) << other;
    EXPECT_FALSE(prefix(other, true)) << other;
  }
  EXPECT_EQ(hash_of_prefix("SHA-256 " + kHex, DigestKind::sha256, 100, true), kHex);
  EXPECT_FALSE(hash_of_prefix("SHA-256 " + kHex, DigestKind::sha256, 100, false)) << "was RANG heeded?";
}

Features features(const std::vector<std::string>& lines) {
  ftp::Reply reply{211, {"Extensions"}};
  reply.lines.insert(reply.lines.end(), lines.begin(), lines.end());
  reply.lines.push_back("End");
  return Features(reply);
}

TEST(OfferedDigest, IsTheBestThereIs) {
  EXPECT_EQ(offered_digest(features({"HASH MD5;SHA-1;SHA-256*;SHA-512"})), DigestKind::sha256);
  EXPECT_EQ(offered_digest(features({"HASH MD5*;SHA-1"})), DigestKind::sha1);
  EXPECT_EQ(offered_digest(features({"XMD5", "XSHA512"})), DigestKind::sha512);
  EXPECT_EQ(offered_digest(features({"XCRC", "HASH CRC32;SHA-3"})), std::nullopt);
  EXPECT_EQ(offered_digest(features({"SIZE", "MDTM"})), std::nullopt);
}

TEST(WantedDigest, IsWhatWasAskedForElseWhatTheServerHas) {
  const Features has_md5 = features({"XMD5"}), has_none = features({"SIZE"});
  EXPECT_EQ(wanted_digest(*parse_verify_wish("auto"), has_md5), DigestKind::md5);
  EXPECT_EQ(wanted_digest(*parse_verify_wish("auto"), has_none), std::nullopt);
  EXPECT_EQ(wanted_digest(*parse_verify_wish("sha256"), has_none), DigestKind::sha256);
  EXPECT_EQ(wanted_digest(*parse_verify_wish("none"), has_md5), std::nullopt);
}

TEST(ParseVerifyWish, RefusesWhatProvesNothing) {
  for (const char* word : {"", "crc32", "yes", "sha3"}) EXPECT_FALSE(parse_verify_wish(word)) << word;
}

}  // namespace
}  // namespace ferry::client
