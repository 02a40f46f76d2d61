// What looks at the queue and changes it; any program of the same user may work it off meanwhile.
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "client/cli/command.h"
#include "client/cli/common.h"
#include "client/cli/queue_common.h"
#include "client/line/display.h"
#include "client/line/exit_code.h"
#include "client/line/json_lines.h"
#include "client/line/queue_text.h"

namespace ferry::client {
namespace {

Result<QueueIds> ids_of(const std::vector<std::string>& operands) {
  QueueIds ids;
  for (const auto& operand : operands) {
    const auto id = parse_number(operand);
    if (!id || *id <= 0)
      return fail(Errc::bad_syntax, operand + ": is no number of an item (`ferry queue list`)");
    ids.push_back(static_cast<QueueId>(*id));
  }
  return ids;
}

Result<Selection> selection_of(const Options& options, const std::vector<std::string>& operands) {
  auto ids = ids_of(operands);
  if (!ids) return tl::unexpected(ids.error());
  if (ids->empty() == !options.all_items)
    return fail(Errc::bad_syntax, "which items? Name them (`ferry queue list` has the numbers), or --all");
  return Selection{std::move(*ids), options.all_items};
}

int report_change(const Error& error) {
  return error.kind == Errc::bad_syntax ? usage_error(error.context) : report(error);
}

int act(const Options& options, Action action, const RetryWish& wish = {}) {
  auto selection = selection_of(options, options.operands);
  if (!selection) return report_change(selection.error());
  auto queue = open_queue();
  if (!queue) return report(queue.error());
  const auto changed = (*queue)->act(action, *selection, wish);
  return changed ? static_cast<int>(kExitDone) : report_change(changed.error());
}

void print_items(const std::vector<QueueView>& views) {
  if (json_wanted()) {
    for (const auto& view : views) emit_json("queue_item", queue_fields(view));
    return;
  }
  std::string text;
  if (::isatty(STDOUT_FILENO) == 1) {
    text = queue_table(views);
  } else {
    for (const auto& view : views) text += queue_line(view) + "\n";
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace

Result<std::unique_ptr<Queue>> open_queue() {
  auto queue = Queue::open(Journal::default_folder());
  if (!queue) return queue;
  for (const auto& damage : (*queue)->damage()) print_error(damage);
  return queue;
}

int run_queue_list(const Options& options, Cancel&) {
  const auto ids = ids_of(options.operands);
  if (!ids) return report_change(ids.error());
  auto queue = open_queue();
  if (!queue) return report(queue.error());
  for (const QueueId id : *ids) {
    if (!(*queue)->find(id))
      return report(Error{Errc::not_found, "there is no item " + std::to_string(id) + " in the queue"});
  }
  auto views = views_of((*queue)->rows(), (*queue)->runner() != 0, read_live((*queue)->folder()));
  if (!ids->empty())
    std::erase_if(views,
                  [&](const auto& view) { return std::ranges::find(*ids, view.item.id) == ids->end(); });
  print_items(views);
  return kExitDone;
}

int run_queue_pause(const Options& options, Cancel&) {
  return act(options, Action::pause);
}

int run_queue_resume(const Options& options, Cancel&) {
  return act(options, Action::resume);
}

int run_queue_cancel(const Options& options, Cancel&) {
  return act(options, Action::cancel);
}

int run_queue_retry(const Options& options, Cancel&) {
  return act(options, Action::retry, {options.resume_wish});
}

int run_queue_clear(const Options& options, Cancel&) {
  if (!options.operands.empty() || options.all_items) return act(options, Action::clear);
  auto queue = open_queue();
  if (!queue) return report(queue.error());
  const auto cleared = (*queue)->clear_finished();
  return cleared ? static_cast<int>(kExitDone) : report(cleared.error());
}

int run_queue_move(const Options& options, Cancel&) {
  const auto ids = ids_of(options.operands);
  if (!ids) return report_change(ids.error());
  auto queue = open_queue();
  if (!queue) return report(queue.error());
  const auto moved = (*queue)->move(*ids, options.place.value_or(Move{}));
  return moved ? static_cast<int>(kExitDone) : report_change(moved.error());
}

int run_queue_priority(const Options& options, Cancel&) {
  const auto priority = parse_priority(options.operands.front());
  if (!priority)
    return usage_error("queue priority: high, normal, low or a number from -1000 to 1000, not " +
                       options.operands.front());
  auto selection = selection_of(options, {options.operands.begin() + 1, options.operands.end()});
  if (!selection) return report_change(selection.error());
  auto queue = open_queue();
  if (!queue) return report(queue.error());
  const auto changed = (*queue)->set_priority(*selection, *priority);
  return changed ? static_cast<int>(kExitDone) : report_change(changed.error());
}

}  // namespace ferry::client
