// The catalogue of reply texts in use: which language a session speaks, a text named by its English form and
// checked at compile time, its gaps filled. Pure text, no I/O; any thread. Codes are chosen elsewhere, and
// nothing ever looks at a text to decide.
//
// How to add a text: write it where it is said, and a row in texts.h.
#pragma once

#include <fmt/core.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "server/session/texts.h"
#include "shared/base/result.h"
#include "shared/ftp/reply.h"

namespace ferry {

enum class Language : unsigned char { english, chinese };

// "en", "zh-CN", "ZH_tw" (RFC 2640 §4.1, RFC 5646: the first subtag decides). nullopt: none of ours.
std::optional<Language> parse_language(std::string_view tag);
// "LANG EN*;ZH", the star behind the language in use (RFC 2640 §4.3).
std::string language_feature(Language in_use);

// The row of an English text, -1: none.
constexpr int find_text(std::string_view english) {
  int row = 0;
  for (const TextRow& text : kTexts) {
    if (text.english == english) return row;
    ++row;
  }
  return -1;
}

// Gaps of a text: "{}" or "{0}" to "{9}".
constexpr std::size_t count_gaps(std::string_view text) {
  std::size_t gaps = 0;
  for (std::size_t i = 0; i + 1 < text.size(); ++i)
    gaps += text[i] == '{' && (text[i + 1] == '}' || (i + 2 < text.size() && text[i + 2] == '}')) ? 1 : 0;
  return gaps;
}

// A text of the catalogue with a gap for each of Args.
template <typename... Args>
struct TextOf {
  int row;
  consteval TextOf(const char* english) : row(find_text(english)) {  // implicit: a literal is meant
    if (row < 0) throw "this text has no row in texts.h";
    if (count_gaps(english) != sizeof...(Args)) throw "as many arguments as the text has gaps";
  }
};
using Text = TextOf<>;

// The row's text with its gaps filled.
std::string fill_text(Language language, int row, const std::vector<std::string>& arguments);

template <typename... Args>
std::string text_in(Language language, TextOf<std::type_identity_t<Args>...> text, const Args&... args) {
  return fill_text(language, text.row, {fmt::format("{}", args)...});
}

// An error that is said with a text of the catalogue; its context is the English one, for logs.
template <typename... Args>
tl::unexpected<Error> refusal(Errc kind, TextOf<std::type_identity_t<Args>...> text, const Args&... args) {
  std::vector<std::string> filled{fmt::format("{}", args)...};
  Error error{kind, fill_text(Language::english, text.row, filled)};
  error.text = text.row;
  error.arguments = std::move(filled);
  return tl::unexpected<Error>(std::move(error));
}

// What to tell the client of an error. Where the catalogue does not know the sentence (it came from the
// system or a library), its kind is said in the language and its own words follow.
std::string text_of(const Error& error, Language language);

}  // namespace ferry
