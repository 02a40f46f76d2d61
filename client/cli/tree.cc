#include "client/cli/tree.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "client/line/nearest_word.h"

namespace ferry::client {
namespace {

// "trust list" -> "trust", "list"; "get" -> "", "get".
std::pair<std::string, std::string> split_name(std::string_view name) {
  const auto blank = name.find(' ');
  if (blank == name.npos) return {"", std::string(name)};
  return {std::string(name.substr(0, blank)), std::string(name.substr(blank + 1))};
}

}  // namespace

CLI::App* sub_command_of(CLI::App& app, const std::string& name) {
  const auto named = app.get_subcommands([&](const CLI::App* sub) { return sub->get_name() == name; });
  return named.empty() ? nullptr : named.front();
}

std::vector<std::string> sub_commands_of(CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(sub->get_name());
  }
  return names;
}

Parsers add_commands(CLI::App& app, RawOptions& raw) {
  Parsers parsers;
  for (const Command& command : commands()) {
    const auto [group, name] = split_name(command.name);
    CLI::App* parent = &app;
    if (!group.empty()) {
      parent = sub_command_of(app, group);
      if (parent == nullptr) parent = app.add_subcommand(group, group_summary(group))->require_subcommand(1);
    }
    CLI::App* parser = parent->add_subcommand(name, command.summary);
    add_options(*parser, command, raw);
    parser->footer(std::string("Examples:\n") + command.examples);
    parsers[&command] = parser;
  }
  return parsers;
}

std::string no_such_command(CLI::App& app, const std::string& name) {
  const std::string near = nearest_word(name, sub_commands_of(app));
  const std::string whole = app.get_parent() == nullptr ? name : app.get_name() + " " + name;
  if (near.empty()) return "there is no command " + whole + "; `ferry help` lists them";
  return "there is no command " + whole + "; did you mean " + near + "?";
}

}  // namespace ferry::client
