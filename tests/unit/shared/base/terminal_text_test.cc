#include "shared/base/terminal_text.h"

#include <gtest/gtest.h>
#include <locale.h>

#include <random>

#include "shared/base/utf8.h"

namespace ferry {
namespace {

// Widths of wide text need a UTF-8 locale; C.UTF-8 is part of libc.
class FitColumns : public ::testing::Test {
 protected:
  void SetUp() override {
    before_ = ::setlocale(LC_CTYPE, nullptr);
    ASSERT_NE(::setlocale(LC_CTYPE, "C.UTF-8"), nullptr);
  }
  void TearDown() override { ::setlocale(LC_CTYPE, before_.c_str()); }

 private:
  std::string before_;
};
using DisplayWidth = FitColumns;

TEST(TerminalSafe, EscapesWhatATerminalWouldObey) {
  const struct {
    std::string_view foreign, safe;
  } rows[] = {{"plain name.txt", "plain name.txt"},
              {"Grüße 日本 😀", "Grüße 日本 😀"},
              {"\x1b[2J", "\\x1b[2J"},
              {"a\r\nb\tc", "a\\x0d\\x0ab\\x09c"},
              {{"a\0b", 3}, "a\\x00b"},
              {"\x7f", "\\x7f"},
              {"\xc2\x9b"
               "31m",
               "\\xc2\\x9b31m"},
              {"\xc2\x80\xc2\x85", "\\xc2\\x80\\xc2\\x85"},
              {"\xc2\xa0", "\xc2\xa0"},
              {"\x9b"
               "31m",
               "\\x9b31m"},
              {"gnp\u202Etxt.exe", "gnp<U+202E>txt.exe"},
              {"\u2066\u2069\u200E\u200F\u061C\u2028\u2029",
               "<U+2066><U+2069><U+200E><U+200F><U+061C><U+2028><U+2029>"},
              {"\xc0\xaf\xed\xa0\x80", "\\xc0\\xaf\\xed\\xa0\\x80"},
              {"\xff\xfe", "\\xff\\xfe"},
              {"", ""}};
  for (const auto& row : rows) EXPECT_EQ(terminal_safe(row.foreign), row.safe);
}

TEST(TerminalSafe, LeavesNoControlCharacterInRandomBytes) {
  std::mt19937 random(3);
  for (int round = 0; round < 2'000; ++round) {
    std::string foreign(random() % 64, '\0');
    for (char& c : foreign) c = static_cast<char>(random());
    const std::string safe = terminal_safe(foreign);
    for (std::string_view rest = safe; !rest.empty();) {
      const Utf8Char c = decode_utf8(rest);
      ASSERT_TRUE(c.is_valid);
      ASSERT_FALSE(c.code < 0x20 || (c.code >= 0x7F && c.code <= 0x9F));
      rest.remove_prefix(c.length);
    }
    EXPECT_EQ(terminal_safe(safe), safe);
  }
}

TEST_F(DisplayWidth, CountsWideAndCombiningCharacters) {
  EXPECT_EQ(display_width(""), 0);
  EXPECT_EQ(display_width("abc"), 3);
  EXPECT_EQ(display_width("日本"), 4);
  EXPECT_EQ(display_width("e\u0301"), 1);
}

TEST_F(FitColumns, PadsAndCutsInTheMiddle) {
  EXPECT_EQ(fit_columns("abc", 5), "abc  ");
  EXPECT_EQ(fit_columns("abcde", 5), "abcde");
  EXPECT_EQ(fit_columns("a-long-name.tar.gz", 10), "a-lo~ar.gz");
  EXPECT_EQ(fit_columns("abcdef", 1), "~");
  EXPECT_EQ(fit_columns("abcdef", 2), "~f");
  EXPECT_EQ(fit_columns("abcdef", 0), "");
  EXPECT_EQ(fit_columns("abcdef", -3), "");
  EXPECT_EQ(fit_columns("", 2), "  ");
}

TEST_F(FitColumns, NeverCutsACharacterApart) {
  EXPECT_EQ(fit_columns("日本語日本語", 6), "日~語 ");
  EXPECT_EQ(fit_columns("ae\u0301bcdefe\u0301", 4), "a~fe\u0301");
}

TEST_F(FitColumns, IsAlwaysExactlyAsWideAsAsked) {
  const std::string_view pieces[] = {"a", "é", "日", "\u0301", "😀", "~", " "};
  std::mt19937 random(4);
  for (int round = 0; round < 5'000; ++round) {
    std::string text;
    for (auto left = random() % 20; left > 0; --left) text += pieces[random() % std::size(pieces)];
    const int columns = static_cast<int>(random() % 24);
    const std::string fitted = fit_columns(text, columns);
    EXPECT_EQ(display_width(fitted), columns) << text;
    EXPECT_EQ(terminal_safe(fitted), fitted);
  }
}

}  // namespace
}  // namespace ferry
