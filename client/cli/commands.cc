#include "client/cli/commands.h"

#include <sys/stat.h>
#include <unistd.h>

#include <functional>

#include "client/engine/listing.h"
#include "client/engine/tree.h"
#include "client/line/display.h"
#include "client/line/exit_code.h"
#include "client/line/operations.h"
#include "client/line/session.h"
#include "client/line/signals.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

int report(const Error& error) {
  if (error.kind == Errc::cancelled) {
    print_error("interrupted");
    return interrupted_exit_code();
  }
  print_error(error.context);
  return exit_code(error);
}

int usage_error(const std::string& text) {
  print_error(text);
  return kExitUsage;
}

// An operand that leads nowhere is a wrong command line, whatever its kind.
int report_bad_operand(const Error& error) {
  return usage_error(error.context);
}

// Errors on the way to a server. What cannot be read, and a password that nobody can be asked for, is the
// command line's fault.
int report_no_connection(const Error& error) {
  if (error.kind != Errc::bad_syntax) return report(error);
  return usage_error(error.context);
}

Result<Target> target_of(const Options& options, const std::string& operand) {
  if (!options.host.empty()) return target_of_path(options, operand);
  if (!looks_like_url(operand)) {
    return fail(Errc::bad_syntax,
                operand + ": a URL such as ftp://user@host/path is needed here, or -s HOST");
  }
  return target_of_url(options, operand);
}

// One password, or one certificate, belongs to one server.
Status check_one_server(const Options& options, const std::vector<Target>& targets) {
  const bool has_password = !options.password_file.empty() || options.password_fd >= 0;
  if (!has_password && options.pin.empty()) return {};
  for (const auto& target : targets) {
    if (target.site.key() == targets.front().site.key()) continue;
    return fail(Errc::bad_syntax, std::string(has_password ? "one password" : "--pin") +
                                      " cannot be for several servers: " + targets.front().site.key() +
                                      " and " + target.site.key());
  }
  return {};
}

Result<std::vector<Target>> targets_of(const Options& options, const std::vector<std::string>& operands) {
  std::vector<Target> targets;
  for (const auto& operand : operands) {
    auto target = target_of(options, operand);
    if (!target) return tl::unexpected(target.error());
    targets.push_back(std::move(*target));
  }
  if (auto fine = check_one_server(options, targets); !fine) return tl::unexpected(fine.error());
  return targets;
}

// What an exit means for the user of a transfer.
int conclude(const Tally& tally, Display& display, const Options& options) {
  display.summarize(tally);
  if (!tally.stopped_by) return exit_code(tally);
  if (!options.quiet) print_error("what has arrived is kept; the same command with -c goes on from there");
  return tally.stopped_by->kind == Errc::cancelled ? interrupted_exit_code() : exit_code(tally);
}

JobOptions job_options(const Options& options, const Sessions& sessions) {
  JobOptions job;
  job.resume = options.resume == Resume::ask && !sessions.may_ask() ? Resume::automatic : options.resume;
  job.verify = options.verify;
  return job;
}

// Runs `act` for each operand's target; the codes of several are combined as a tally's.
using ActOnTarget = std::function<Status(Connection&, const std::string& path)>;
int for_each_target(const Options& options, Cancel& cancel, const std::vector<std::string>& operands,
                    const ActOnTarget& act) {
  auto targets = targets_of(options, operands);
  if (!targets) return report_bad_operand(targets.error());
  Sessions sessions(options, cancel);
  Tally tally;
  for (const auto& target : *targets) {
    auto connection = sessions.to(target);
    if (!connection) return report_no_connection(connection.error());
    if (auto done = act(**connection, target.resolve(**connection)); !done) {
      if (done.error().kind == Errc::cancelled) return report(done.error());
      report(done.error());
      ++tally.failed;
      if (!tally.first_error) tally.first_error = done.error();
    } else {
      ++tally.done;
    }
  }
  sessions.quit();
  return exit_code(tally);
}

// `ferry get URL... [LOCAL]`: a last operand that is no URL is the target.
std::string take_local_target(const Options& options, std::vector<std::string>& sources) {
  if (!options.output.empty() || !options.host.empty()) return options.output;
  if (sources.size() < 2 || looks_like_url(sources.back())) return "";
  std::string target = sources.back();
  sources.pop_back();
  return target;
}

struct GetPlan {
  std::vector<Target> sources;
  std::string into;
};

Result<GetPlan> plan_get(const Options& options) {
  GetPlan plan;
  std::vector<std::string> operands = options.operands;
  plan.into = take_local_target(options, operands);
  auto sources = targets_of(options, operands);
  if (!sources) return tl::unexpected(sources.error());
  plan.sources = std::move(*sources);
  if (plan.sources.size() > 1 && !plan.into.empty() && !is_local_folder(plan.into)) {
    return fail(Errc::bad_syntax, plan.into + ": several sources need a folder that is there");
  }
  return plan;
}

int run_get(const Options& options, Cancel& cancel) {
  auto plan = plan_get(options);
  if (!plan) return report_bad_operand(plan.error());
  Sessions sessions(options, cancel);
  const JobOptions job = job_options(options, sessions);
  Display display(Display::style_for(STDERR_FILENO, options.quiet));
  Tally tally;
  for (const auto& source : plan->sources) {
    auto connection = sessions.to(source);
    if (!connection) return report_no_connection(connection.error());
    get_source(**connection, source.resolve(**connection), {plan->into, options.recursive, job}, display,
               tally);
    if (tally.stopped_by) break;
  }
  sessions.quit();
  return conclude(tally, display, options);
}

int run_put(const Options& options, Cancel& cancel) {
  std::vector<std::string> sources = options.operands;
  std::string destination;
  if (options.host.empty() || sources.size() > 1) {
    destination = sources.back();
    sources.pop_back();
  }
  if (sources.empty()) return usage_error("put: what to upload, and a URL to upload it to, are needed");
  auto target = target_of(options, destination);
  if (!target) return report_bad_operand(target.error());
  for (const auto& source : sources) {
    struct stat info {};
    if (::stat(source.c_str(), &info) != 0)
      return report(errno_error(errno, source));  // before anything is asked or sent
  }
  Sessions sessions(options, cancel);
  const JobOptions job = job_options(options, sessions);
  Display display(Display::style_for(STDERR_FILENO, options.quiet));
  Tally tally;
  auto connection = sessions.to(*target);
  if (!connection) return report_no_connection(connection.error());
  const std::string remote = target->resolve(**connection);
  const bool into_folder = sources.size() > 1 || target->path.empty() || target->path.back() == '/';
  for (const auto& source : sources) {
    put_source(**connection, source, {remote, into_folder, options.recursive, job}, display, tally);
    if (tally.stopped_by) break;
  }
  sessions.quit();
  return conclude(tally, display, options);
}

int run_ls(const Options& options, Cancel& cancel) {
  std::vector<std::string> operands = options.operands;
  if (operands.empty() && options.host.empty()) return usage_error("ls: a URL or -s HOST is needed");
  if (operands.empty()) operands.push_back("");
  return for_each_target(options, cancel, operands, print_remote);
}

int run_mkdir(const Options& options, Cancel& cancel) {
  return for_each_target(options, cancel, options.operands,
                         [&](Connection& connection, const std::string& path) -> Status {
                           if (options.parents) return make_remote_folders(connection, path);
                           auto made = connection.require("MKD", path);
                           return made ? Status() : tl::unexpected(made.error());
                         });
}

int run_rm(const Options& options, Cancel& cancel) {
  return for_each_target(options, cancel, options.operands,
                         [&](Connection& connection, const std::string& path) -> Status {
                           if (options.recursive) return remove_tree(connection, path);
                           auto removed = connection.require("DELE", path);
                           return removed ? Status() : tl::unexpected(removed.error());
                         });
}

}  // namespace

int run_command(const Options& options, Cancel& cancel) {
  switch (options.verb) {
    case Verb::get:
      return run_get(options, cancel);
    case Verb::put:
      return run_put(options, cancel);
    case Verb::ls:
      return run_ls(options, cancel);
    case Verb::mkdir:
      return run_mkdir(options, cancel);
    case Verb::rm:
      return run_rm(options, cancel);
    case Verb::shell:
      break;  // has a main loop of its own
  }
  return kExitUsage;
}

}  // namespace ferry::client
