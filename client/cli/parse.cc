#include "client/cli/parse.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "client/cli/common.h"
#include "client/cli/completion.h"
#include "client/cli/full_screen_words.h"
#include "client/cli/help.h"
#include "client/cli/tree.h"
#include "client/line/exit_code.h"
#include "client/line/json_lines.h"
#include "shared/base/version.h"

namespace ferry::client {
namespace {

constexpr const char* kFooter =
    "A URL is ftp://USER@HOST:PORT/PATH (encrypted with AUTH TLS) or ftps://… (TLS from the start); "
    "SITE:PATH\n"
    "on a saved site can stand in its place. With -s HOST the operands are plain remote paths.\n"
    "`ferry help COMMAND` shows a command's options, `ferry help exit-codes` and `ferry help urls` the\n"
    "rest; all of it is in ferry(1).";

// A first word that is no command is told by itself: CLI11 would only say that it was not expected. "" when
// there is none.
std::string wrong_command(CLI::App& app, int argc, char** argv) {
  CLI::App* at = &app;
  for (int i = 1; i < argc && argv[i][0] != '-'; ++i) {
    CLI::App* next = sub_command_of(*at, argv[i]);
    if (next == nullptr) return no_such_command(*at, argv[i]);
    if (sub_commands_of(*next).empty()) break;
    at = next;
  }
  return "";
}

}  // namespace

std::optional<Invocation> parse_command_line(int argc, char** argv, int& exit_code) {
  if (argc > 1 && std::string_view(argv[1]) == kCompleteVerb) {
    exit_code = run_complete({argv + 2, argv + argc});
    return std::nullopt;
  }
  RawOptions raw;
  CLI::App app{"Moves files between this machine and FTP servers, encrypted.", "ferry"};
  app.set_version_flag("--version", std::string("ferry ") + kVersion);
  app.set_help_flag("-h,--help", "this help");
  app.footer(kFooter);
  app.require_subcommand(0, 1);
  const Parsers parsers = add_commands(app, raw);
  std::vector<std::string> help_about;
  CLI::App* help = add_help_command(app, help_about);
  auto screen_words = full_screen_words(argc, argv);
  if (const std::string wrong = screen_words ? "" : wrong_command(app, argc, argv); !wrong.empty()) {
    exit_code = usage_error(wrong);
    return std::nullopt;
  }
  try {
    if (screen_words) {
      std::ranges::reverse(*screen_words);  // as CLI11 takes them
      app.parse(*screen_words);
    } else {
      app.parse(argc, argv);
    }
  } catch (const CLI::ParseError& e) {
    // CLI11 prints help and version itself, with code 0; its own error codes start at 100.
    exit_code = app.exit(e) == 0 ? kExitDone : kExitUsage;
    if (exit_code != kExitDone) emit_json("error", error_fields(Error{Errc::bad_syntax, e.what()}));
    return std::nullopt;
  }
  if (help->parsed()) {
    exit_code = show_help(app, help_about);
    return std::nullopt;
  }
  const auto used = std::ranges::find_if(parsers, [](const auto& row) { return row.second->parsed(); });
  if (used == parsers.end()) {
    fmt::print(stderr, "{}", app.help());
    exit_code = kExitUsage;
    emit_json("error", error_fields(Error{Errc::bad_syntax, "a command is needed"}));
    return std::nullopt;
  }
  if (const std::string wrong = convert(raw); !wrong.empty()) {
    exit_code = usage_error(wrong);
    return std::nullopt;
  }
  return Invocation{used->first, std::move(raw.options)};
}

}  // namespace ferry::client
