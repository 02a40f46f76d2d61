// ls, mkdir, rmdir, rm, mv, du, stat and quota.
#include "client/cli/command.h"
#include "client/cli/common.h"
#include "client/line/exit_code.h"
#include "client/line/lists.h"
#include "client/line/remote_actions.h"
#include "client/line/signals.h"

namespace ferry::client {
namespace {

// As for_each_target(); without an operand the folder of the login.
int for_each_or_login(const char* command, const Options& options, Cancel& cancel, const ActOnTarget& act) {
  std::vector<std::string> operands = options.operands;
  if (operands.empty() && options.host.empty())
    return usage_error(std::string(command) + ": a URL or -s HOST is needed");
  if (operands.empty()) operands.push_back("");
  return for_each_target(options, cancel, operands, act);
}

// All on one server, as one user; who names no user at one end means the other's.
Status check_same_session(std::vector<Target>& targets) {
  std::string user;
  for (const Target& target : targets) {
    if (user.empty()) user = target.user;
    if (!target.user.empty() && target.user != user)
      return fail(Errc::bad_syntax, "mv: renames for one user only, not for " + user + " and " + target.user);
    if (target.site.key() == targets.front().site.key()) continue;
    return fail(Errc::bad_syntax, "mv: renames on one server only, and " + targets.front().site.key() +
                                      " and " + target.site.key() +
                                      " are two; get, put and rm move a file between them");
  }
  for (Target& target : targets) target.user = user;
  return {};
}

bool ends_in_slash(const std::string& path) {
  return path.empty() || path.back() == '/';
}

}  // namespace

int run_ls(const Options& options, Cancel& cancel) {
  const ListWish wish{options.details, options.recursive, options.all_names,
                      parse_sort(options.sort).value_or(SortBy::name)};
  return for_each_or_login("ls", options, cancel, [&](Connection& connection, const std::string& path) {
    return print_remote(connection, path, wish);
  });
}

int run_mkdir(const Options& options, Cancel& cancel) {
  return for_each_target(options, cancel, options.operands,
                         [&](Connection& connection, const std::string& path) {
                           return make_remote_folder(connection, path, options.parents);
                         });
}

int run_rmdir(const Options& options, Cancel& cancel) {
  return for_each_target(options, cancel, options.operands, remove_remote_folder);
}

int run_rm(const Options& options, Cancel& cancel) {
  return for_each_target(options, cancel, options.operands,
                         [&](Connection& connection, const std::string& path) {
                           return remove_remote(connection, path, options.recursive);
                         });
}

int run_mv(const Options& options, Cancel& cancel) {
  auto targets = targets_of(options, options.operands);
  if (!targets) return report_bad_operand(targets.error());
  if (auto same = check_same_session(*targets); !same) return report_bad_operand(same.error());
  const Target into = targets->back();
  targets->pop_back();
  Sessions sessions(options, cancel);
  Tally tally;
  std::optional<MoveTarget> where;
  for (const Target& source : *targets) {
    auto connection = sessions.to(source);
    if (!connection) return report_no_connection(connection.error());
    if (!where) {
      const bool must_be_folder = targets->size() > 1 || ends_in_slash(into.path);
      auto found = find_move_target(**connection, into.resolve(**connection), must_be_folder);
      if (!found) return report(found.error());
      where = *found;
    }
    const auto moved = move_remote(**connection, source.resolve(**connection), *where);
    if (!take_outcome(moved, tally)) return interrupted_exit_code();
  }
  sessions.quit();
  return exit_code(tally);
}

int run_du(const Options& options, Cancel& cancel) {
  return for_each_or_login("du", options, cancel, [&](Connection& connection, const std::string& path) {
    return print_disk_usage(connection, path, options.only_total);
  });
}

int run_stat(const Options& options, Cancel& cancel) {
  return for_each_target(options, cancel, options.operands, print_facts);
}

int run_quota(const Options& options, Cancel& cancel) {
  return for_each_or_login("quota", options, cancel, print_quota);
}

}  // namespace ferry::client
