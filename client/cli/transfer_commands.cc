// get and put.
#include <sys/stat.h>
#include <unistd.h>

#include "client/cli/command.h"
#include "client/cli/common.h"
#include "client/line/display.h"
#include "client/line/exit_code.h"
#include "client/line/operations.h"
#include "client/line/signals.h"

namespace ferry::client {
namespace {

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

}  // namespace

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

}  // namespace ferry::client
