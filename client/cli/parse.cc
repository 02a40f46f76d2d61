#include "client/cli/parse.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/common.h"
#include "client/cli/option_groups.h"
#include "client/line/exit_code.h"
#include "client/line/json_lines.h"
#include "shared/base/version.h"

namespace ferry::client {
namespace {

constexpr const char* kFooter =
    "A URL is ftp://USER@HOST:PORT/PATH (encrypted with AUTH TLS) or ftps://… (TLS from the start); "
    "SITE:PATH\n"
    "on a saved site can stand in its place. With -s HOST the operands are plain remote paths.\n"
    "`ferry help COMMAND` shows a command's options; exit codes: ferry(1).";

// "trust list" -> "trust", "list"; "get" -> "", "get".
std::pair<std::string, std::string> split_name(std::string_view name) {
  const auto blank = name.find(' ');
  if (blank == name.npos) return {"", std::string(name)};
  return {std::string(name.substr(0, blank)), std::string(name.substr(blank + 1))};
}

// nullptr when it has none of that name.
CLI::App* sub_command_of(CLI::App& app, const std::string& name) {
  const auto named = app.get_subcommands([&](const CLI::App* sub) { return sub->get_name() == name; });
  return named.empty() ? nullptr : named.front();
}

// The parser's tree: a sub-command per row, one in between for what several rows have in common.
using Parsers = std::map<const Command*, CLI::App*>;
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

int show_help(CLI::App& app, const std::vector<std::string>& about) {
  CLI::App* at = &app;
  for (const std::string& word : about) {
    at = sub_command_of(*at, word);
    if (at == nullptr) return usage_error("there is no command " + word + "; `ferry help` lists them");
  }
  fmt::print("{}", at->help());
  return kExitDone;
}

}  // namespace

std::optional<Invocation> parse_command_line(int argc, char** argv, int& exit_code) {
  RawOptions raw;
  CLI::App app{"Moves files between this machine and FTP servers, encrypted.", "ferry"};
  app.set_version_flag("--version", std::string("ferry ") + kVersion);
  app.set_help_flag("-h,--help", "this help");
  app.footer(kFooter);
  app.require_subcommand(0, 1);
  const Parsers parsers = add_commands(app, raw);
  std::vector<std::string> help_about;
  CLI::App* help = app.add_subcommand("help", "show how a command is used");
  help->add_option("command", help_about, "which one")->type_name("COMMAND");
  try {
    app.parse(argc, argv);
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
