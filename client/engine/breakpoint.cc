#include "client/engine/breakpoint.h"

#include <strings.h>

#include <algorithm>
#include <sstream>

#include "client/engine/reply_error.h"

namespace ferry::client {
namespace {

// A digest of what is there may have to be read from a slow disk first; the server gives signs of life.
constexpr std::chrono::minutes kPatience{2};

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

// False: a value that cannot be meant.
bool take_fact(Breakpoint& breakpoint, std::string_view name, const std::string& value, bool& has_offset) {
  if (same_word(name, "Offset") || same_word(name, "Expected")) {
    const auto number = parse_number(value);
    if (!number) return false;
    if (same_word(name, "Expected")) {
      breakpoint.expected = *number;
      return true;
    }
    breakpoint.offset = *number;
    has_offset = true;
  }
  if (same_word(name, "SHA-256")) {
    if (!is_sha256(value)) return false;
    breakpoint.sha256 = lower(value);
  }
  if (same_word(name, "State")) {
    breakpoint.is_running = !same_word(value, "waiting");
  }
  return true;
}

// nullopt: no entry, as "Unfinished upload" and "Computing SHA-256: …".
std::optional<Breakpoint> parse_entry_line(const std::string& line) {
  const auto end = line.find("; ");
  const auto start = line.find_first_not_of(' ');
  if (end == line.npos || start >= end) return std::nullopt;
  Breakpoint breakpoint;
  breakpoint.path = line.substr(end + 2);
  bool has_offset = false;
  std::istringstream facts(line.substr(start, end - start));
  for (std::string fact; std::getline(facts, fact, ';');) {
    const auto equals = fact.find('=');
    if (equals == fact.npos) return std::nullopt;
    if (!take_fact(breakpoint, std::string_view(fact).substr(0, equals), fact.substr(equals + 1), has_offset))
      return std::nullopt;
  }
  if (!has_offset || breakpoint.path.empty() || breakpoint.path.front() != '/') return std::nullopt;
  return breakpoint;
}

}  // namespace

bool has_breakpoints(const Features& features) {
  return std::any_of(features.lines().begin(), features.lines().end(), [](const std::string& line) {
    std::istringstream words(line);
    std::string word;
    if (!(words >> word) || !same_word(word, "SITE")) return false;
    while (words >> word) {
      if (same_word(word, "BREAKPOINT")) return true;
    }
    return false;
  });
}

Result<Breakpoint> parse_breakpoint(const ftp::Reply& reply, const std::string& path) {
  std::optional<Breakpoint> only;
  std::size_t entries = 0;
  for (const std::string& line : reply.lines) {
    auto entry = parse_entry_line(line);
    if (!entry) continue;
    if (entry->path == path) return std::move(*entry);
    only = std::move(*entry);
    ++entries;
  }
  if (entries == 1) return std::move(*only);
  if (entries > 1) return fail(Errc::not_found, path + ": nothing waits there");
  return fail(Errc::bad_syntax, path + ": the server's answer about unfinished uploads has no entry");
}

Result<std::optional<Breakpoint>> ask_breakpoint(Connection& connection, const std::string& remote) {
  if (!has_breakpoints(connection.features())) return std::optional<Breakpoint>();
  const auto patience = std::max<std::chrono::milliseconds>(kPatience, connection.site().timeout);
  auto reply = connection.slow_command("SITE", "BREAKPOINT " + remote, patience);
  if (!reply) return tl::unexpected(reply.error());
  if (reply->code != 213) return std::optional<Breakpoint>();
  auto breakpoint = parse_breakpoint(*reply, remote);
  return breakpoint ? std::optional(std::move(*breakpoint)) : std::nullopt;
}

}  // namespace ferry::client
