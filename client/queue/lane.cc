#include <algorithm>
#include <filesystem>
#include <random>

#include "client/engine/listing.h"
#include "client/engine/part_file.h"
#include "client/queue/file_run.h"
#include "client/queue/folder_run.h"
#include "client/queue/lane_internal.h"
#include "client/queue/leftover.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

double random_spread() {
  thread_local std::minstd_rand generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

bool is_same_login(const QueueItem& a, const QueueItem& b) {
  return a.user == b.user && a.site.host == b.site.host && a.site.port == b.site.port &&
         a.site.security == b.site.security && a.site.active == b.site.active &&
         a.site.ca_file == b.site.ca_file && a.site.pinned == b.site.pinned &&
         a.site.charset == b.site.charset && a.site.timeout == b.site.timeout;
}

bool is_leftover(const QueueItem& item) {
  return item.state == ItemState::cancelled && item.has_leftover;
}

std::string name_of(const QueueItem& item) {
  return item.direction == Direction::up ? item.local : item.remote;
}

// Reports are about its files then.
bool is_taken_for_folder(const QueueItem& item) {
  return item.is_folder.value_or(item.recursive);
}

std::chrono::milliseconds wait_of(const QueueItem& item) {
  const auto wait = item.next_try.value_or(WallTime{}) - wall_now();
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(wait), std::chrono::milliseconds(0));
}

}  // namespace

// --- what all lanes share ---

void Runner::Shared::fail(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = error;
}

std::optional<Error> Runner::Shared::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void Runner::Shared::end() {
  is_over_ = true;
  running.stop_all();
}

ItemId Runner::Shared::number_of(const QueueItem& item) {
  const std::lock_guard lock(mutex_);
  auto& number = numbers_[item.id];
  if (number == 0) number = reports.starts(item.direction, name_of(item), item.bytes_total);
  return number;
}

void Runner::Shared::forget_number(QueueId id) {
  const std::lock_guard lock(mutex_);
  numbers_.erase(id);
}

// --- the lane ---

Runner::Lane::Lane(Shared& shared, const QueueItem& example) : shared_(shared), example_(example) {
  for (int i = 0; i < std::max(1, shared_.options.parallel); ++i) {
    workers_.push_back(std::make_unique<Worker>());
    Worker& worker = *workers_.back();
    worker.thread = std::thread([this, &worker] { work(worker); });
  }
}

Runner::Lane::~Lane() {
  for (auto& worker : workers_) {
    worker->cancel.request();
    worker->thread.join();
  }
}

bool Runner::Lane::serves(const QueueItem& item) const {
  return is_same_login(example_, item);
}

bool Runner::Lane::has_work() const {
  const bool takes_more = !has_given_up_;
  const auto is_work = [&](const QueueItem& item) {
    if (!serves(item)) return false;
    return item.state == ItemState::running || (takes_more && (is_pending(item) || is_leftover_here(item)));
  };
  // In this order: what a worker leaves pending is that before it stops being busy.
  return shared_.queue.any(is_work) || busy_ > 0;
}

void Runner::Lane::work(Worker& worker) {
  while (!shared_.is_over() && !shared_.failure()) {
    const auto version = shared_.queue.version();
    if (const auto item = next()) {
      serve(worker, *item);
    } else {
      shared_.queue.wait_change(version, kLook);
    }
  }
}

bool Runner::Lane::is_resting() const {
  const std::lock_guard lock(mutex_);
  return has_given_up_ || std::chrono::steady_clock::now() < rests_until_;
}

SharedItem Runner::Lane::next() const {
  if (is_resting()) return nullptr;
  const WallTime now = wall_now();
  auto item = shared_.queue.first(
      [&](const QueueItem& it) { return is_due(it, now) && serves(it) && shared_.running.is_free(it); });
  if (item) return item;
  return shared_.queue.first(
      [&](const QueueItem& it) { return is_leftover_here(it) && serves(it) && shared_.running.is_free(it); });
}

bool Runner::Lane::is_leftover_here(const QueueItem& item) const {
  if (!is_leftover(item)) return false;
  const std::lock_guard lock(mutex_);
  return !kept_leftovers_.contains(item.id);
}

std::shared_ptr<SessionPool> Runner::Lane::pool() {
  const std::lock_guard lock(mutex_);
  if (!pool_) {
    const auto open = [this](Cancel& cancel) { return shared_.open(example_.site, example_.user, cancel); };
    PoolOptions options;
    options.most = std::max(1, shared_.options.parallel);
    pool_ = std::make_shared<SessionPool>(open, options);
  }
  return pool_;
}

void Runner::Lane::serve(Worker& worker, const QueueItem& wanted) {
  const bool moves = !is_leftover(wanted);
  worker.entry = shared_.running.enter(wanted, worker.cancel, moves);
  if (!worker.entry) return;
  ++busy_;
  moves ? move(worker, wanted) : clean_up(worker, wanted);
  worker.entry.reset();
  --busy_;
}

void Runner::Lane::move(Worker& worker, const QueueItem& wanted) {
  const auto pool_now = pool();  // outlives the session
  auto lease = session(*pool_now, worker, wanted);
  if (!lease) return;
  const auto item = claim(**lease, wanted);
  if (!item) return;
  if (item->is_folder.value_or(false)) {
    lease->give_back();
    return move_folder(*pool_now, worker, *item);
  }
  if (item->recursive && item->direction == Direction::down) {
    std::error_code ignored;  // what cannot be made shows with the file
    std::filesystem::create_directories(std::filesystem::path(item->local).parent_path(), ignored);
  }
  FileRun run{shared_.queue, shared_.reports, shared_.number_of(*item)};
  const Outcome outcome = run.run(**lease, *item);
  lease->give_back();
  settle(*item, outcome, run.result);
}

void Runner::Lane::move_folder(SessionPool& pool, Worker& worker, const QueueItem& item) {
  FolderRun run(shared_.queue, shared_.reports, item);
  const Outcome outcome =
      run.run(pool, shared_.options.retry, std::max(1, shared_.options.parallel), worker.cancel);
  settle(item, outcome, {});
  const auto after = shared_.queue.find(item.id);
  if (shared_.is_over() || !after || after->state != ItemState::cancelled) return;
  worker.entry.reset();
  worker.entry = shared_.running.enter(item, worker.cancel, false);
  if (!worker.entry) return;
  for (const auto& file : run.unfinished()) forget(pool, worker, item, file);
}

// A file of a folder that was cancelled on its way.
void Runner::Lane::forget(SessionPool& pool, Worker& worker, const QueueItem& folder, const CopyItem& file) {
  if (file.direction == Direction::down) {
    if (const auto target = look_at_target(file.local)) drop_partial(file.local, *target);
    return;
  }
  QueueItem item = folder;
  item.local = file.local;
  item.remote = file.remote;
  auto lease = pool.borrow(worker.cancel);
  const Status removed = lease ? remove_leftover(**lease, item) : tl::unexpected(lease.error());
  if (!removed)
    shared_.reports.note(file.remote + ": what has arrived stays on the server: " + removed.error().context);
}

std::optional<QueueItem> Runner::Lane::claim(Connection& connection, const QueueItem& wanted) {
  const std::string remote =
      wanted.from_login ? ftp::join_path(connection.home(), wanted.remote) : wanted.remote;
  auto is_folder = wanted.is_folder;
  if (wanted.recursive && !is_folder) {
    auto looked = is_directory(connection, remote);
    if (looked) is_folder = *looked;  // else the file that it is then taken for says what is wrong
  }
  std::optional<QueueItem> item;
  const auto now = wall_now();
  const auto claimed = shared_.queue.update(wanted.id, [&](QueueItem& it) {
    if (!is_due(it, now)) return false;
    it.remote = remote;
    it.from_login = false;
    it.is_folder = is_folder;
    it.next_try.reset();
    it.state = ItemState::running;
    item = it;
    it.has_begun = true;
    return true;
  });
  if (!claimed) shared_.fail(claimed.error());
  return claimed.value_or(false) ? item : std::nullopt;
}

void Runner::Lane::settle(const QueueItem& item, const Outcome& outcome, const TransferResult& result) {
  std::optional<QueueItem> after;
  const auto changed = shared_.queue.update(item.id, [&](QueueItem& it) {
    conclude(it, outcome, shared_.options.retry, random_spread(), wall_now());
    after = it;
    return true;
  });
  shared_.queue.hide_progress(item.id);
  if (!changed) return shared_.fail(changed.error());
  if (!after) return;
  report(*after, outcome, result);
  if (after->state == ItemState::cancelled && after->direction == Direction::down) {
    if (const auto target = look_at_target(after->local)) drop_partial(after->local, *target);
  }
}

void Runner::Lane::report(const QueueItem& after, const Outcome& outcome, const TransferResult& result) {
  if (is_taken_for_folder(after)) return report_folder(after, outcome);
  Reports& reports = shared_.reports;
  const ItemId number = shared_.number_of(after);
  switch (after.state) {
    case ItemState::retrying:
      return reports.retrying(number, *outcome.error, after.attempts + 1, wait_of(after));
    case ItemState::done:
      reports.done(number, {after.direction, name_of(after), result});
      break;
    case ItemState::paused:
    case ItemState::cancelled:
      reports.skipped(number, name_of(after), std::string(state_word(after.state)));
      break;
    case ItemState::asks:
    case ItemState::failed:
      reports.failed(number, *outcome.error);
      break;
    case ItemState::waiting:
    case ItemState::running:
      return;
  }
  shared_.forget_number(after.id);
}

// Its files have been reported one by one.
void Runner::Lane::report_folder(const QueueItem& after, const Outcome& outcome) {
  if (after.state == ItemState::retrying)
    return shared_.reports.retrying(0, *outcome.error, after.attempts + 1, wait_of(after));
  const bool is_failure = after.state == ItemState::failed || after.state == ItemState::asks;
  if (is_failure && !outcome.is_told) shared_.reports.failed(0, *outcome.error);
}

void Runner::Lane::clean_up(Worker& worker, const QueueItem& wanted) {
  const auto pool_now = pool();
  auto lease = pool_now->borrow(worker.cancel);
  const Status removed = lease ? remove_leftover(**lease, wanted) : tl::unexpected(lease.error());
  if (!removed) {
    shared_.reports.note(name_of(wanted) +
                         ": what has arrived stays on the server for now: " + removed.error().context);
    const std::lock_guard lock(mutex_);
    kept_leftovers_.insert(wanted.id);
    return;
  }
  const auto changed = shared_.queue.update(wanted.id, [](QueueItem& it) {
    if (!is_leftover(it)) return false;
    it.has_leftover = false;
    return true;
  });
  if (!changed) shared_.fail(changed.error());
}

// --- sessions, and what their lack means ---

std::optional<SessionPool::Lease> Runner::Lane::session(SessionPool& pool, Worker& worker,
                                                        const QueueItem& item) {
  const auto tried_at = std::chrono::steady_clock::now();
  auto lease = pool.borrow(worker.cancel);
  if (!lease) {
    no_session(pool, item, lease.error(), tried_at);
    return std::nullopt;
  }
  const std::lock_guard lock(mutex_);
  failures_ = 0;
  return std::move(*lease);
}

void Runner::Lane::no_session(const SessionPool& pool, const QueueItem& item, const Error& error,
                              SteadyTime tried_at) {
  if (error.kind == Errc::cancelled) return;
  if (remedy_for(error) == Remedy::again) {
    {
      const std::lock_guard lock(mutex_);
      if (tried_at < failed_at_) return;  // that several tried at once counts once
    }
    return back_off(item, error);
  }
  {
    // A pool remembers that it was refused: whoever answers gets a new one.
    const std::lock_guard lock(mutex_);
    if (pool_.get() == &pool) pool_.reset();
  }
  end_all_pending(error);
}

void Runner::Lane::back_off(const QueueItem& item, const Error& error) {
  const RetryPolicy& policy = shared_.options.retry;
  std::chrono::milliseconds wait{};
  int attempt = 0;
  {
    const std::lock_guard lock(mutex_);
    failed_at_ = std::chrono::steady_clock::now();
    attempt = ++failures_;
    has_given_up_ = !shared_.options.stays && failures_ > policy.retries;
    wait = policy.wait_before(failures_, random_spread());
    rests_until_ = failed_at_ + wait;
  }
  const auto until = wall_now() + wait;
  const bool gives_up = has_given_up_;
  const auto changed = shared_.queue.update(item.id, [&](QueueItem& it) {
    if (!is_pending(it)) return false;
    it.error = ItemError{error.kind, error.context, error.reply_code};
    it.state = gives_up ? ItemState::waiting : ItemState::retrying;
    it.next_try = gives_up ? std::nullopt : std::optional(until);
    return true;
  });
  if (!changed) return shared_.fail(changed.error());
  if (gives_up) leave_for_next_run();
  const ItemId number = is_taken_for_folder(item) ? 0 : shared_.number_of(item);
  if (!gives_up) return shared_.reports.retrying(number, error, attempt + 1, wait);
  shared_.reports.failed(number, error);
  shared_.forget_number(item.id);
}

void Runner::Lane::leave_for_next_run() {
  const auto changed = shared_.queue.update_all([&](QueueItem& it) {
    if (it.state != ItemState::retrying || !serves(it)) return false;
    it.state = ItemState::waiting;
    it.next_try.reset();
    return true;
  });
  if (!changed) shared_.fail(changed.error());
}

// The same would happen to each of them.
void Runner::Lane::end_all_pending(const Error& error) {
  std::vector<QueueItem> ended;
  Outcome outcome;
  outcome.error = error;
  if (error.kind == Errc::bad_syntax) outcome.question = Question::password;
  const auto changed = shared_.queue.update_all([&](QueueItem& it) {
    if (!is_pending(it) || !serves(it)) return false;
    it.state = ItemState::running;
    conclude(it, outcome, RetryPolicy{0}, 0, wall_now());
    ended.push_back(it);
    return true;
  });
  if (!changed) return shared_.fail(changed.error());
  for (const auto& item : ended) report(item, outcome, {});
}

}  // namespace ferry::client
