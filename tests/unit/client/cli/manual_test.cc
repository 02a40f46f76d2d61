// man/ferry.1 against the tables: what there is stands in it, and what stands in it is there.
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "client/cli/command.h"
#include "client/cli/help.h"
#include "client/cli/tree.h"
#include "client/line/exit_code.h"
#include "client/shell/commands.h"

namespace ferry::client {
namespace {

using Names = std::set<std::string>;

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

// The words of a macro, quotes taken off: of two fonts they stand side by side, of one apart.
std::string text_of_macro(const std::string& line) {
  const auto blank = line.find(' ');
  if (blank == line.npos) return "";
  const bool is_mixed = blank == 3;  // ".BR"
  std::string text, word;
  bool is_quoted = false;
  for (const char c : line.substr(blank + 1) + " ") {
    if (c == '"') {
      is_quoted = !is_quoted;
    } else if (c == ' ' && !is_quoted) {
      text += word + (is_mixed ? "" : " ");
      word.clear();
    } else {
      word += c;
    }
  }
  if (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

// Without roff; a line per line of the source.
std::string plain(std::string line) {
  if (line.rfind(".B", 0) == 0 || line.rfind(".I", 0) == 0) line = text_of_macro(line);
  for (const char* font : {"\\fB", "\\fI", "\\fR", "\\&"}) line = replaced(line, font, "");
  return replaced(replaced(line, "\\-", "-"), "\\(aq", "'");
}

// The source of the section, "" for the whole page.
std::vector<std::string> source_of(const std::string& section) {
  std::ifstream page("man/ferry.1");
  EXPECT_TRUE(page) << "the tests run in the repository's top folder";
  std::vector<std::string> lines;
  bool is_inside = section.empty();
  for (std::string line; std::getline(page, line);) {
    if (line.rfind(".SH ", 0) == 0) is_inside = section.empty() || line == ".SH " + section;
    if (is_inside) lines.push_back(line);
  }
  EXPECT_FALSE(lines.empty()) << section;
  return lines;
}

std::string text_of(const std::string& section) {
  std::string text;
  for (const auto& line : source_of(section)) text += plain(line) + "\n";
  return text;
}

Names matches(const std::string& text, const char* pattern) {
  Names found;
  const std::regex expression(pattern);
  for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at)
    found.insert((*at)[1]);
  return found;
}

struct Tree {
  RawOptions raw;
  CLI::App app{"", "ferry"};
  std::vector<std::string> about;
  Parsers parsers;
  Tree() {
    app.set_version_flag("--version", std::string());
    parsers = add_commands(app, raw);
    add_help_command(app, about);
  }
};

TEST(Manual, HasEverySubCommandInItsSynopsisAndNoOther) {
  Tree tree;
  std::string synopsis = text_of("SYNOPSIS");
  Names commands_there;
  for (const auto& name : sub_commands_of(tree.app)) commands_there.insert(name);
  EXPECT_EQ(matches(synopsis, "(?:^|\n)ferry ([a-z]+)"), commands_there);
  for (const Command& command : commands()) {
    const auto blank = command.name.find(' ');
    if (blank == command.name.npos) continue;
    const std::string group(command.name.substr(0, blank)), name(command.name.substr(blank + 1));
    std::string uses;  // a group may have several lines
    for (auto at = synopsis.find("ferry " + group); at != synopsis.npos;
         at = synopsis.find("ferry " + group, at + 1))
      uses += synopsis.substr(at, synopsis.find(".br", at) - at);
    ASSERT_FALSE(uses.empty()) << group;
    EXPECT_TRUE(std::regex_search(uses, std::regex("\\b" + name + "\\b"))) << command.name << " in " << uses;
  }
}

TEST(Manual, ExplainsEverySubCommand) {
  Tree tree;
  const std::string description = text_of("DESCRIPTION");
  for (const auto& name : sub_commands_of(tree.app)) {
    std::string section = name;  // of its own
    std::ranges::transform(section, section.begin(),
                           [](char c) { return static_cast<char>(std::toupper(c)); });
    const bool is_explained = description.find(".TP\n" + name) != description.npos ||
                              text_of("").find(".SH " + section) != std::string::npos;
    EXPECT_TRUE(is_explained) << name;
  }
}

TEST(Manual, HasEveryOptionAndNoOther) {
  Tree tree;
  Names options{"help", "version"};
  Names letters{"h"};
  for (const auto& [command, parser] : tree.parsers) {
    for (const CLI::Option* option : parser->get_options()) {
      for (const auto& name : option->get_lnames()) options.insert(name);
      for (const auto& name : option->get_snames()) letters.insert(name);
    }
  }
  const std::string page = text_of("");
  EXPECT_EQ(matches(page, "--([a-z][a-z-]*[a-z])"), options);
  // A letter alone is an option where it heads a paragraph: "-s, --server HOST".
  const std::string explained = text_of("OPTIONS");
  EXPECT_EQ(matches(explained, "\n-([A-Za-z]), --"), letters);
}

TEST(Manual, HasEveryShellCommandWithItsFlagsAndNoOther) {
  const std::vector<std::string> lines = source_of("SHELL");
  std::string heads;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (lines[i - 1] == ".TP") heads += plain(lines[i]) + "\n";
  }
  Names there;
  for (const auto& name : shell_command_names()) there.insert(name == "?" ? "help" : name);
  EXPECT_EQ(matches(heads, "(?:^|\n|, )([a-z][a-z0-9]*)"), there) << heads;
  for (const ShellCommand& command : shell_commands()) {
    std::smatch head;
    const std::regex expression("(?:^|\n|, )" + std::string(command.name) + "\\b([^\n]*)");
    ASSERT_TRUE(std::regex_search(heads, head, expression)) << command.name;
    for (const char flag : command.flags) {
      EXPECT_TRUE(std::regex_search(head[1].str(), std::regex(std::string("-[A-Za-z]*") + flag)))
          << command.name << " " << flag;
    }
  }
}

TEST(Manual, HasEveryExitCodeAndNoOther) {
  Names codes;
  for (const auto& row : exit_code_rows()) {
    codes.insert(std::to_string(row.code));
    EXPECT_NE(text_of("EXIT STATUS").find("\n" + std::to_string(row.code) + "|" + row.meaning + "\n"),
              std::string::npos)
        << row.meaning;
  }
  EXPECT_EQ(matches(text_of("EXIT STATUS"), "\n([0-9]+)\\|"), codes);
}

TEST(Manual, ExamplesOfTheTableAreCommands) {
  Tree tree;
  for (const Command& command : commands()) {
    std::istringstream lines(command.examples);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_EQ(line.substr(0, 2), "  ") << command.name;
      EXPECT_NE(line.find("ferry " + std::string(command.name)), line.npos) << line;
    }
  }
}

}  // namespace
}  // namespace ferry::client
