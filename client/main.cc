// ferry: the client. Reads the command line, sets up what belongs to the process, runs one command.
#include <clocale>
#include <cstdlib>
#include <exception>

#include "client/cli/commands.h"
#include "client/line/display.h"
#include "client/line/exit_code.h"
#include "client/line/signals.h"
#include "client/shell/shell.h"

namespace {

// Where no language is chosen at all (containers, cron) names are UTF-8 all the same.
void set_locale() {
  std::setlocale(LC_ALL, "");
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && value[0] != '\0') return;
  }
  std::setlocale(LC_CTYPE, "C.UTF-8");
}

int run(int argc, char** argv) {
  using namespace ferry::client;
  int exit_code = kExitUsage;
  const auto options = parse_command_line(argc, argv, exit_code);
  if (!options) return exit_code;
  Cancel cancel;
  install_signals(cancel);
  if (options->verb != Verb::shell) return run_command(*options, cancel);
  return Shell(*options, cancel).run();
}

}  // namespace

int main(int argc, char** argv) {
  set_locale();
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    ferry::client::print_error(e.what());
    return ferry::client::kExitFailure;
  }
}
