#include "shared/ftp/path.h"

#include <fmt/core.h>

#include "shared/base/utf8.h"

namespace ferry::ftp {

namespace {

constexpr std::size_t kLongestComponent = 255;
constexpr std::size_t kLongestPath = 4000;
constexpr std::string_view kForbidden("\0\r\n", 3);

// Calls `each` for every component between slashes, empty ones too, until it returns false.
template <typename Each>
void for_components(std::string_view path, Each each) {
  while (true) {
    const std::size_t slash = path.find('/');
    if (!each(path.substr(0, slash)) || slash == path.npos) return;
    path.remove_prefix(slash + 1);
  }
}

void append_tidy(std::string& absolute, std::string_view path) {
  for_components(path, [&absolute](std::string_view component) {
    if (component.empty() || component == ".") return true;
    if (component == "..") {
      absolute.resize(absolute.empty() ? 0 : absolute.rfind('/'));
    } else {
      absolute.append(1, '/').append(component);
    }
    return true;
  });
}

// One character of a name or pattern: a code point, or a byte that is not UTF-8, kept apart from every code
// point.
char32_t take_char(std::string_view& text) {
  constexpr char32_t kBeyondUnicode = 0x110000;
  const Utf8Char next = decode_utf8(text);
  const char32_t code = next.is_valid ? next.code : kBeyondUnicode + static_cast<unsigned char>(text.front());
  text.remove_prefix(next.length);
  return code;
}

// What stands behind the '[' of a set. False if it has no ']' and so is no set; else `pattern` is moved
// behind the ']'.
bool take_set(std::string_view& pattern, char32_t c, bool& is_member) {
  std::string_view rest = pattern;
  const bool is_negated = !rest.empty() && (rest.front() == '!' || rest.front() == '^');
  if (is_negated) rest.remove_prefix(1);
  bool found = false;
  for (bool is_first = true; !rest.empty(); is_first = false) {
    const char32_t low = take_char(rest);
    if (low == ']' && !is_first) {
      is_member = found != is_negated;
      pattern = rest;
      return true;
    }
    char32_t high = low;
    if (rest.size() >= 2 && rest[0] == '-' && rest[1] != ']') {
      rest.remove_prefix(1);
      high = take_char(rest);
    }
    found = found || (low <= c && c <= high);
  }
  return false;
}

// Matches one element of the pattern that is not '*' against one character; moves `pattern` behind it. The
// last `bytes_without_close` bytes of the pattern hold no ']', so that a '[' there need not be searched for
// its end.
bool match_one(std::string_view& pattern, char32_t c, std::size_t bytes_without_close) {
  const char32_t wanted = take_char(pattern);
  if (wanted == '?') return true;
  bool is_member = false;
  if (wanted == '[' && pattern.size() > bytes_without_close && take_set(pattern, c, is_member))
    return is_member;
  return wanted == c;
}

}  // namespace

std::string join_path(std::string_view base, std::string_view path) {
  std::string absolute;
  if (path.empty() || path.front() != '/') append_tidy(absolute, base);
  append_tidy(absolute, path);
  return absolute.empty() ? "/" : absolute;
}

std::string_view parent_path(std::string_view absolute) {
  const std::size_t slash = absolute.rfind('/');
  if (slash == absolute.npos || slash == 0) return "/";
  return absolute.substr(0, slash);
}

std::string_view leaf_name(std::string_view absolute) {
  const std::size_t slash = absolute.rfind('/');
  return slash == absolute.npos ? absolute : absolute.substr(slash + 1);
}

Status check_path_bytes(std::string_view path) {
  if (path.empty()) return fail(Errc::name_refused, "name is empty");
  if (path.size() > kLongestPath)
    return fail(Errc::name_refused, fmt::format("path longer than {} bytes", kLongestPath));
  if (path.find_first_of(kForbidden) != path.npos)
    return fail(Errc::name_refused, "line breaks and NUL are not allowed in names");
  bool fits = true;
  for_components(
      path, [&fits](std::string_view component) { return fits = component.size() <= kLongestComponent; });
  if (!fits) return fail(Errc::name_refused, fmt::format("name longer than {} bytes", kLongestComponent));
  return {};
}

std::string quote_path(std::string_view path) {
  std::string quoted = "\"";
  for (const char c : path) quoted.append(c == '"' ? 2 : 1, c);
  return quoted += '"';
}

Result<std::string> unquote_path(std::string_view reply_text) {
  std::string path;
  for (std::size_t i = reply_text.find('"'); i != reply_text.npos && ++i < reply_text.size();) {
    const std::size_t quote = reply_text.find('"', i);
    if (quote == reply_text.npos) break;
    path += reply_text.substr(i, quote - i);
    if (quote + 1 == reply_text.size() || reply_text[quote + 1] != '"') return path;
    path += '"';
    i = quote + 1;
  }
  return fail(Errc::bad_syntax, "no quoted path in the reply");
}

bool is_safe_component(std::string_view name) {
  if (name.empty() || name == "." || name == ".." || name.size() > kLongestComponent) return false;
  return name.find('/') == name.npos && name.find_first_of(kForbidden) == name.npos;
}

// Only the last '*' is ever tried again: what an earlier one took can stay as it is, so the work is at most
// pattern times name.
bool glob_match(std::string_view pattern, std::string_view name) {
  std::string_view star_pattern, star_name;
  bool has_star = false;
  const std::size_t bytes_without_close = pattern.size() - (pattern.rfind(']') + 1);  // npos + 1 is 0
  while (true) {
    if (!pattern.empty() && pattern.front() == '*') {
      pattern.remove_prefix(1);
      star_pattern = pattern;
      star_name = name;
      has_star = true;
      continue;
    }
    if (name.empty()) return pattern.empty();
    if (!pattern.empty() && match_one(pattern, take_char(name), bytes_without_close)) continue;
    if (!has_star || star_name.empty()) return false;
    take_char(star_name);
    pattern = star_pattern;
    name = star_name;
  }
}

}  // namespace ferry::ftp
