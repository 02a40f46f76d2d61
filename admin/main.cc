// ftpadm: the command line. Exit codes: admin/outcome.h, ftpadm(8).
#include <CLI/CLI.hpp>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <exception>
#include <sstream>

#include "admin/commands.h"
#include "shared/base/terminal_text.h"
#include "shared/base/version.h"

namespace ferry::admin {

namespace {

void complain(std::string_view sentence) {
  std::fprintf(stderr, "ftpadm: %s\n", terminal_safe(sentence).c_str());
}

void describe_all(CLI::App& app, Arguments& arguments) {
  app.name("ftpadm");
  app.add_option("-c,--config", arguments.config_file,
                 "ferryd's configuration (default: the one ferryd would read)")
      ->type_name("FILE");
  app.add_option("--set", arguments.sets,
                 "sets one of ferryd's options, over what the file says; may be repeated")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->take_all();
  app.set_version_flag("--version", std::string("ftpadm ") + kVersion);
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(
      "Exit codes: 0 done, 1 failure, 2 usage, 3 no such account, 4 exists already, 5 check found something "
      "that is"
      " not fixed, 9 needs --yes.");
  for (const Command& command : commands()) {
    CLI::App* sub = app.add_subcommand(command.name, command.meaning);
    command.describe(*sub, arguments);
  }
}

// Words that nobody expected are not repeated: one of them may be a password.
int explain(CLI::App& app, const CLI::ParseError& error) {
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    complain("there are words too many on the command line, or an unknown option; see ftpadm --help");
    return static_cast<int>(ExitCode::usage);
  }
  std::ostringstream out, err;
  const int code = app.exit(error, out, err);
  std::fputs(out.str().c_str(), stdout);
  std::istringstream lines(err.str());
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) complain(line);
  }
  return static_cast<int>(code == 0 ? ExitCode::done : ExitCode::usage);
}

ExitCode run(const CLI::App& app, const Arguments& arguments) {
  for (const Command& command : commands()) {
    if (!app.got_subcommand(command.name)) continue;
    const Outcome outcome = command.run(arguments);
    if (!outcome) {
      complain(outcome.error().sentence);
      return outcome.error().code;
    }
  }
  // A full disk or a closed pipe behind stdout is a failure, not a short answer.
  return std::fflush(stdout) == 0 && std::ferror(stdout) == 0 ? ExitCode::done : ExitCode::failure;
}

}  // namespace

}  // namespace ferry::admin

int main(int argc, char** argv) {
  std::setlocale(LC_CTYPE, "");
  std::signal(SIGPIPE, SIG_IGN);
  using namespace ferry::admin;
  try {
    CLI::App app("Ferry's accounts. See ftpadm(8).");
    Arguments arguments;
    describe_all(app, arguments);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return explain(app, error);
    }
    return static_cast<int>(run(app, arguments));
  } catch (const std::exception& error) {
    complain(error.what());
    return static_cast<int>(ExitCode::failure);
  }
}
