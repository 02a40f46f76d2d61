#include "client/queue/queue.h"

#include <algorithm>

#include "client/engine/part_file.h"

namespace ferry::client {
namespace {

tl::unexpected<Error> unknown(QueueId id) {
  return fail(Errc::not_found, "there is no item " + std::to_string(id) + " in the queue");
}

// What has arrived of a download that is cancelled. One that runs is locked, and whoever runs it does the
// same.
void forget_partial(const QueueItem& item) {
  if (item.direction != Direction::down || !item.has_begun || item.is_folder.value_or(false)) return;
  if (const auto target = look_at_target(item.local)) drop_partial(item.local, *target);
}

}  // namespace

Result<std::unique_ptr<Queue>> Queue::open(const std::string& folder) {
  auto journal = Journal::open(folder);
  if (!journal) return tl::unexpected(journal.error());
  std::unique_ptr<Queue> queue(new Queue(std::move(*journal)));
  const auto nothing = [](const Ledger&) -> Result<std::string> { return std::string(); };
  if (auto taken_in = queue->change(nothing); !taken_in) return tl::unexpected(taken_in.error());
  return queue;
}

Status Queue::take_in() {
  const std::lock_guard lock(state_mutex_);
  const bool is_news = journal_.has_news();
  auto taken = journal_.read(ledger_);
  damage_ = journal_.damage();
  if (is_news) ++version_;
  changed_.notify_all();
  return taken;
}

Status Queue::change(const MakeLines& make, Durability durability) {
  const std::lock_guard in_turn(change_mutex_);
  auto lock = journal_.lock();
  if (!lock) return tl::unexpected(lock.error());
  if (auto taken = take_in(); !taken) return taken;
  // Nobody else writes the ledger: reading it needs no lock here.
  const auto lines = make(ledger_);
  if (!lines) return tl::unexpected(lines.error());
  if (!lines->empty()) {
    if (auto appended = journal_.append(*lines, durability); !appended) return appended;
    if (auto taken = take_in(); !taken) return taken;
  }
  // What is promised is promised already; a journal that cannot be tidied up now will be another time.
  (void)journal_.compact(ledger_);
  return {};
}

Status Queue::refresh() {
  const std::lock_guard in_turn(change_mutex_);
  if (!journal_.has_news()) return {};
  auto lock = journal_.lock();
  if (!lock) return tl::unexpected(lock.error());
  return take_in();
}

std::vector<QueueRow> Queue::rows() const {
  const std::lock_guard lock(state_mutex_);
  std::vector<QueueRow> rows;
  rows.reserve(ledger_.items().size());
  for (const auto& item : ledger_.items()) {
    const auto live = live_.find(item->id);
    const bool runs = item->state == ItemState::running && live != live_.end();
    rows.push_back({item, runs ? std::optional(live->second) : std::nullopt});
  }
  return rows;
}

SharedItem Queue::find(QueueId id) const {
  const std::lock_guard lock(state_mutex_);
  return ledger_.find(id);
}

SharedItem Queue::first(const Fits& fits) const {
  const std::lock_guard lock(state_mutex_);
  SharedItem best;
  for (const auto& item : ledger_.items()) {
    if ((!best || item->priority > best->priority) && fits(*item)) best = item;
  }
  return best;
}

std::uint64_t Queue::version() const {
  const std::lock_guard lock(state_mutex_);
  return version_;
}

void Queue::wait_change(std::uint64_t version, std::chrono::milliseconds patience) const {
  std::unique_lock lock(state_mutex_);
  changed_.wait_for(lock, patience, [&] { return version_ != version; });
}

std::vector<std::string> Queue::damage() const {
  const std::lock_guard lock(state_mutex_);
  return damage_;
}

Result<QueueIds> Queue::add(std::vector<QueueItem> items) {
  QueueIds ids;
  const auto make = [&](const Ledger& ledger) -> Result<std::string> {
    std::string lines;
    for (auto& item : items) {
      item.id = ledger.next_id() + ids.size();
      item.added = item.changed = wall_now();
      ids.push_back(item.id);
      lines += Ledger::added(item);
    }
    return lines;
  };
  if (auto done = change(make); !done) return tl::unexpected(done.error());
  return ids;
}

Result<std::vector<SharedItem>> Queue::chosen(const Ledger& ledger, Action action,
                                              const Selection& selection) const {
  std::vector<SharedItem> items;
  if (selection.all) {
    for (const auto& item : ledger.items()) {
      if (may(action, item->state)) items.push_back(item);
    }
    return items;
  }
  for (const QueueId id : selection.ids) {
    auto item = ledger.find(id);
    if (!item) return unknown(id);
    if (!may(action, item->state)) return fail(Errc::out_of_range, why_not(action, *item));
    if (std::ranges::find(items, item) == items.end()) items.push_back(std::move(item));
  }
  return items;
}

Result<QueueIds> Queue::act(Action action, const Selection& selection, const RetryWish& wish) {
  std::vector<SharedItem> items;
  const auto make = [&](const Ledger& ledger) -> Result<std::string> {
    auto found = chosen(ledger, action, selection);
    if (!found) return tl::unexpected(found.error());
    items = std::move(*found);
    std::string lines;
    for (const auto& item : items) {
      lines += action == Action::clear ? Ledger::cleared(item->id)
                                       : Ledger::changed(*item, acted(action, *item, wish, wall_now()));
    }
    return lines;
  };
  if (auto done = change(make); !done) return tl::unexpected(done.error());
  QueueIds ids;
  for (const auto& item : items) {
    if (action == Action::cancel) forget_partial(*item);
    ids.push_back(item->id);
  }
  return ids;
}

Status Queue::clear_finished() {
  return change([](const Ledger& ledger) -> Result<std::string> {
    std::string lines;
    for (const auto& item : ledger.items()) {
      const bool is_finished = item->state == ItemState::done || item->state == ItemState::cancelled;
      if (is_finished && !item->has_leftover) lines += Ledger::cleared(item->id);
    }
    return lines;
  });
}

Result<QueueIds> Queue::set_priority(const Selection& selection, int priority) {
  QueueIds ids;
  const auto make = [&](const Ledger& ledger) -> Result<std::string> {
    std::string lines;
    const auto set = [&](const SharedItem& item) {
      QueueItem after = *item;
      after.priority = priority;
      lines += Ledger::changed(*item, after);
      ids.push_back(item->id);
    };
    for (const auto& item : ledger.items()) {
      if (selection.all && !is_over(item->state)) set(item);
    }
    for (const QueueId id : selection.ids) {
      auto item = ledger.find(id);
      if (!item) return unknown(id);
      if (!selection.all) set(item);
    }
    return lines;
  };
  if (auto done = change(make); !done) return tl::unexpected(done.error());
  return ids;
}

Result<bool> Queue::update(QueueId id, const Change& change_item, Durability durability) {
  bool is_changed = false;
  const auto make = [&](const Ledger& ledger) -> Result<std::string> {
    const auto item = ledger.find(id);
    if (!item) return std::string();
    QueueItem after = *item;
    is_changed = change_item(after);
    if (!is_changed) return std::string();
    after.changed = wall_now();
    return Ledger::changed(*item, after);
  };
  if (auto done = change(make, durability); !done) return tl::unexpected(done.error());
  return is_changed;
}

Status Queue::update_all(const Change& change_item) {
  return change([&](const Ledger& ledger) -> Result<std::string> {
    std::string lines;
    for (const auto& item : ledger.items()) {
      QueueItem after = *item;
      if (!change_item(after)) continue;
      after.changed = wall_now();
      lines += Ledger::changed(*item, after);
    }
    return lines;
  });
}

Status Queue::mark_file(QueueId id, const std::string& name, const FileMark& mark) {
  // A mark that a power cut takes costs looking at the file again, no more.
  return change(
      [&](const Ledger& ledger) -> Result<std::string> {
        return ledger.find(id) ? Ledger::copied(id, name, mark) : std::string();
      },
      Durability::may_be_lost);
}

FileMarks Queue::marks(QueueId id) const {
  const std::lock_guard lock(state_mutex_);
  return ledger_.marks(id);
}

void Queue::show_progress(QueueId id, const LiveProgress& progress) {
  const std::lock_guard lock(state_mutex_);
  live_[id] = progress;
}

void Queue::hide_progress(QueueId id) {
  const std::lock_guard lock(state_mutex_);
  live_.erase(id);
}

LiveMap Queue::live() const {
  const std::lock_guard lock(state_mutex_);
  return live_;
}

}  // namespace ferry::client
