#include "client/queue/runner.h"

#include <algorithm>

#include "client/queue/lane_internal.h"

namespace ferry::client {
namespace {

constexpr std::chrono::seconds kShowEvery{1};

bool is_told_to_stop(const SharedItem& item) {
  return !item || item->state == ItemState::paused || item->state == ItemState::cancelled;
}

bool is_somebodys_work(const QueueItem& item) {
  return is_pending(item) || (item.state == ItemState::cancelled && item.has_leftover);
}

}  // namespace

Runner::Runner(Queue& queue, OpenSite open, RunnerOptions options, Reports& reports)
    : queue_(queue), shared_(std::make_unique<Shared>(queue, std::move(open), options, reports)) {}

Runner::~Runner() = default;

Status Runner::run(Cancel& cancel) {
  const auto right = queue_.become_runner();
  if (!right) return tl::unexpected(right.error());
  if (auto begun = queue_.update_all(take_up); !begun) return begun;
  const auto outcome = work_off(cancel);
  shared_->end();
  lanes_.clear();
  (void)write_live(queue_.folder(), {});
  if (const auto failure = shared_->failure()) return tl::unexpected(*failure);
  return outcome;
}

Status Runner::work_off(Cancel& cancel) {
  while (!cancel.requested()) {
    if (auto seen = queue_.refresh(); !seen) return seen;
    const auto version = queue_.version();
    open_lanes();
    stop_those_told();
    if (shared_->failure() || (!shared_->options.stays && !has_work())) return {};
    show(std::chrono::steady_clock::now());
    queue_.wait_change(version, kLook);
  }
  return fail(Errc::cancelled, "interrupted");
}

void Runner::stop_those_told() {
  for (const QueueId id : shared_->running.moving()) {
    if (is_told_to_stop(queue_.find(id))) shared_->running.stop(id);
  }
}

void Runner::open_lanes() {
  const auto has_lane = [&](const QueueItem& item) {
    return std::ranges::any_of(lanes_, [&](const auto& lane) { return lane->serves(item); });
  };
  while (const auto item =
             queue_.first([&](const QueueItem& it) { return is_somebodys_work(it) && !has_lane(it); }))
    lanes_.push_back(std::make_unique<Lane>(*shared_, *item));
}

bool Runner::has_work() const {
  return std::ranges::any_of(lanes_, [](const auto& lane) { return lane->has_work(); });
}

// For other processes that look.
void Runner::show(SteadyTime now) {
  if (now - shown_at_ < kShowEvery) return;
  auto live = queue_.live();
  if (live != shown_) (void)write_live(queue_.folder(), live);
  shown_ = std::move(live);
  shown_at_ = now;
}

}  // namespace ferry::client
