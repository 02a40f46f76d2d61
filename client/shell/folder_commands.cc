// ls, pwd, cd, lcd, lls, mkdir, rmdir, rm, mv, du, stat, quota.
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "client/line/display.h"
#include "client/line/exit_code.h"
#include "client/line/listing_text.h"
#include "client/line/lists.h"
#include "client/line/remote_actions.h"
#include "client/shell/commands.h"
#include "client/shell/shell.h"
#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

namespace fs = std::filesystem;

// Does `act` with each operand's absolute path; goes on after refusals. The first failure's exit code.
using ActOnPath = std::function<Status(Connection&, const std::string& path)>;
int for_each_path(Shell& shell, const std::vector<std::string>& operands, const ActOnPath& act) {
  int code = kExitDone;
  for (const auto& operand : operands) {
    auto connection = shell.connection();
    if (!connection) return shell.report(connection.error());
    auto done = act(**connection, (*connection)->absolute(operand));
    if (done) continue;
    const int failed = shell.report(done.error());
    if (code == kExitDone) code = failed;
    if (done.error().kind == Errc::cancelled) break;
  }
  return code;
}

ftp::Entry local_entry(const fs::directory_entry& found) {
  ftp::Entry entry;
  entry.name = found.path().filename().native();
  struct stat info {};
  if (::lstat(found.path().c_str(), &info) != 0) return entry;
  entry.is_link = S_ISLNK(info.st_mode);
  entry.type = S_ISDIR(info.st_mode)   ? ftp::EntryType::directory
               : S_ISREG(info.st_mode) ? ftp::EntryType::file
                                       : ftp::EntryType::other;
  entry.size = info.st_size;
  entry.modified = WallTime(std::chrono::seconds(info.st_mtim.tv_sec));
  entry.unix_mode = info.st_mode & 07777;
  return entry;
}

}  // namespace

int shell_ls(Shell& shell, const ShellArguments& arguments) {
  std::vector<std::string> names = arguments.operands;
  if (names.empty()) names.emplace_back();
  ListWish wish{arguments.has('l'), arguments.has('R'), arguments.has('a'), SortBy::name};
  if (arguments.has('S')) wish.sort = SortBy::size;
  if (arguments.has('t')) wish.sort = SortBy::time;
  return for_each_path(shell, names, [&](Connection& connection, const std::string& path) {
    return print_remote(connection, path, wish);
  });
}

int shell_pwd(Shell& shell, const ShellArguments&) {
  auto connection = shell.connection();
  if (!connection) return shell.report(connection.error());
  fmt::print("{}\n", terminal_safe((*connection)->directory()));
  return kExitDone;
}

int shell_cd(Shell& shell, const ShellArguments& arguments) {
  auto connection = shell.connection();
  if (!connection) return shell.report(connection.error());
  const std::string where = arguments.operands.empty() ? (*connection)->home() : arguments.operands.front();
  auto moved = (*connection)->change_directory((*connection)->absolute(where));
  return moved ? static_cast<int>(kExitDone) : shell.report(moved.error());
}

int shell_lcd(Shell& shell, const ShellArguments& arguments) {
  const char* home = std::getenv("HOME");
  const std::string where = !arguments.operands.empty() ? arguments.operands.front()
                            : home != nullptr           ? home
                                                        : "/";
  if (::chdir(where.c_str()) != 0) return shell.report(errno_error(errno, where));
  std::error_code failure;
  if (!shell.options().quiet) fmt::print(stderr, "{}\n", terminal_safe(fs::current_path(failure).native()));
  return kExitDone;
}

int shell_lls(Shell& shell, const ShellArguments& arguments) {
  const std::string where = arguments.operands.empty() ? "." : arguments.operands.front();
  std::error_code failure;
  std::vector<ftp::Entry> entries;
  fs::directory_iterator at(where, failure);
  for (const fs::directory_iterator end; !failure && at != end; at.increment(failure))
    entries.push_back(local_entry(*at));
  if (failure) return shell.report(errno_error(failure.value(), where));
  print_listing(std::move(entries));
  return kExitDone;
}

int shell_mkdir(Shell& shell, const ShellArguments& arguments) {
  shell.names_changed();
  return for_each_path(shell, arguments.operands, [&](Connection& connection, const std::string& path) {
    return make_remote_folder(connection, path, arguments.has('p'));
  });
}

int shell_rmdir(Shell& shell, const ShellArguments& arguments) {
  shell.names_changed();
  return for_each_path(shell, arguments.operands, remove_remote_folder);
}

int shell_rm(Shell& shell, const ShellArguments& arguments) {
  shell.names_changed();
  return for_each_path(shell, arguments.operands, [&](Connection& connection, const std::string& path) {
    return remove_remote(connection, path, arguments.has('r'));
  });
}

int shell_mv(Shell& shell, const ShellArguments& arguments) {
  auto connection = shell.connection();
  if (!connection) return shell.report(connection.error());
  shell.names_changed();
  std::vector<std::string> sources = arguments.operands;
  const std::string into = sources.back();
  sources.pop_back();
  const bool must_be_folder = sources.size() > 1 || into.empty() || into.back() == '/';
  auto target = find_move_target(**connection, (*connection)->absolute(into), must_be_folder);
  if (!target) return shell.report(target.error());
  return for_each_path(shell, sources, [&](Connection& at, const std::string& from) {
    return move_remote(at, from, *target);
  });
}

int shell_du(Shell& shell, const ShellArguments& arguments) {
  std::vector<std::string> names = arguments.operands;
  if (names.empty()) names.emplace_back();
  return for_each_path(shell, names, [&](Connection& connection, const std::string& path) {
    return print_disk_usage(connection, path, arguments.has('s'));
  });
}

int shell_stat(Shell& shell, const ShellArguments& arguments) {
  return for_each_path(shell, arguments.operands, print_facts);
}

int shell_quota(Shell& shell, const ShellArguments&) {
  return for_each_path(shell, {""}, print_quota);
}

}  // namespace ferry::client
