#include "client/cli/full_screen_words.h"

#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "client/cli/command.h"
#include "client/engine/sites_file.h"

namespace ferry::client {
namespace {

// "get", and "trust" of "trust list"; a saved site of that name is opened as `ferry open NAME:`.
bool is_command_word(std::string_view word) {
  const std::string group = std::string(word) + " ";
  return word == "help" || std::ranges::any_of(commands(), [&](const Command& command) {
           return command.name == word || command.name.starts_with(group);
         });
}

}  // namespace

std::optional<std::vector<std::string>> full_screen_words(int argc, char** argv) {
  if (argc == 1) {
    const bool has_screen = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
    return has_screen ? std::optional(std::vector<std::string>{"open"}) : std::nullopt;
  }
  std::string place = argv[1];
  if (place.starts_with('-') || is_command_word(place)) return std::nullopt;
  if (place.find(':') == place.npos) {
    if (!is_site_name(place) || !SitesFile().find(place)) return std::nullopt;
    place += ':';
  }
  std::vector<std::string> words{"open", place};
  words.insert(words.end(), argv + 2, argv + argc);
  return words;
}

}  // namespace ferry::client
