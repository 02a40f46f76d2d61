#include "server/session/catalogue.h"

#include <fmt/args.h>

#include <iterator>

#include "shared/base/ascii.h"
#include "shared/base/check.h"

namespace ferry {

namespace {

constexpr bool is_sound() {
  for (const TextRow& text : kTexts) {
    if (text.english.empty() || text.chinese.empty()) return false;
    if (count_gaps(text.english) != count_gaps(text.chinese)) return false;
    if (&kTexts[find_text(text.english)] != &text) return false;  // twice
  }
  return true;
}
static_assert(is_sound(), "a text is empty, stands there twice, or its translation has other gaps");

// What in Chinese stands in front of an error's own English words.
TextOf<std::string> kind_text(Errc kind) {
  switch (kind) {
    case Errc::not_found:
      return "there is no such thing: {}";
    case Errc::exists:
      return "it exists already: {}";
    case Errc::not_empty:
      return "it is not empty: {}";
    case Errc::is_directory:
      return "it is a folder: {}";
    case Errc::not_directory:
      return "it is no folder: {}";
    case Errc::permission:
    case Errc::outside:
    case Errc::name_refused:
    case Errc::login_refused:
      return "it is not allowed: {}";
    case Errc::busy:
      return "it is busy: {}";
    case Errc::no_space:
      return "the disk is full: {}";
    case Errc::over_quota:
      return "a limit of the account was reached: {}";
    case Errc::too_long:
    case Errc::bad_syntax:
    case Errc::out_of_range:
    case Errc::unsupported:
      return "it was not understood: {}";
    case Errc::timeout:
      return "time ran out: {}";
    case Errc::closed:
    case Errc::reset:
    case Errc::cancelled:
      return "it was broken off: {}";
    case Errc::refused:
      return "it was refused: {}";
    case Errc::tls:
    case Errc::untrusted:
      return "TLS failed: {}";
    case Errc::digest_mismatch:
    case Errc::corrupt:
      return "it is damaged: {}";
    case Errc::io:
      break;
  }
  return "the server could not do it: {}";
}

}  // namespace

std::optional<Language> parse_language(std::string_view tag) {
  const std::string_view primary = tag.substr(0, tag.find_first_of("-_"));
  if (equals_ignoring_case(primary, "en")) return Language::english;
  if (equals_ignoring_case(primary, "zh")) return Language::chinese;
  return std::nullopt;
}

std::string language_feature(Language in_use) {
  return in_use == Language::english ? "LANG EN*;ZH" : "LANG EN;ZH*";
}

std::string fill_text(Language language, int row, const std::vector<std::string>& arguments) {
  CHECK(row >= 0 && row < static_cast<int>(std::size(kTexts)));
  const TextRow& text = kTexts[row];
  const std::string_view form = language == Language::chinese ? text.chinese : text.english;
  if (arguments.empty()) return std::string(form);
  fmt::dynamic_format_arg_store<fmt::format_context> store;
  for (const std::string& argument : arguments) store.push_back(std::string_view(argument));
  return fmt::vformat(form, store);
}

std::string text_of(const Error& error, Language language) {
  if (language == Language::english) return error.context;
  if (error.text >= 0) return fill_text(language, error.text, error.arguments);
  if (const int row = find_text(error.context); row >= 0) return fill_text(language, row, {});
  return fill_text(language, kind_text(error.kind).row, {error.context});
}

}  // namespace ferry
