#include "client/cli/completion.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "client/cli/common.h"
#include "client/cli/help.h"
#include "client/cli/tree.h"
#include "client/line/exit_code.h"
#include "client/shell/words.h"
#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

using Words = std::vector<std::string>;

std::vector<std::string> split(std::string_view text, std::string_view separators) {
  Words parts;
  while (!text.empty()) {
    const auto end = text.find_first_of(separators);
    if (end != 0) parts.emplace_back(text.substr(0, end));
    if (end == text.npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

bool takes_value(const CLI::Option& option) {
  return option.get_type_size_max() > 0 && option.get_items_expected_max() > 0;
}

// Checked by convert() instead of CLI11, which would otherwise tell them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kOwnValues{{
    {"--resume", "auto ask always never"},
    {"--verify", "auto sha256 sha512 sha1 md5 none"},
}};

// "BY:{name,size,time}" -> name, size, time
Words values_of(const CLI::Option& option) {
  for (const auto& [name, values] : kOwnValues) {
    if (option.check_name(std::string(name))) return split(values, " ");
  }
  const std::string type = option.get_type_name();
  const auto open = type.find('{');
  const auto close = type.find('}');
  if (open == type.npos || close == type.npos) return {};
  return split(std::string_view(type).substr(open + 1, close - open - 1), ",");
}

bool names_local_files(std::string_view type) {
  return type.find("FILE") != type.npos || type.find("DIR") != type.npos || type.find("LOCAL") != type.npos;
}

// Walks the line as the parser would.
class Line {
 public:
  explicit Line(CLI::App& app) : at_(&app) {}

  void take(const std::string& word) {
    if (awaiting_ != nullptr) {
      awaiting_ = nullptr;
    } else if (!only_operands_ && word == "--") {
      only_operands_ = true;
    } else if (!only_operands_ && word.size() > 1 && word.front() == '-') {
      take_option(word);
    } else if (CLI::App* sub = sub_command_of(*at_, word); sub != nullptr && operands_.empty()) {
      at_ = sub;
    } else {
      operands_.push_back(word);
    }
  }

  CLI::App& at() const { return *at_; }
  const CLI::Option* awaiting() const { return awaiting_; }  // the option whose value comes next
  bool may_be_option() const { return !only_operands_; }
  const Words& operands() const { return operands_; }

 private:
  void take_option(const std::string& word) {
    if (word.find('=') != word.npos) return;
    // Of -rco the last one may want a value; of -oDIR it has it.
    const std::string name = word[1] == '-' ? word : std::string("-") + word.back();
    const CLI::Option* option = at_->get_option_no_throw(name);
    if (option != nullptr && takes_value(*option)) awaiting_ = option;
  }

  CLI::App* at_;
  const CLI::Option* awaiting_ = nullptr;
  bool only_operands_ = false;
  Words operands_;
};

bool begins(std::string_view text, std::string_view part) {
  return text.substr(0, part.size()) == part;
}

void offer(Completed& completed, std::string text, std::string_view part, std::string description = "") {
  if (begins(text, part)) completed.words.push_back({std::move(text), std::move(description)});
}

void offer_value(Completed& completed, const CLI::Option& option, const std::string& before,
                 const std::string& part) {
  for (const auto& value : values_of(option)) offer(completed, before + value, before + part);
  completed.local_files = names_local_files(option.get_type_name());
}

void offer_options(Completed& completed, CLI::App& at, const std::string& part) {
  const auto equals = part.find('=');
  if (equals != part.npos) {
    const CLI::Option* option = at.get_option_no_throw(part.substr(0, equals));
    if (option != nullptr)
      offer_value(completed, *option, part.substr(0, equals + 1), part.substr(equals + 1));
    return;
  }
  for (const CLI::Option* option : at.get_options()) {
    const std::string description = option->get_description();
    for (const auto& name : option->get_lnames()) offer(completed, "--" + name, part, description);
    if (part != "-" || !option->get_lnames().empty()) continue;
    for (const auto& name : option->get_snames()) offer(completed, "-" + name, part, description);
  }
}

void offer_commands(Completed& completed, CLI::App& at, const std::string& part) {
  for (const CLI::App* sub : at.get_subcommands([](const CLI::App*) { return true; }))
    offer(completed, sub->get_name(), part, sub->get_description());
}

// What the line's options say; defaults where it is not whole enough to be parsed. False: then nobody should
// be asked for names.
bool parse_options(Words before, const std::string& part, Options& options) {
  RawOptions raw;
  CLI::App app{"", "ferry"};
  const Parsers parsers = add_commands(app, raw);
  for (const std::size_t missing : {std::size_t{1}, std::size_t{2}}) {  // operands that are still to come
    Words reversed = before;
    reversed.insert(reversed.end(), missing, part);
    std::reverse(reversed.begin(), reversed.end());
    try {
      app.parse(reversed);
    } catch (const CLI::ParseError&) {
      continue;
    }
    if (!convert(raw).empty() || raw.options.password_fd >= 0) return false;
    options = std::move(raw.options);
    return true;
  }
  return false;
}

void offer_operands(Completed& completed, const Command& command, const Words& before,
                    const std::string& part, const RemoteWords& remote) {
  const std::string_view operands = command.operands;
  const bool are_literal = std::ranges::none_of(operands, [](char c) { return c >= 'A' && c <= 'Z'; });
  if (are_literal) {  // "bash|zsh|fish"
    for (const auto& word : split(operands, "[|]")) offer(completed, word, part);
    return;
  }
  completed.local_files = names_local_files(operands) || (command.takes & kOutput) != 0;
  if (operands.find("NAME") != operands.npos) {
    for (const auto& name : saved_site_names()) offer(completed, name, part);
  }
  if (operands.find("URL") == operands.npos) return;
  Options options;
  if (!parse_options(before, part, options)) return;
  for (const auto& word : remote(options, part)) offer(completed, word, part);
}

void offer_help(Completed& completed, CLI::App& app, const Words& asked, const std::string& part) {
  if (asked.empty()) {
    for (const auto& topic : help_topics()) offer(completed, std::string(topic.name), part, topic.summary);
  }
  CLI::App* at = &app;
  for (const auto& word : asked) {
    at = sub_command_of(*at, word);
    if (at == nullptr) return;
  }
  offer_commands(completed, *at, part);
}

// The part of a word behind the last character that bash breaks words at: it replaces no more than this.
std::size_t last_break(std::string_view part, std::string_view breaks) {
  std::string inside;  // what breaks bash's words, beside what ends them
  for (const char c : breaks) {
    if (std::string_view(" \t\n\"'><;|&(").find(c) == std::string_view::npos) inside += c;
  }
  const auto at = part.find_last_of(inside);
  return at == part.npos ? 0 : at + 1;
}

void print(const Completed& completed, std::size_t cut, bool with_descriptions) {
  std::string text = completed.local_files ? "files\n" : "-\n";
  for (const auto& word : completed.words) {
    if (word.text.find('\n') != std::string::npos) continue;
    text += word.text.substr(std::min(cut, word.text.size()));
    if (with_descriptions && !word.description.empty()) text += "\t" + terminal_safe(word.description);
    text += '\n';
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
}

// bash gives the line, which we read as the ferry shell reads its own: quotes may be open.
void complete_bash_line(const std::string& line, const std::string& breaks) {
  const auto source = [&](const Words& words, const std::string& part) {
    const Words before(words.begin() + (words.empty() ? 0 : 1), words.end());
    if (words.empty()) return std::vector<Candidate>();  // still the program's own name
    print(complete_words(before, part, remote_words), last_break(part, breaks), false);
    return std::vector<Candidate>();
  };
  (void)complete_line(line, source);
}

}  // namespace

Completed complete_words(const Words& before, const std::string& part, const RemoteWords& remote) {
  RawOptions raw;
  CLI::App app{"", "ferry"};
  app.set_version_flag("--version", std::string());
  const Parsers parsers = add_commands(app, raw);
  Words about;
  const CLI::App* help = add_help_command(app, about);
  Line line(app);
  for (const auto& word : before) line.take(word);
  Completed completed;
  if (line.awaiting() != nullptr) {
    offer_value(completed, *line.awaiting(), "", part);
  } else if (begins(part, "-") && line.may_be_option()) {
    offer_options(completed, line.at(), part);
    const auto has_stream = std::ranges::find_if(parsers, [&](const auto& row) {
      return row.second == &line.at() && (row.first->takes & kStdinName) != 0;
    });
    if (has_stream != parsers.end()) offer(completed, "-", part, "standard input");
  } else if (&line.at() == help) {
    offer_help(completed, app, line.operands(), part);
  } else if (const auto row = std::ranges::find(parsers, &line.at(), &Parsers::value_type::second);
             row != parsers.end()) {
    offer_operands(completed, *row->first, before, part, remote);
  } else if (line.operands().empty()) {
    offer_commands(completed, line.at(), part);
  }
  return completed;
}

int run_complete(const Words& arguments) {
  if (arguments.size() == 3 && arguments[0] == "bash") {
    complete_bash_line(arguments[1], arguments[2]);
  } else if (arguments.size() >= 2 && (arguments[0] == "zsh" || arguments[0] == "fish")) {
    const Words before(arguments.begin() + 1, arguments.end() - 1);
    print(complete_words(before, arguments.back(), remote_words), 0, true);
  } else {
    return usage_error(std::string(kCompleteVerb) + ": is for the scripts of `ferry completion`");
  }
  std::fflush(stdout);
  std::_Exit(kExitDone);  // a server that is still being waited for is left alone
}

}  // namespace ferry::client
