// The shell's commands: one table that running, help, likeness and completion read. How to add one: a row in
// commands.cc, its function in session_commands.cc or file_commands.cc, its line in man/ferry.1.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::client {

class Shell;

enum class Names { none, remote, local, commands };  // what its operands are, for completion

struct ShellArguments {
  std::string flags;  // letters given, e.g. "rc"
  std::vector<std::string> operands;
  bool has(char flag) const { return flags.find(flag) != std::string::npos; }
};

struct ShellCommand {
  std::string_view name;
  std::string_view aliases;  // separated by blanks
  std::string_view flags;    // letters it takes
  int min_operands, max_operands;
  Names names;
  bool may_hold_secret;                                       // its lines stay out of the history
  int (*run)(Shell& shell, const ShellArguments& arguments);  // prints its errors; the exit code
  std::string_view usage;
  std::string_view help;
};

std::span<const ShellCommand> shell_commands();
const ShellCommand* find_shell_command(std::string_view name);  // by name or alias
std::vector<std::string> shell_command_names();                 // aliases included

// Checks flags and number of operands, then runs.
int run_shell_command(Shell& shell, const ShellCommand& command, const std::vector<std::string>& words);

// session_commands.cc
int shell_help(Shell& shell, const ShellArguments& arguments);
int shell_info(Shell& shell, const ShellArguments& arguments);
int shell_passwd(Shell& shell, const ShellArguments& arguments);
int shell_auth(Shell& shell, const ShellArguments& arguments);
int shell_logout(Shell& shell, const ShellArguments& arguments);
int shell_exit(Shell& shell, const ShellArguments& arguments);
// folder_commands.cc
int shell_ls(Shell& shell, const ShellArguments& arguments);
int shell_pwd(Shell& shell, const ShellArguments& arguments);
int shell_cd(Shell& shell, const ShellArguments& arguments);
int shell_lcd(Shell& shell, const ShellArguments& arguments);
int shell_lls(Shell& shell, const ShellArguments& arguments);
int shell_mkdir(Shell& shell, const ShellArguments& arguments);
int shell_rmdir(Shell& shell, const ShellArguments& arguments);
int shell_rm(Shell& shell, const ShellArguments& arguments);
int shell_mv(Shell& shell, const ShellArguments& arguments);
int shell_du(Shell& shell, const ShellArguments& arguments);
int shell_stat(Shell& shell, const ShellArguments& arguments);
int shell_quota(Shell& shell, const ShellArguments& arguments);
// file_commands.cc
int shell_get(Shell& shell, const ShellArguments& arguments);
int shell_put(Shell& shell, const ShellArguments& arguments);
int shell_cat(Shell& shell, const ShellArguments& arguments);
int shell_md5(Shell& shell, const ShellArguments& arguments);
int shell_sha256(Shell& shell, const ShellArguments& arguments);

}  // namespace ferry::client
