#include "client/engine/features.h"

#include <strings.h>

#include <algorithm>

namespace ferry::client {
namespace {

std::string_view first_word(std::string_view line) {
  return line.substr(0, line.find(' '));
}

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

Features::Features(const ftp::Reply& reply) {
  if (reply.code != 211 || reply.lines.size() < 3) return;
  for (std::size_t i = 1; i + 1 < reply.lines.size(); ++i) {
    const std::string& line = reply.lines[i];
    const auto start = line.find_first_not_of(' ');
    if (start != std::string::npos) lines_.push_back(line.substr(start));
  }
}

bool Features::has(std::string_view name) const {
  for (const auto& line : lines_) {
    if (same_word(first_word(line), name)) return true;
  }
  return false;
}

bool Features::has_site(std::string_view command) const {
  for (const auto& line : lines_) {
    std::string_view rest = line;
    if (!same_word(first_word(rest), "SITE")) continue;
    rest.remove_prefix(std::min(rest.size(), first_word(rest).size() + 1));
    while (!rest.empty()) {
      const std::size_t end = rest.find_first_of("; *");
      if (same_word(rest.substr(0, end), command)) return true;
      rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    }
  }
  return false;
}

std::string Features::parameters(std::string_view name) const {
  for (const auto& line : lines_) {
    const std::string_view word = first_word(line);
    if (same_word(word, name) && word.size() < line.size()) return line.substr(word.size() + 1);
  }
  return "";
}

}  // namespace ferry::client
