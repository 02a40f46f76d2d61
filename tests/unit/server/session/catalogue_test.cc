#include "server/session/catalogue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "shared/base/utf8.h"

namespace ferry {
namespace {

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Char c = decode_utf8(text);
    if (!c.is_valid) return false;
    text.remove_prefix(c.length);
  }
  return true;
}

bool has_han(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

TEST(Catalogue, SpeaksBothLanguages) {
  EXPECT_EQ(text_in(Language::english, "Type is binary"), "Type is binary");
  EXPECT_EQ(text_in(Language::chinese, "Type is binary"), "类型为二进制");
}

TEST(Catalogue, FillsGapsWithNumbersAndNames) {
  EXPECT_EQ(text_in(Language::english, "{} bytes noted", 17), "17 bytes noted");
  EXPECT_EQ(text_in(Language::chinese, "{} bytes noted", 17), "已记下 17 字节");
  const std::string hostile = "{} {0} %s";
  EXPECT_EQ(text_in(Language::english, "{} exists", hostile), "{} {0} %s exists") << "names are no templates";
}

TEST(Catalogue, EveryRowCanBeFilledInBothLanguages) {
  for (int row = 0; row < static_cast<int>(std::size(kTexts)); ++row) {
    const std::vector<std::string> arguments(count_gaps(kTexts[row].english), "@");
    for (const Language language : {Language::english, Language::chinese}) {
      const std::string text = fill_text(language, row, arguments);
      EXPECT_EQ(std::ranges::count(text, '@'),
                std::ranges::count(kTexts[row].english, '@') + static_cast<std::ptrdiff_t>(arguments.size()))
          << text;
      EXPECT_TRUE(is_utf8(text)) << text;
      EXPECT_EQ(text.find_first_of("\r\n"), std::string::npos) << text;
    }
  }
}

// What stays the same in Chinese is what programs read, and says so by holding no English sentence.
TEST(Catalogue, TranslationsAreTranslated) {
  const std::regex for_programs(
      R"(PBSZ=0|FILE: .*|Modify=.*|MLST OPTS .*|UNIX Type: L8|SITE .*|Bytes used: .*|Files used: .*|Home: /|Last login: .*|Name: .*|Rights: .*|\{\} .*)");
  for (const TextRow& row : kTexts) {
    if (has_han(row.chinese)) continue;
    EXPECT_EQ(row.english, row.chinese);
    EXPECT_TRUE(std::regex_match(std::string(row.english), for_programs)) << row.english;
  }
}

TEST(Catalogue, MachineReadablePartsAreTheSame) {
  EXPECT_NE(text_in(Language::chinese, "{} bytes are stored. SHA-256={}", 1, "ab").find("SHA-256=ab"),
            std::string::npos);
  EXPECT_NE(text_in(Language::chinese, "Entering Passive Mode ({}).", "1,2,3,4,5,6").find("(1,2,3,4,5,6)"),
            std::string::npos);
  EXPECT_NE(text_in(Language::chinese, "Entering Extended Passive Mode (|||{}|)", 77).find("(|||77|)"),
            std::string::npos);
}

TEST(Catalogue, ErrorsAreSaidInTheLanguage) {
  const Error ours = refusal(Errc::exists, "{} exists", "/a").value();
  EXPECT_EQ(ours.context, "/a exists");
  EXPECT_EQ(text_of(ours, Language::english), "/a exists");
  EXPECT_EQ(text_of(ours, Language::chinese), "/a 已存在");
  const Error shared{Errc::busy, "an upload writes here now"};
  EXPECT_EQ(text_of(shared, Language::chinese), "此处正在上传") << "a sentence of the store";
  const Error system = errno_error(ENOENT, "/b");
  EXPECT_EQ(text_of(system, Language::chinese), "不存在：/b: No such file or directory");
  EXPECT_EQ(text_of(system, Language::english), system.context);
}

TEST(Catalogue, KnowsLanguageTags) {
  for (const char* tag : {"en", "EN", "en-US", "En_gb"})
    EXPECT_EQ(parse_language(tag), Language::english) << tag;
  for (const char* tag : {"zh", "ZH-cn", "zh-Hans-CN", "zh_TW"})
    EXPECT_EQ(parse_language(tag), Language::chinese) << tag;
  for (const char* tag : {"", "fr", "e", "english", "zhx", "-en", "*", "en*"})
    EXPECT_EQ(parse_language(tag), std::nullopt) << tag;
}

TEST(Catalogue, FeatureLineStarsTheLanguageInUse) {
  EXPECT_EQ(language_feature(Language::english), "LANG EN*;ZH");
  EXPECT_EQ(language_feature(Language::chinese), "LANG EN;ZH*");
}

}  // namespace
}  // namespace ferry
