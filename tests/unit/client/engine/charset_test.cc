#include "client/engine/charset.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

Charset charset(const std::string& name) {
  auto made = Charset::create(name);
  EXPECT_TRUE(made) << name << (made ? "" : ": " + made.error().context);
  return made ? std::move(*made) : Charset();
}

TEST(Charset, NoneLeavesBytesAsTheyAre) {
  const Charset none = charset("");
  EXPECT_FALSE(none.is_set());
  EXPECT_EQ(*none.to_server("a\xff\xfe"), "a\xff\xfe");
  EXPECT_EQ(*none.from_server("a\xff\xfe"), "a\xff\xfe");
}

TEST(Charset, NamesGoThereAndComeBack) {
  struct Row {
    const char* charset;
    const char* text;
    std::string_view bytes;
  };
  const Row table[] = {
      {"GBK", "/文件/a.txt", "/\xCE\xC4\xBC\xFE/a.txt"},
      {"CP932", "写真 表.zip", "\x8E\xCA\x90\x5E \x95\x5C.zip"},  // 0x5C is no backslash here
      {"ISO-8859-1", "Übung.txt",
       "\xDC"
       "bung.txt"},
      {"EUC-KR", "한국", "\xC7\xD1\xB1\xB9"},
      {"UTF-8", "文件", "文件"},
      {"ISO-2022-JP", "写", "\x1b$B<L\x1b(B"},  // with the shift back to ASCII at its end
  };
  for (const auto& [name, text, bytes] : table) {
    const Charset with = charset(name);
    EXPECT_TRUE(with.is_set());
    ASSERT_TRUE(with.to_server(text)) << name;
    EXPECT_EQ(*with.to_server(text), bytes) << name;
    ASSERT_TRUE(with.from_server(bytes)) << name;
    EXPECT_EQ(*with.from_server(bytes), text) << name;
  }
}

TEST(Charset, LongNamesAreConvertedWhole) {
  std::string text, bytes;
  for (int i = 0; i < 2000; ++i) {
    text += "ü";
    bytes += "\xFC";
  }
  EXPECT_EQ(*charset("ISO-8859-1").to_server(text), bytes);
  EXPECT_EQ(*charset("ISO-8859-1").from_server(bytes), text);
}

TEST(Charset, WhatHasNoFormThereIsRefusedByName) {
  const Charset latin = charset("ISO-8859-1");
  const auto refused = latin.to_server("/pics/写真.zip");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Errc::name_refused);
  EXPECT_NE(refused.error().context.find("/pics/写真.zip"), std::string::npos);
  EXPECT_NE(refused.error().context.find("ISO-8859-1"), std::string::npos);
  EXPECT_FALSE(latin.to_server("a\xff")) << "no text here";
  EXPECT_TRUE(latin.to_server("after a failure"));
}

TEST(Charset, WhatIsNotWrittenInItIsNoName) {
  EXPECT_FALSE(charset("GBK").from_server("\xCE"));
  EXPECT_FALSE(charset("UTF-8").from_server("a\xff"));
  EXPECT_FALSE(charset("EUC-KR").from_server("\xff\xff"));
}

// CP932 has characters at two places; one of them would be asked for under the other's bytes.
TEST(Charset, WhatWouldNotComeBackIsNoName) {
  const Charset with = charset("CP932");
  EXPECT_TRUE(with.from_server("\x81\xE6"));
  EXPECT_FALSE(with.from_server("\x87\x9A"));
}

TEST(Charset, SomeAreNone) {
  for (const char* name : {"no-such-charset", "UTF-16", "UCS-4LE", "ISO-8859-1//TRANSLIT", "EBCDIC-US", "//"})
    EXPECT_FALSE(Charset::create(name)) << name;
}

}  // namespace
}  // namespace ferry::client
