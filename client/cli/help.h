// `ferry help`: commands, and what belongs to none of them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace ferry::client {

struct HelpTopic {
  std::string_view name;
  const char* summary;
  std::string (*text)();
};
std::span<const HelpTopic> help_topics();

// The command itself, whose operands go to `about`.
CLI::App* add_help_command(CLI::App& app, std::vector<std::string>& about);

// Prints what `about` names: nothing, a topic, or a command ("trust", "list"). The exit code.
int show_help(CLI::App& app, const std::vector<std::string>& about);

}  // namespace ferry::client
