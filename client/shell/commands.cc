#include "client/shell/commands.h"

#include <array>
#include <climits>
#include <sstream>

#include "client/line/display.h"
#include "client/line/exit_code.h"

namespace ferry::client {
namespace {

constexpr int kAny = INT_MAX;

// Sorted by name: help shows them so.
constexpr std::array<ShellCommand, 23> kCommands{{
    {"auth", "", "", 0, 1, Names::none, true, shell_auth, "auth [USER]",
     "log in to the same server as someone else"},
    {"cat", "", "", 1, kAny, Names::remote, false, shell_cat, "cat NAME...", "show remote files"},
    {"cd", "", "", 0, 1, Names::remote, false, shell_cd, "cd [DIR]",
     "change the remote folder; without DIR to the one of the login"},
    {"du", "", "s", 0, kAny, Names::remote, false, shell_du, "du [-s] [NAME...]",
     "add up what folders hold; -s without the folders in them"},
    {"exit", "quit bye", "", 0, 0, Names::none, false, shell_exit, "exit", "leave ferry"},
    {"get", "", "rc", 1, 3, Names::remote, false, shell_get, "get [-r] [-c] NAME [LOCAL] [md5|sha256]",
     "download; -r whole folders, -c go on with an interrupted one; md5 or sha256 compares both sides "
     "afterwards"},
    {"help", "?", "", 0, 1, Names::commands, false, shell_help, "help [COMMAND]",
     "this list, or one command"},
    {"info", "", "", 0, 0, Names::none, false, shell_info, "info",
     "what the server says about your account and this session"},
    {"lcd", "", "", 0, 1, Names::local, false, shell_lcd, "lcd [DIR]",
     "change the local folder; without DIR to your home"},
    {"lls", "", "", 0, 1, Names::local, false, shell_lls, "lls [DIR]", "list a local folder"},
    {"ls", "dir show", "laRSt", 0, kAny, Names::remote, false, shell_ls, "ls [-laRSt] [NAME...]",
     "list remote folders; -l in detail, -a with names that begin with a dot, -R with what is in folders, -S "
     "by "
     "size, -t by time"},
    {"md5", "", "", 1, kAny, Names::remote, false, shell_md5, "md5 NAME...", "MD5 of remote files"},
    {"mkdir", "", "p", 1, kAny, Names::remote, false, shell_mkdir, "mkdir [-p] DIR...",
     "make remote folders; -p with their parents"},
    {"mv", "", "", 2, kAny, Names::remote, false, shell_mv, "mv FROM... TO",
     "rename or move on the server; several into a folder"},
    {"passwd", "", "", 0, 0, Names::none, true, shell_passwd, "passwd", "change your password"},
    {"put", "", "rc", 1, 3, Names::local, false, shell_put, "put [-r] [-c] LOCAL [NAME] [md5|sha256]",
     "upload; -r whole folders, -c go on with an interrupted one; md5 or sha256 compares both sides "
     "afterwards"},
    {"pwd", "", "", 0, 0, Names::none, false, shell_pwd, "pwd", "the remote folder"},
    {"q", "logout", "", 0, 0, Names::none, false, shell_logout, "q", "log out, back to the login prompt"},
    {"quota", "", "", 0, 0, Names::none, false, shell_quota, "quota", "how much room is left"},
    {"rm", "", "r", 1, kAny, Names::remote, false, shell_rm, "rm [-r] NAME...",
     "remove remote files; -r folders with all that is in them"},
    {"rmdir", "", "", 1, kAny, Names::remote, false, shell_rmdir, "rmdir DIR...",
     "remove empty remote folders"},
    {"sha256", "", "", 1, kAny, Names::remote, false, shell_sha256, "sha256 NAME...",
     "SHA-256 of remote files"},
    {"stat", "", "", 1, kAny, Names::remote, false, shell_stat, "stat NAME...",
     "what the server tells of remote files and folders"},
}};

std::vector<std::string> split_aliases(std::string_view aliases) {
  std::istringstream words{std::string(aliases)};
  std::vector<std::string> names;
  for (std::string word; words >> word;) names.push_back(word);
  return names;
}

int usage_error(const ShellCommand& command, const std::string& what) {
  print_error(std::string(command.name) + ": " + what + "; usage: " + std::string(command.usage));
  return kExitUsage;
}

}  // namespace

std::span<const ShellCommand> shell_commands() {
  return kCommands;
}

const ShellCommand* find_shell_command(std::string_view name) {
  for (const auto& command : kCommands) {
    if (command.name == name) return &command;
    for (const auto& alias : split_aliases(command.aliases)) {
      if (alias == name) return &command;
    }
  }
  return nullptr;
}

std::vector<std::string> shell_command_names() {
  std::vector<std::string> names;
  for (const auto& command : kCommands) {
    names.emplace_back(command.name);
    for (auto& alias : split_aliases(command.aliases)) names.push_back(std::move(alias));
  }
  return names;
}

int run_shell_command(Shell& shell, const ShellCommand& command, const std::vector<std::string>& words) {
  ShellArguments arguments;
  std::size_t at = 0;
  for (; at < words.size() && words[at].size() > 1 && words[at].front() == '-'; ++at) {
    if (words[at] == "--") {
      ++at;
      break;
    }
    for (const char flag : words[at].substr(1)) {
      if (command.flags.find(flag) == std::string_view::npos)
        return usage_error(command, std::string("no option -") + flag);
      arguments.flags += flag;
    }
  }
  arguments.operands.assign(words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
  const auto count = static_cast<int>(arguments.operands.size());
  if (count < command.min_operands) return usage_error(command, "something is missing");
  if (count > command.max_operands) return usage_error(command, "too many words (quote names with spaces)");
  return command.run(shell, arguments);
}

}  // namespace ferry::client
