#include "shared/base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace ferry {
namespace {

std::string encode(char32_t code) {
  const auto tail = [code](int shift) { return static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xC0 | (code >> 6)), tail(0)};
  if (code < 0x10000) return {static_cast<char>(0xE0 | (code >> 12)), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | (code >> 18)), tail(12), tail(6), tail(0)};
}

TEST(DecodeUtf8, ReadsEveryCodePointButSurrogates) {
  for (char32_t code = 0; code <= 0x10FFFF; ++code) {
    const std::string bytes = encode(code);
    const Utf8Char c = decode_utf8(bytes);
    const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
    ASSERT_EQ(c.is_valid, !is_surrogate) << static_cast<unsigned>(code);
    ASSERT_EQ(c.length, is_surrogate ? 1 : bytes.size());
    if (c.is_valid) {
      ASSERT_EQ(c.code, code);
    }
  }
}

TEST(DecodeUtf8, RefusesOverlongCutAndImpossibleForms) {
  for (const std::string_view bytes : {"\xC0\x80",
                                       "\xC0\xAF",
                                       "\xC1\xBF",
                                       "\xE0\x80\xAF",
                                       "\xE0\x9F\xBF",
                                       "\xF0\x80\x80\xAF",
                                       "\xF0\x8F\xBF\xBF",
                                       "\xF4\x90\x80\x80",
                                       "\xF5\x80\x80\x80",
                                       "\xF8\x88\x80\x80\x80",
                                       "\xFF",
                                       "\xFE",
                                       "\x80",
                                       "\xBF",
                                       "\xC3",
                                       "\xC3(",
                                       "\xE2\x82",
                                       "\xE2\x82(",
                                       "\xF0\x9F\x98",
                                       "\xF0(\x98\x80"}) {
    const Utf8Char c = decode_utf8(bytes);
    EXPECT_FALSE(c.is_valid);
    EXPECT_EQ(c.length, 1u);
  }
}

TEST(Utf8, WritesWhatItReads) {
  for (const char32_t code : {U'\0', U'a', U'\x7f', U'\x80', U'\u07ff', U'\u0800', U'\u5199', U'\uffff', U'\U00010000',
                              U'\U0010ffff'}) {
    std::string text;
    append_utf8(text, code);
    const Utf8Char read = decode_utf8(text);
    EXPECT_TRUE(read.is_valid);
    EXPECT_EQ(read.code, code);
    EXPECT_EQ(read.length, text.size());
  }
}

}  // namespace
}  // namespace ferry
