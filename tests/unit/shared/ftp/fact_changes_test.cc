#include "shared/ftp/fact_changes.h"

#include <gtest/gtest.h>

namespace ferry::ftp {
namespace {

WallTime at(const char* text) {
  return parse_ftp_time(text).value();
}

TEST(FactChange, TakesFactsInAnyOrderAndCase) {
  const auto both = parse_fact_change("UNIX.MODE=755;Modify=20200102030405; some path ");
  ASSERT_TRUE(both);
  EXPECT_EQ(both->modified, at("20200102030405"));
  EXPECT_EQ(both->unix_mode, 0755U);
  EXPECT_EQ(both->path, "some path ");
  EXPECT_EQ(format_fact_change(*both), "Modify=20200102030405;UNIX.mode=0755; some path ");

  const auto one = parse_fact_change("unix.mode=0600; a;b=c");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->modified, std::nullopt);
  EXPECT_EQ(format_fact_change(*one), "UNIX.mode=0600; a;b=c");
}

TEST(FactChange, UnknownFactsAreUnsupported) {
  for (const char* text : {"create=20200102030405; a", "UNIX.owner=0; a", "modify=20200102030405;perm=r; a"})
    EXPECT_EQ(parse_fact_change(text).error().kind, Errc::unsupported) << text;
}

TEST(FactChange, OtherTextIsRefused) {
  for (const char* text :
       {"", "a", "modify=20200102030405;", "modify=20200102030405; ", "modify=20200102030405 a", "; a", " a",
        "=5; a", "modify; a", "modify=2020; a", "modify=20201302030405; a", "UNIX.mode=888; a",
        "UNIX.mode=4755; a", "UNIX.mode=; a", "UNIX.mode=00644; a", "UNIX.mode=0644;UNIX.mode=0600; a",
        "modify=20200102030405;;UNIX.mode=0644; a"})
    EXPECT_EQ(parse_fact_change(text).error().kind, Errc::bad_syntax) << text;
}

TEST(Utime, HasTwoForms) {
  for (const char* text :
       {"20200102030405 some path", "some path 19990101000000 20200102030405 19990101000000 UTC",
        "some path 199901010000 20200102030405 199901010000 utc"}) {
    const auto change = parse_utime(text);
    ASSERT_TRUE(change) << text;
    EXPECT_EQ(change->modified, at("20200102030405"));
    EXPECT_EQ(change->path, "some path");
  }
  EXPECT_EQ(parse_utime("202001020304 a")->modified, at("20200102030400")) << "seconds may be left out";
  EXPECT_EQ(parse_utime("20200102030405 a UTC")->path, "a UTC");
}

TEST(Utime, OtherTextIsRefused) {
  for (const char* text :
       {"", "a", "20200102030405", "20200102030405 ", "2020 a", "20201302030405 a",
        "a 20200102030405 20200102030405 UTC", "a 20200102030405 2020010203040 20200102030405 UTC"})
    EXPECT_EQ(parse_utime(text).error().kind, Errc::bad_syntax) << text;
}

TEST(Permissions, AreOctalUpTo777) {
  EXPECT_EQ(parse_permissions("0644"), 0644U);
  EXPECT_EQ(parse_permissions("7"), 07U);
  for (const char* text : {"", "8", "1000", "00644", "+644", "0x1", " 644", "644 "})
    EXPECT_EQ(parse_permissions(text), std::nullopt) << text;
}

}  // namespace
}  // namespace ferry::ftp
