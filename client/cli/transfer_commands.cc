// get, put and cat; - is standard input and output.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "client/cli/command.h"
#include "client/cli/common.h"
#include "client/engine/streams.h"
#include "client/line/display.h"
#include "client/line/exit_code.h"
#include "client/line/operations.h"
#include "client/line/saved_sites.h"
#include "client/line/signals.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

// The receipt that --receipt wants, and what becomes of it.
class KeptReceipt {
 public:
  // Before anything is asked or sent: a receipt that cannot be written would be missed too late.
  Status open(const Options& options, Display& display) {
    if (options.receipt.empty()) return {};
    auto opened = Receipt::open(options.receipt);
    if (!opened) return tl::unexpected(opened.error());
    receipt_.emplace(std::move(*opened));
    display.keep_receipt(*receipt_);
    return {};
  }
  // The exit code, another one if all went well but for the receipt.
  int finish(int exit_code) {
    if (!receipt_) return exit_code;
    const auto kept = receipt_->finish();
    if (kept) return exit_code;
    const int failed = report(kept.error());
    return exit_code == kExitDone ? failed : exit_code;
  }

 private:
  std::optional<Receipt> receipt_;
};

// What an exit means for the user of a transfer.
int conclude(const Tally& tally, Display& display, const Options& options) {
  display.summarize(tally);
  if (may_be_continued(tally) && !options.quiet)
    print_error("what has arrived is kept; the same command with -c goes on from there");
  const bool is_interrupted = tally.stopped_by && tally.stopped_by->kind == Errc::cancelled;
  return is_interrupted ? interrupted_exit_code() : exit_code(tally);
}

JobOptions job_options(const Options& options, const Sessions& sessions) {
  JobOptions job;
  job.resume = options.resume == Resume::ask && !sessions.may_ask() ? Resume::automatic : options.resume;
  job.verify = options.verify;
  job.wants_sha256 = !options.receipt.empty();
  job.preserve = options.preserve;
  return job;
}

CopyPolicy copy_policy(const Options& options, Placing& placing) {
  return {&placing, options.checks_fit, options.min_free, {options.follow_links, options.nfc}};
}

// `placing` must outlive the batch.
BatchOptions batch_options(const Options& options, const Sessions& sessions, Placing& placing) {
  BatchOptions batch;
  batch.decide = [&placing](Connection& connection, CopyItem& item, JobOptions& job) {
    return placing.decide(connection, item, job);
  };
  batch.job = job_options(options, sessions);
  batch.parallel = options.parallel;
  batch.retry.retries = options.retries;
  return batch;
}

// `ferry get URL... [LOCAL]`: a last operand that is not remote is the target.
std::string take_local_target(const Options& options, std::vector<std::string>& sources) {
  if (!options.output.empty() || !options.host.empty()) return options.output;
  if (sources.size() < 2 || is_remote_operand(sources.back())) return "";
  std::string target = sources.back();
  sources.pop_back();
  return target;
}

constexpr const char* kStandard = "-";

// What standard output, or input, cannot be used for; "" when nothing.
std::string wrong_with_stream(const Options& options) {
  if (options.recursive) return "-r: a folder is no stream";
  if (options.resume != Resume::never) return "-c: what went through - cannot be gone on with";
  if (!options.receipt.empty()) return "--receipt: what went through - cannot be looked at later";
  if (options.json) return "--json writes to standard output itself";
  if (options.if_exists != IfExists::overwrite) return "--if-exists: of a stream nothing is known beforehand";
  return "";
}

// On a terminal the file itself is there to be seen.
Display::Style stream_style(const Options& options) {
  if (::isatty(STDOUT_FILENO) == 1) return Display::Style::quiet;
  return Display::style_for(STDERR_FILENO, options.quiet);
}

int get_to_stdout(const Options& options, Cancel& cancel, const std::vector<Target>& sources,
                  Display::Style style) {
  Sessions sessions(options, cancel);
  const JobOptions job = job_options(options, sessions);
  Display display(style);
  StreamOutput output{STDOUT_FILENO};
  Tally tally;
  display.plan(static_cast<std::int64_t>(sources.size()), 0);
  for (const auto& source : sources) {
    auto connection = sessions.to(source);
    if (!connection) return report_no_connection(connection.error());
    const std::string remote = source.resolve(**connection);
    if (!get_one_to_stream(**connection, remote, remote, output, job, display, tally)) break;
  }
  sessions.quit();
  if (output.reader_has_left) return kExitFailure;
  display.summarize(tally);
  if (tally.stopped_by && tally.stopped_by->kind == Errc::cancelled) return interrupted_exit_code();
  return exit_code(tally);
}

// `ferry put - URL`: the URL is the name, or with --stdin-name the folder.
int put_from_stdin(const Options& options, Cancel& cancel, const Target& target) {
  if (const std::string wrong = wrong_with_stream(options); !wrong.empty())
    return usage_error("put: " + wrong);
  const bool is_folder = target.path.empty() || target.path.back() == '/';
  if (is_folder && options.stdin_name.empty())
    return usage_error("put: what standard input is to be called is missing; --stdin-name NAME says it");
  Sessions sessions(options, cancel);
  const JobOptions job = job_options(options, sessions);
  Display display(Display::style_for(STDERR_FILENO, options.quiet));
  Tally tally;
  auto connection = sessions.to(target);
  if (!connection) return report_no_connection(connection.error());
  std::string remote = target.resolve(**connection);
  if (!options.stdin_name.empty()) remote = ftp::join_path(remote, options.stdin_name);
  display.plan(1, 0);
  put_one_from_stream(**connection, STDIN_FILENO, remote, remote, job, display, tally);
  sessions.quit();
  display.summarize(tally);
  if (tally.stopped_by && tally.stopped_by->kind == Errc::cancelled) return interrupted_exit_code();
  return exit_code(tally);
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
  if (plan.into == kStandard) {
    if (const std::string wrong = wrong_with_stream(options); !wrong.empty())
      return fail(Errc::bad_syntax, "get: " + wrong);
  } else if (plan.sources.size() > 1 && !plan.into.empty() && !is_local_folder(plan.into)) {
    return fail(Errc::bad_syntax, plan.into + ": several sources need a folder that is there");
  }
  return plan;
}

bool is_same_session(const Target& a, const Target& b) {
  return a.site.key() == b.site.key() && a.user == b.user;
}

}  // namespace

int run_get(const Options& options, Cancel& cancel) {
  auto plan = plan_get(options);
  if (!plan) return report_bad_operand(plan.error());
  if (plan->into == kStandard) return get_to_stdout(options, cancel, plan->sources, stream_style(options));
  Sessions sessions(options, cancel);
  KeptReceipt kept;
  Display display(Display::style_for(STDERR_FILENO, options.quiet));
  if (auto ready = kept.open(options, display); !ready) return report(ready.error());
  Tally tally;
  Placing placing(options.if_exists);
  Reports reports(display, tally);
  for (std::size_t at = 0; at < plan->sources.size() && !reports.is_stopped();) {
    const Target& first = plan->sources[at];
    auto sessions_there = sessions.pool_to(first);
    if (!sessions_there) return kept.finish(report_no_connection(sessions_there.error()));
    std::vector<std::string> remotes;  // of one server and user in a row
    for (; at < plan->sources.size() && is_same_session(plan->sources[at], first); ++at)
      remotes.push_back(plan->sources[at].resolve(*sessions_there->first));
    CopyRun run{*sessions_there->pool, batch_options(options, sessions, placing), reports, cancel};
    get_sources(run, remotes, {plan->into, options.recursive, copy_policy(options, placing)});
  }
  sessions.quit();
  return kept.finish(conclude(tally, display, options));
}

int run_put(const Options& options, Cancel& cancel) {
  std::vector<std::string> sources = options.operands;
  std::string destination;
  if (options.host.empty() || sources.size() > 1) {
    destination = sources.back();
    sources.pop_back();
  }
  if (std::ranges::count(sources, kStandard) > 0 && sources.size() > 1)
    return usage_error("put: - is one source and takes no others beside it (a file of that name is ./-)");
  if (!options.stdin_name.empty() && (sources.empty() || sources.front() != kStandard))
    return usage_error("put: --stdin-name is for the source -");
  if (sources.empty()) return usage_error("put: what to upload, and a URL to upload it to, are needed");
  auto target = target_of(options, destination);
  if (!target) return report_bad_operand(target.error());
  if (sources.size() == 1 && sources.front() == kStandard) return put_from_stdin(options, cancel, *target);
  for (const auto& source : sources) {
    struct stat info {};
    if (::stat(source.c_str(), &info) != 0)
      return report(errno_error(errno, source));  // before anything is asked or sent
  }
  Sessions sessions(options, cancel);
  KeptReceipt kept;
  Display display(Display::style_for(STDERR_FILENO, options.quiet));
  if (auto ready = kept.open(options, display); !ready) return report(ready.error());
  Tally tally;
  Placing placing(options.if_exists);
  Reports reports(display, tally);
  auto sessions_there = sessions.pool_to(*target);
  if (!sessions_there) return kept.finish(report_no_connection(sessions_there.error()));
  const std::string remote = target->resolve(*sessions_there->first);
  const bool into_folder = sources.size() > 1 || target->path.empty() || target->path.back() == '/';
  CopyRun run{*sessions_there->pool, batch_options(options, sessions, placing), reports, cancel};
  put_sources(run, sources, {remote, into_folder, options.recursive, copy_policy(options, placing)});
  sessions.quit();
  return kept.finish(conclude(tally, display, options));
}

int run_cat(const Options& options, Cancel& cancel) {
  auto sources = targets_of(options, options.operands);
  if (!sources) return report_bad_operand(sources.error());
  return get_to_stdout(options, cancel, *sources, Display::Style::quiet);
}

}  // namespace ferry::client
