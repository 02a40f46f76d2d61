#include "client/engine/names.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

TEST(Names, AreComposed) {
  const std::pair<std::string, std::string> table[] = {
      {"re\xCC\x81sume\xCC\x81.txt", "r\xC3\xA9sum\xC3\xA9.txt"},
      {"\xE3\x81\x8B\xE3\x82\x99", "\xE3\x81\x8C"},              // か + ゛ = が
      {"\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB", "\xED\x95\x9C"},  // ㅎ + ㅏ + ㄴ = 한
      {"r\xC3\xA9sum\xC3\xA9", "r\xC3\xA9sum\xC3\xA9"},
      {"plain", "plain"},
      {"", ""},
      {"e\xCC\x81 \xff", "e\xCC\x81 \xff"},  // no UTF-8
      {"\xEF\xAC\x81", "\xEF\xAC\x81"},      // ﬁ stays the ligature that it is
  };
  for (const auto& [name, composed] : table) EXPECT_EQ(to_nfc(name), composed);
}

TEST(Names, HaveAKeyWithoutCase) {
  EXPECT_EQ(case_key("README.TXT"), case_key("readme.txt"));
  EXPECT_EQ(case_key("ÜBUNG"), case_key("U\xCC\x88"
                                        "bung"));
  EXPECT_EQ(case_key("Straße"), case_key("STRASSE"));
  EXPECT_NE(case_key("a"), case_key("b"));
  EXPECT_NE(case_key("A\xff"), case_key("a\xff"));
}

}  // namespace
}  // namespace ferry::client
