// The command line of ferry: which sub-command, with which options.
#pragma once

#include <optional>

#include "client/cli/command.h"

namespace ferry::client {

struct Invocation {
  const Command* command = nullptr;
  Options options;
};

// Prints help, version or what is wrong itself. nullopt: nothing is left to do, `exit_code` is set.
std::optional<Invocation> parse_command_line(int argc, char** argv, int& exit_code);

}  // namespace ferry::client
