#include "shared/ftp/fact_changes.h"

#include <fmt/core.h>

#include "shared/base/ascii.h"

namespace ferry::ftp {

namespace {

constexpr unsigned kMaxMode = 0777;  // no set-user-id and the like from outside
constexpr std::size_t kTimeWithoutSeconds = 12;

Status take_fact(std::string_view name, std::string_view value, FactChange& change) {
  const bool is_time = equals_ignoring_case(name, "modify"),
             is_mode = equals_ignoring_case(name, "UNIX.mode");
  if (!is_time && !is_mode) return fail(Errc::unsupported, "Only modify and UNIX.mode can be changed");
  if (is_time ? change.modified.has_value() : change.unix_mode.has_value())
    return fail(Errc::bad_syntax, "A fact stands there twice");
  if (is_time) {
    auto when = parse_ftp_time(value);
    if (!when) return tl::unexpected(when.error());
    change.modified = *when;
    return {};
  }
  change.unix_mode = parse_permissions(value);
  if (!change.unix_mode) return fail(Errc::bad_syntax, "UNIX.mode is octal, up to 777");
  return {};
}

std::optional<WallTime> utime(std::string_view text) {
  std::string digits(text);
  if (digits.size() == kTimeWithoutSeconds) digits += "00";
  const auto when = parse_ftp_time(digits);
  return when ? std::optional(*when) : std::nullopt;
}

// Takes the last word off `text`; "" if there is none in front of it any more.
std::string_view take_last_word(std::string_view& text) {
  const std::size_t space = text.rfind(' ');
  if (space == text.npos || space == 0) return {};
  const std::string_view word = text.substr(space + 1);
  text = text.substr(0, space);
  return word;
}

}  // namespace

std::optional<unsigned> parse_permissions(std::string_view text) {
  unsigned mode = 0;
  if (text.empty() || text.size() > 4) return std::nullopt;
  for (const char digit : text) {
    if (digit < '0' || digit > '7') return std::nullopt;
    mode = mode * 8 + static_cast<unsigned>(digit - '0');
  }
  return mode <= kMaxMode ? std::optional(mode) : std::nullopt;
}

Result<FactChange> parse_fact_change(std::string_view argument) {
  const auto bad = [] { return fail(Errc::bad_syntax, "MFF takes fact=value; and a path"); };
  const std::size_t space = argument.find(' ');
  if (space == argument.npos || space + 1 == argument.size()) return bad();
  FactChange change;
  change.path = argument.substr(space + 1);
  std::string_view facts = argument.substr(0, space);
  if (!facts.ends_with(';')) return bad();
  while (!facts.empty()) {
    const std::size_t semicolon = facts.find(';');
    const std::string_view fact = facts.substr(0, semicolon);
    const std::size_t equals = fact.find('=');
    if (equals == fact.npos || equals == 0) return bad();
    if (auto taken = take_fact(fact.substr(0, equals), fact.substr(equals + 1), change); !taken)
      return tl::unexpected(taken.error());
    facts.remove_prefix(semicolon + 1);
  }
  return change;
}

std::string format_fact_change(const FactChange& change) {
  std::string text;
  if (change.modified) text += fmt::format("Modify={};", ftp_time(*change.modified));
  if (change.unix_mode) text += fmt::format("UNIX.mode={:04o};", *change.unix_mode);
  return text + " " + change.path;
}

Result<FactChange> parse_utime(std::string_view argument) {
  FactChange change;
  std::string_view path = argument;
  if (equals_ignoring_case(take_last_word(path), "UTC")) {
    const auto created = utime(take_last_word(path)), modified = utime(take_last_word(path)),
               accessed = utime(take_last_word(path));
    if (created && modified && accessed) {
      change.modified = modified;
      change.path = path;
      return change;
    }
  }
  const std::size_t space = argument.find(' ');
  change.modified = utime(argument.substr(0, space));
  if (!change.modified || space == argument.npos || space + 1 == argument.size()) {
    return fail(Errc::bad_syntax,
                "SITE UTIME takes YYYYMMDDhhmmss and a path, or a path, three such times and UTC");
  }
  change.path = argument.substr(space + 1);
  return change;
}

}  // namespace ferry::ftp
