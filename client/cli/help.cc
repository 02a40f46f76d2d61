#include "client/cli/help.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

#include "client/cli/common.h"
#include "client/cli/tree.h"
#include "client/line/exit_code.h"

namespace ferry::client {
namespace {

std::string exit_codes_text() {
  std::string text = "How ferry ends. The numbers never change.\n\n";
  for (const auto& row : exit_code_rows())
    text += fmt::format("  {:>3}  {}\n", static_cast<int>(row.code), row.meaning);
  return text;
}

std::string urls_text() {
  return "How remote files and folders are named.\n\n"
         "  ftp://USER@HOST:PORT/PATH   encrypted with AUTH TLS; port 21, unless it is named\n"
         "  ftps://USER@HOST:PORT/PATH  TLS from the start; port 990\n"
         "  -s HOST [-P PORT] [-u USER] the operands are plain paths on that server\n\n"
         "PATH begins in the folder that the login begins in; with a second slash (ftp://host//etc/motd) at "
         "the\n"
         "root. %20 and its kind stand for what an address cannot hold: a blank is %20, % is %25, # is %23.\n"
         "IPv6 addresses stand in brackets: ftp://[2001:db8::1]/.\n"
         "Without USER ~/.netrc says who, else it is anonymous. A password in an address is refused: "
         "everybody\n"
         "on the machine could read it. It is asked for, or comes from --password-file, --password-fd or\n"
         "~/.netrc.\n"
         "- is standard input (ferry put - URL) or output (ferry get URL -o -).\n";
}

constexpr std::array kTopics{
    HelpTopic{"exit-codes", "what the exit codes mean", exit_codes_text},
    HelpTopic{"urls", "how remote files and folders are named", urls_text},
};

}  // namespace

std::span<const HelpTopic> help_topics() {
  return kTopics;
}

CLI::App* add_help_command(CLI::App& app, std::vector<std::string>& about) {
  CLI::App* help = app.add_subcommand("help", "show how a command is used");
  help->add_option("command", about, "which one, or exit-codes, or urls")->type_name("COMMAND|TOPIC");
  help->footer("Examples:\n  ferry help get\n  ferry help exit-codes");
  return help;
}

int show_help(CLI::App& app, const std::vector<std::string>& about) {
  const auto topic =
      about.size() == 1 ? std::ranges::find(kTopics, about.front(), &HelpTopic::name) : kTopics.end();
  if (topic != kTopics.end()) {
    fmt::print("{}", topic->text());
    return kExitDone;
  }
  CLI::App* at = &app;
  std::string before;  // "ferry trust", for the usage line
  for (const std::string& word : about) {
    CLI::App* next = sub_command_of(*at, word);
    if (next == nullptr) return usage_error(no_such_command(*at, word));
    before += (before.empty() ? "" : " ") + at->get_name();
    at = next;
  }
  fmt::print("{}", at->help(before));
  return kExitDone;
}

}  // namespace ferry::client
