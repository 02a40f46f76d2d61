#include "client/line/netrc.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

constexpr std::string_view kText =
    "# comment\n"
    "machine one.example.org login akira password s3cret\n"
    "machine one.example.org login mika password \"two words\\\"\"\n"
    "macdef init\ncd /machine one.example.org\n\n"
    "machine two.example.org\n\tlogin guest\n"
    "default login anonymous password a@b\n";

std::string password_of(std::string_view host, std::string_view user) {
  const auto entry = find_in_netrc(kText, host, user);
  return entry ? std::string(entry->password.view()) : "(none)";
}

TEST(Netrc, FindsTheFirstEntryOfAHost) {
  const auto entry = find_in_netrc(kText, "one.example.org", "");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->user, "akira");
  EXPECT_EQ(entry->password.view(), "s3cret");
}

TEST(Netrc, FindsTheEntryOfAUser) {
  EXPECT_EQ(password_of("one.example.org", "mika"), "two words\"");
  EXPECT_EQ(password_of("one.example.org", "nobody"), "(none)");
}

TEST(Netrc, KnowsEntriesWithoutPassword) {
  const auto entry = find_in_netrc(kText, "two.example.org", "");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->user, "guest");
  EXPECT_FALSE(entry->has_password);
}

TEST(Netrc, FallsBackToTheDefault) {
  EXPECT_EQ(password_of("else.example.org", ""), "a@b");
}

TEST(Netrc, TakesAHashForACommentOnlyWhereAKeywordMayStand) {
  const auto entry = find_in_netrc("machine h login a password #1pass # a comment\n# login b\n", "h", "");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->user, "a");
  EXPECT_EQ(entry->password.view(), "#1pass");
}

TEST(Netrc, NeverTakesAValueFromAnotherLine) {
  const auto entry = find_in_netrc("machine h login a password\nmachine other login b\n", "h", "");
  ASSERT_TRUE(entry);
  EXPECT_FALSE(entry->has_password);
}

TEST(Netrc, IsNothingInAnEmptyFile) {
  EXPECT_FALSE(find_in_netrc("", "one.example.org", ""));
}

}  // namespace
}  // namespace ferry::client
