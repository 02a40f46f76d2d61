// ferry: the client. Reads the command line, sets up what belongs to the process, runs one command.
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

#include "client/cli/common.h"
#include "client/cli/parse.h"
#include "client/line/exit_code.h"
#include "client/line/json_lines.h"
#include "client/line/no_core.h"
#include "client/line/output.h"
#include "client/line/signals.h"

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

// Asked before the command line is parsed: what is wrong with it is told as JSON, too.
bool asks_for_json(int argc, char** argv) {
  for (int i = 1; i < argc && std::strcmp(argv[i], "--") != 0; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) return true;
  }
  return false;
}

int run_command(int argc, char** argv) {
  using namespace ferry::client;
  int exit_code = kExitUsage;
  const auto invocation = parse_command_line(argc, argv, exit_code);
  if (!invocation) return exit_code;
  if (auto ready = set_output(invocation->options); !ready) return report(ready.error());
  Cancel cancel;
  install_signals(cancel);
  return invocation->command->run(invocation->options, cancel);
}

int run(int argc, char** argv) {
  using namespace ferry::client;
  try {
    return run_command(argc, argv);
  } catch (const std::exception& e) {
    print_error(e.what());
    emit_json("error", error_fields(ferry::Error{ferry::Errc::io, e.what()}));
    return kExitFailure;
  }
}

// What was printed must have gone somewhere: a full disk behind `ferry ls > list` is a failure. A reader that
// has seen enough (`ferry ls | head`) needs no words about it.
int with_output_written(int exit_code) {
  errno = 0;
  const bool failed_before = std::ferror(stdout) != 0;
  if (std::fflush(stdout) == 0 && !failed_before) return exit_code;
  if (errno != EPIPE) {
    const std::string why = errno != 0 ? std::string(": ") + std::strerror(errno) : std::string();
    ferry::client::print_error("cannot write to standard output" + why);
  }
  return ferry::client::kExitFailure;
}

}  // namespace

int main(int argc, char** argv) {
  set_locale();
  ferry::client::forbid_core_dumps();
  if (asks_for_json(argc, argv)) ferry::client::start_json_lines();
  const int exit_code = with_output_written(run(argc, argv));
  ferry::client::emit_summary(exit_code);
  return with_output_written(exit_code);
}
