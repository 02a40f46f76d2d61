#include "client/engine/dialogue.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace ferry::client {
namespace {

constexpr std::array<std::string_view, 3> kSecretVerbs{"PASS", "ACCT", "ADAT"};
constexpr std::array<std::string_view, 12> kOpenSiteWords{"BREAKPOINT", "CHMOD", "HELP",  "IDLE",
                                                          "INFO",       "MKDIR", "QUOTA", "RMDIR",
                                                          "SYMLINK",    "UMASK", "UTIME", "WHO"};

template <std::size_t N>
bool is_among(const std::array<std::string_view, N>& words, std::string_view word) {
  std::string upper(word);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return std::find(words.begin(), words.end(), upper) != words.end();
}

}  // namespace

std::string shown_command(std::string_view verb, std::string_view argument) {
  std::string line(verb);
  if (argument.empty()) return line;
  line += ' ';
  if (is_among(kSecretVerbs, verb)) return line + "****";
  const auto end = std::min(argument.find(' '), argument.size());
  const bool is_site = is_among(std::array<std::string_view, 1>{"SITE"}, verb);
  if (!is_site || end == argument.size() || is_among(kOpenSiteWords, argument.substr(0, end)))
    return line.append(argument);
  return line.append(argument.substr(0, end)) + " ****";
}

std::vector<std::string> shown_reply(const ftp::Reply& reply) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < reply.lines.size(); ++i)
    lines.push_back(std::to_string(reply.code) + (i + 1 < reply.lines.size() ? "-" : " ") + reply.lines[i]);
  return lines;
}

}  // namespace ferry::client
