#include "client/engine/conflict.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

using namespace std::chrono_literals;
using Action = Verdict::Action;

constexpr IfExists kAll[] = {IfExists::resume, IfExists::overwrite, IfExists::newer,  IfExists::size,
                             IfExists::hash,   IfExists::skip,      IfExists::rename, IfExists::fail};

WallTime at(std::string_view time) {
  return *parse_ftp_time(time);
}

SideFacts file(Bytes size, std::string_view time, std::chrono::seconds precision = 1s) {
  return {FileKind::file, size, at(time), precision};
}

TEST(Conflict, PoliciesAreReadByTheirNames) {
  const std::string_view names[] = {"resume", "overwrite", "newer", "size", "hash", "skip", "rename", "fail"};
  for (std::size_t i = 0; i < std::size(names); ++i)
    EXPECT_EQ(parse_if_exists(names[i]), kAll[i]) << names[i];
  for (const char* text : {"", "Overwrite", "fail ", "ask"}) EXPECT_FALSE(parse_if_exists(text)) << text;
}

TEST(Conflict, WhereNothingIsThereEveryPolicyCopies) {
  for (const IfExists policy : kAll)
    EXPECT_EQ(decide_conflict(policy, {file(5, "20260101000000"), {}, {}}).action, Action::copy);
}

TEST(Conflict, OfTheSameFileEachPolicyMakesItsOwn) {
  const ConflictFacts facts{file(5, "20260101000000"), file(5, "20260101000000"), Sameness::equal};
  const std::pair<IfExists, Action> table[] = {
      {IfExists::resume, Action::resume}, {IfExists::overwrite, Action::copy},
      {IfExists::newer, Action::skip},    {IfExists::size, Action::skip},
      {IfExists::hash, Action::skip},     {IfExists::skip, Action::skip},
      {IfExists::rename, Action::rename}, {IfExists::fail, Action::fail},
  };
  for (const auto& [policy, action] : table)
    EXPECT_EQ(decide_conflict(policy, facts).action, action) << static_cast<int>(policy);
}

TEST(Conflict, OfAnotherFileTheComparingPoliciesCopy) {
  const ConflictFacts facts{file(6, "20260101000001"), file(5, "20260101000000"), Sameness::different};
  for (const IfExists policy : {IfExists::newer, IfExists::size, IfExists::hash})
    EXPECT_EQ(decide_conflict(policy, facts).action, Action::copy) << static_cast<int>(policy);
  EXPECT_EQ(decide_conflict(IfExists::skip, facts).action, Action::skip);
  EXPECT_EQ(decide_conflict(IfExists::fail, facts).kind, Errc::exists);
}

TEST(Conflict, WhatCannotBeToldIsNeitherReplacedNorSkipped) {
  SideFacts mute{FileKind::file, {}, {}, 1s};
  for (const IfExists policy : {IfExists::newer, IfExists::size, IfExists::hash}) {
    const Verdict verdict = decide_conflict(policy, {file(5, "20260101000000"), mute, Sameness::unknown});
    EXPECT_EQ(verdict.action, Action::fail) << static_cast<int>(policy);
    EXPECT_EQ(verdict.kind, Errc::exists);
    EXPECT_FALSE(verdict.why.empty());
  }
}

TEST(Conflict, DigestsAreAskedForWhereTheSizesDoNotTell) {
  const SideFacts mute{FileKind::file, {}, {}, 1s}, five = file(5, "20260101000000");
  EXPECT_TRUE(needs_digests(IfExists::hash, {five, five, {}}));
  EXPECT_TRUE(needs_digests(IfExists::hash, {five, mute, {}}));
  EXPECT_FALSE(needs_digests(IfExists::hash, {five, file(6, "20260101000000"), {}}));
  EXPECT_FALSE(needs_digests(IfExists::hash, {five, {}, {}}));
  EXPECT_FALSE(needs_digests(IfExists::size, {five, five, {}}));
  EXPECT_EQ(decide_conflict(IfExists::hash, {five, file(6, "20260101000000"), Sameness::unknown}).action,
            Action::copy);
}

TEST(Conflict, NoPolicyTakesTheNameOfAFolderOrADevice) {
  for (const IfExists policy : kAll) {
    const Verdict folder =
        decide_conflict(policy, {file(5, "20260101000000"), {FileKind::folder, {}, {}, 1s}, {}});
    EXPECT_EQ(folder.action, Action::fail) << static_cast<int>(policy);
    EXPECT_EQ(folder.kind, Errc::is_directory);
    EXPECT_EQ(folder.why, "is a folder there");
    const Verdict pipe =
        decide_conflict(policy, {file(5, "20260101000000"), {FileKind::other, {}, {}, 1s}, {}});
    EXPECT_EQ(pipe.action, Action::fail) << static_cast<int>(policy);
  }
}

// Servers tell whole seconds, LIST minutes and days; a file system keeps nanoseconds.
TEST(Conflict, LaterIsWhatTheLessExactSideStillShows) {
  const WallTime noon = at("20260101120000");
  EXPECT_FALSE(is_later(noon + 999ms, noon, 1s));
  EXPECT_TRUE(is_later(noon + 1s, noon, 1s));
  EXPECT_FALSE(is_later(noon, noon + 1s, 1s));
  EXPECT_FALSE(is_later(noon + 59s, noon, 60s));
  EXPECT_TRUE(is_later(noon + 60s, noon, 60s));
  EXPECT_FALSE(is_later(noon + 30s, noon + 10s, 60s));
  EXPECT_FALSE(is_later(noon + 11h, noon, 24h));
  EXPECT_TRUE(is_later(noon + 12h, noon, 24h));
  const WallTime before_1970 = at("19691231235930");
  EXPECT_FALSE(is_later(before_1970 + 29s, before_1970, 60s));
  EXPECT_TRUE(is_later(before_1970 + 30s, before_1970, 60s));
}

TEST(Conflict, NewerGoesByTheLessExactSide) {
  const SideFacts source = file(5, "20260101120059");
  EXPECT_EQ(decide_conflict(IfExists::newer, {source, file(5, "20260101120000"), {}}).action, Action::copy);
  EXPECT_EQ(decide_conflict(IfExists::newer, {source, file(5, "20260101120000", 60s), {}}).action,
            Action::skip);
}

TEST(Conflict, AFreeNameKeepsItsEnding) {
  const std::pair<const char*, const char*> table[] = {
      {"a.txt", "a (2).txt"},
      {"a", "a (2)"},
      {".profile", ".profile (2)"},
      {"a.", "a. (2)"},
      {"a.tar.gz", "a (2).tar.gz"},
      {".tar.gz", ".tar (2).gz"},
      {"写真 集.zip", "写真 集 (2).zip"},
      {"a (2).txt", "a (2) (2).txt"},
      {"..x", ". (2).x"},
  };
  for (const auto& [name, numbered] : table) EXPECT_EQ(numbered_name(name, 2), numbered);
  EXPECT_EQ(numbered_name("a.txt", 10), "a (10).txt");
}

TEST(Conflict, AFreeNameIsNoLongerThanANameMayBe) {
  const std::string cut = numbered_name(std::string(251, 'x') + ".txt", 12);
  EXPECT_EQ(cut.size(), 255U);
  EXPECT_EQ(cut.substr(cut.size() - 9), " (12).txt") << cut;
  std::string wide;
  for (int i = 0; i < 85; ++i) wide += "集";  // 255 bytes
  EXPECT_EQ(numbered_name(wide, 2), wide.substr(0, 249) + " (2)");
  const std::string odd = "a." + std::string(253, 'y');
  EXPECT_EQ(numbered_name(odd, 2), odd.substr(0, 251) + " (2)");
}

}  // namespace
}  // namespace ferry::client
