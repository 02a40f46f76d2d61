// queue run: works the queue off.
#include <unistd.h>

#include "client/cli/command.h"
#include "client/cli/common.h"
#include "client/cli/queue_common.h"
#include "client/line/display.h"
#include "client/line/exit_code.h"
#include "client/line/queue_access.h"
#include "client/line/signals.h"
#include "client/queue/runner.h"

namespace ferry::client {
namespace {

RunnerOptions runner_options(const Options& options) {
  RunnerOptions runner;
  runner.parallel = options.parallel;
  runner.retry.retries = options.retries;
  return runner;
}

void tell_what_asks(const Queue& queue) {
  for (const auto& row : queue.rows()) {
    if (row.item->state != ItemState::asks) continue;
    print_error("item " + std::to_string(row.item->id) +
                " waits for an answer; `ferry queue retry` goes on with it");
  }
}

}  // namespace

int run_queue_run(const Options& options, Cancel& cancel) {
  auto queue = open_queue();
  if (!queue) return report(queue.error());
  auto access = QueueAccess::make(options, cancel, **queue);
  if (!access) return report_no_connection(access.error());
  Display display(Display::style_for(STDERR_FILENO, options.quiet));
  Tally tally;
  Reports reports(display, tally);
  const auto open = [&](const Site& site, const std::string& user, Cancel& stop) {
    return (*access)->open(site, user, stop);
  };
  Runner runner(**queue, open, runner_options(options), reports);
  const auto ended = runner.run(cancel);
  if (!ended && ended.error().kind != Errc::cancelled) return report(ended.error());
  display.summarize(tally);
  if (!ended) {
    if (!options.quiet) print_error("all is kept; `ferry queue run` goes on from there");
    return interrupted_exit_code();
  }
  if (!options.quiet) tell_what_asks(**queue);
  const bool lacks_answer =
      tally.done == 0 && tally.first_error && tally.first_error->kind == Errc::bad_syntax;
  return lacks_answer ? static_cast<int>(kExitUsage) : exit_code(tally);
}

}  // namespace ferry::client
