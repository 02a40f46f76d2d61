// sync: one folder becomes what another one is.
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "client/cli/command.h"
#include "client/cli/common.h"
#include "client/engine/sync.h"
#include "client/line/display.h"
#include "client/line/exit_code.h"
#include "client/line/json_lines.h"
#include "client/line/operations.h"
#include "client/line/output.h"
#include "client/line/saved_sites.h"
#include "client/line/signals.h"
#include "client/line/sync_text.h"
#include "client/line/terminal.h"
#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

constexpr std::size_t kShownRemovals = 20;

struct Sides {
  Direction direction = Direction::up;
  std::string local, remote;
};

Result<Sides> sides_of(const Options& options) {
  const std::string &a = options.operands[0], &b = options.operands[1];
  const SyncWish& wish = options.sync;
  if (!options.host.empty()) {
    if (!wish.up && !wish.down)
      return fail(Errc::bad_syntax,
                  "sync: with -s HOST, --up or --down says which of the two is on the server");
    return wish.up ? Sides{Direction::up, a, b} : Sides{Direction::down, b, a};
  }
  const bool is_up = is_remote_operand(b);
  if (is_up == is_remote_operand(a))
    return fail(Errc::bad_syntax, is_up
                                      ? "sync: both are remote; one of them must be here"
                                      : "sync: one of the two must be remote, such as ftp://user@host/path");
  if ((is_up && wish.down) || (!is_up && wish.up))
    return fail(Errc::bad_syntax, std::string(wish.up ? "--up" : "--down") + ": " + a + " is " +
                                      (is_up ? "here" : "on the server") + ", and the first is the source");
  return is_up ? Sides{Direction::up, a, b} : Sides{Direction::down, b, a};
}

Result<SyncOptions> sync_options(const SyncWish& wish) {
  SyncOptions options;
  options.compare = wish.compare;
  options.remove_extra = wish.remove_extra;
  options.source_may_be_empty = wish.allow_empty;
  options.replace_newer = wish.replace_newer;
  for (const auto& glob : wish.excludes)
    if (auto taken = options.filter.exclude(glob); !taken) return tl::unexpected(taken.error());
  for (const auto& glob : wish.includes)
    if (auto taken = options.filter.include(glob); !taken) return tl::unexpected(taken.error());
  return options;
}

void say(const Options& options, const std::string& text) {
  if (!options.quiet) fmt::print(stderr, "{}\n", text);
}

// The plan is what --dry-run is about: it goes to standard output.
void print_plan(const SyncPlan& plan) {
  const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
  for (const auto& step : plan.steps)
    fmt::print("{}\n", is_terminal ? step_for_people(step) : step_for_programs(step));
  std::fflush(stdout);
}

void emit_plan(const SyncPlan& plan) {
  for (const auto& step : plan.steps) emit_json("sync_step", step_fields(step));
  emit_json("sync_plan", plan_fields(plan));
}

// What no run changes: differences that stay, and names that are no business of a sync.
void say_what_stays(const Options& options, const Sync& sync) {
  for (const auto& step : sync.plan().steps)
    if (step.act == SyncAct::keep) say(options, step_for_people(step));
  if (sync.lacks_digests() && sync.plan().left > 0)
    print_error("the server computes no digests, so files of the same size cannot be compared by hash");
  if (sync.plan().same_by_size > 0)
    say(options,
        count_for_people(sync.plan().same_by_size) +
            " files are the same by their size only: nothing tells whether their times are those of a copy");
}

// 0: go on.
int confirm_removals(const Options& options, const Sessions& sessions, const SyncPlan& plan) {
  if (plan.refusal == RemovalRefusal::source_empty) return usage_error(refusal_for_people(plan.refusal));
  if (plan.refusal != RemovalRefusal::none) print_error(refusal_for_people(plan.refusal));
  if (plan.removals == 0 || options.sync.yes) return kExitDone;
  if (!sessions.may_ask())
    return usage_error(
        "sync: " + count_for_people(plan.removals) +
        " names would be removed, and nobody can be asked: --yes says that this is meant, --dry-run "
        "shows them");
  std::size_t shown = 0;
  for (const auto& step : plan.steps) {
    const bool is_removal = step.act == SyncAct::remove_file || step.act == SyncAct::remove_folder;
    if (is_removal && shown++ < kShownRemovals) say(options, step_for_people(step));
  }
  if (shown > kShownRemovals)
    say(options, "... and " + count_for_people(static_cast<std::int64_t>(shown - kShownRemovals)) + " more");
  const auto answer =
      ask_line(fmt::format("Remove {} from the target ({})? [y/N]: ", count_for_people(plan.removals),
                           bytes_for_people(plan.removal_bytes)));
  if (!answer) return report(answer.error());
  if (*answer == "y" || *answer == "Y" || *answer == "yes") return kExitDone;
  print_error("nothing has been changed");
  return kExitFailure;
}

int dry_run(const Options& options, const Sync& sync, const Tally& tally) {
  if (!json_wanted()) print_plan(sync.plan());
  if (sync.plan().refusal != RemovalRefusal::none) print_error(refusal_for_people(sync.plan().refusal));
  if (tally.failed > 0) return exit_code(tally);
  return options.sync.exit_code && sync.plan().has_differences() ? kExitDifferences : kExitDone;
}

int conclude(const Options& options, const Sync& sync, bool removals_done, const Tally& tally,
             Display& display) {
  display.summarize(tally);
  if (!removals_done && !tally.stopped_by) print_error("nothing was removed, because not all was copied");
  if (sync.removed_count() > 0) say(options, "removed " + count_for_people(sync.removed_count()));
  if (may_be_continued(tally)) say(options, "the same command goes on from here");
  if (tally.stopped_by && tally.stopped_by->kind == Errc::cancelled) return interrupted_exit_code();
  if (tally.failed > 0) return exit_code(tally);
  return sync.plan().left > 0 ? kExitExists : kExitDone;
}

int carry_out(const Options& options, const Sessions& sessions, Sync& sync, Reports& reports, Tally& tally,
              Display& display) {
  const SyncPlan& plan = sync.plan();
  say_what_stays(options, sync);
  if (const int wrong = confirm_removals(options, sessions, plan); wrong != kExitDone) return wrong;
  const auto removed = [&](const SyncStep& step) {
    emit_json("removed", step_fields(step));
    reports.note("removed " + step.path);
  };
  const bool removals_done = sync.carry_out(removed);
  return conclude(options, sync, removals_done, tally, display);
}

}  // namespace

int run_sync(const Options& options, Cancel& cancel) {
  const auto sides = sides_of(options);
  if (!sides) return report_bad_operand(sides.error());
  auto wish = sync_options(options.sync);
  if (!wish) return report_bad_operand(wish.error());
  auto target = target_of(options, sides->remote);
  if (!target) return report_bad_operand(target.error());
  if (sides->direction == Direction::up && !is_local_folder(sides->local)) {
    struct stat info {};
    if (::stat(sides->local.c_str(), &info) != 0) return report(errno_error(errno, sides->local));
    return report(errno_error(ENOTDIR, sides->local));
  }

  Sessions sessions(options, cancel);
  Display display(Display::style_for(STDERR_FILENO, options.quiet));
  Tally tally;
  Reports reports(display, tally);
  auto pooled = sessions.pool_to(*target);
  if (!pooled) return report_no_connection(pooled.error());
  BatchOptions batch;
  batch.job.verify = options.verify;
  batch.parallel = options.parallel;
  batch.retry.retries = options.retries;
  CopyRun run{*pooled->pool, batch, reports, cancel};
  const SyncPaths paths{sides->direction, sides->local, target->resolve(*pooled->first)};
  auto sync = Sync::prepare(run, paths, *wish);
  if (!sync) return report(sync.error());
  for (const auto& problem : (*sync)->source_problems()) reports.failed(0, problem);
  for (const auto& problem : (*sync)->target_problems()) reports.failed(0, problem);
  emit_plan((*sync)->plan());
  say(options, plan_for_people((*sync)->plan()));
  const int code = options.sync.dry_run ? dry_run(options, **sync, tally)
                                        : carry_out(options, sessions, **sync, reports, tally, display);
  sessions.quit();
  return code;
}

}  // namespace ferry::client
