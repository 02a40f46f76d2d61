#include "shared/store/account.h"

#include <gtest/gtest.h>

namespace ferry::store {
namespace {

TEST(AccountName, AcceptsOrdinaryAndForeignNames) {
  for (const std::string name : {"mika", "m", "Mika Lindqvist", "写真", "a.b-c_d@example.org", "🙂"}) {
    EXPECT_TRUE(check_account_name(name)) << name;
  }
  EXPECT_TRUE(check_account_name(std::string(64, 'x')));
}

TEST(AccountName, RefusesWhatWouldBeAPathAnOptionOrInvisible) {
  for (const std::string name : {"", ".", "..", ".hidden", "-rf", "a/b", "/", " a", "a ", "\u00A0a",
                                 "a\u3000", "a\nb", "a\x7f", "\t", "a\xC2\x85"}) {
    const Status checked = check_account_name(name);
    ASSERT_FALSE(checked) << name;
    EXPECT_EQ(checked.error().kind, Errc::name_refused);
    EXPECT_FALSE(checked.error().context.empty());
  }
  EXPECT_FALSE(check_account_name(std::string("a\0b", 3)));
  EXPECT_FALSE(check_account_name(std::string(65, 'x')));
}

TEST(AccountName, RefusesWhatIsNotUtf8) {
  for (const char* name : {"\xFF", "a\xC3", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                           "\xF0\x80\x80\xAF", "\x80", "\xE4\xBD"}) {
    EXPECT_FALSE(check_account_name(name));
  }
}

TEST(Account, BytesLeftCountsPendingAndIsNeverNegative) {
  Account account;
  EXPECT_FALSE(account.bytes_left());
  account.quota_bytes = 100;
  account.used_bytes = 60;
  account.pending_bytes = 30;
  EXPECT_EQ(account.bytes_left(), 10);
  account.quota_bytes = 50;
  EXPECT_EQ(account.bytes_left(), 0);
}

TEST(Fingerprint, IsTakenAsProgramsPrintIt) {
  std::string bare, colons;
  for (int i = 0; i < 32; ++i) {
    bare += "aB";
    colons += i == 0 ? "AB" : ":AB";
  }
  for (const std::string& text : {bare, colons}) {
    const auto parsed = parse_fingerprint(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, colons);
  }
}

TEST(Fingerprint, OfAnotherLengthOrShapeIsRefused) {
  const std::string digits(64, 'a');
  std::string shifted = digits;
  shifted.insert(1, ":");
  std::string too_long = "aa";
  for (int i = 0; i < 32; ++i) too_long += ":aa";
  for (const std::string& text : {std::string(), digits.substr(1), digits + "a", "g" + digits.substr(1),
                                  shifted, too_long, std::string(95, ':'), digits + ":"}) {
    EXPECT_FALSE(parse_fingerprint(text)) << text;
  }
}

}  // namespace
}  // namespace ferry::store
