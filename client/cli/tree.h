// The parser's tree that the table's rows make: help and completion walk it as parsing does. CLI11 inside
// client/cli alone.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "client/cli/command.h"
#include "client/cli/option_groups.h"

namespace ferry::client {

// A sub-command per row, one in between for what several rows have in common.
using Parsers = std::map<const Command*, CLI::App*>;
Parsers add_commands(CLI::App& app, RawOptions& raw);

// nullptr when it has none of that name.
CLI::App* sub_command_of(CLI::App& app, const std::string& name);
std::vector<std::string> sub_commands_of(CLI::App& app);

// "there is no command gte; did you mean get?"
std::string no_such_command(CLI::App& app, const std::string& name);

}  // namespace ferry::client
