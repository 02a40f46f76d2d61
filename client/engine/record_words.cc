#include "client/engine/record_words.h"

namespace ferry::client {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

}  // namespace

std::string escaped_word(std::string_view text) {
  std::string word;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > ' ' && byte != '%' && byte != 0x7F) {
      word += c;
      continue;
    }
    word += '%';
    word += kHexDigits[byte >> 4];
    word += kHexDigits[byte & 15];
  }
  return word.empty() ? "%" : word;  // an empty word would not be one
}

std::string unescaped_word(std::string_view word) {
  if (word == "%") return "";
  std::string text;
  for (std::size_t at = 0; at < word.size(); ++at) {
    if (word[at] != '%' || at + 2 >= word.size()) {
      text += word[at];
      continue;
    }
    const auto high = kHexDigits.find(word[at + 1]), low = kHexDigits.find(word[at + 2]);
    if (high == kHexDigits.npos || low == kHexDigits.npos) {
      text += word[at];
      continue;
    }
    text += static_cast<char>(high << 4 | low);
    at += 2;
  }
  return text;
}

}  // namespace ferry::client
