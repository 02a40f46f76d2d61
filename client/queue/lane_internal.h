// One site's part of a Runner: a pool of sessions and the workers that move items over it. Internal to
// client/queue.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "client/engine/batch.h"
#include "client/queue/outcome.h"
#include "client/queue/runner.h"
#include "client/queue/running.h"

namespace ferry::client {

// What all lanes share.
class Runner::Shared {
 public:
  Shared(Queue& the_queue, OpenSite the_open, RunnerOptions the_options, Reports& the_reports)
      : queue(the_queue), open(std::move(the_open)), options(the_options), reports(the_reports) {}

  // The journal cannot be written: nothing more is begun.
  void fail(const Error& error);
  std::optional<Error> failure() const;
  bool is_over() const { return is_over_; }
  void end();

  // What the item is called in reports, from its first try to its end.
  ItemId number_of(const QueueItem& item);
  void forget_number(QueueId id);

  Queue& queue;
  const OpenSite open;
  const RunnerOptions options;
  Reports& reports;
  Running running;

 private:
  mutable std::mutex mutex_;
  std::optional<Error> failure_;
  std::map<QueueId, ItemId> numbers_;
  std::atomic<bool> is_over_{false};
};

class Runner::Lane {
 public:
  // For all items that can share a session with this one.
  Lane(Shared& shared, const QueueItem& example);
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;
  ~Lane();  // after Shared::end(); waits for its workers

  bool serves(const QueueItem& item) const;
  // Something waits that it will take, or is being worked at.
  bool has_work() const;

 private:
  struct Worker {
    Cancel cancel;
    std::optional<Running::Entry> entry;
    std::thread thread;
  };

  void work(Worker& worker);
  SharedItem next() const;
  void serve(Worker& worker, const QueueItem& wanted);
  void move(Worker& worker, const QueueItem& wanted);
  // The item as it was before, both ends resolved; null: it is no longer to be had.
  std::optional<QueueItem> claim(Connection& connection, const QueueItem& wanted);
  void move_folder(SessionPool& pool, Worker& worker, const QueueItem& item);
  void forget(SessionPool& pool, Worker& worker, const QueueItem& folder, const CopyItem& file);
  void settle(const QueueItem& item, const Outcome& outcome, const TransferResult& result);
  void report(const QueueItem& after, const Outcome& outcome, const TransferResult& result);
  void report_folder(const QueueItem& after, const Outcome& outcome);
  void clean_up(Worker& worker, const QueueItem& wanted);

  std::shared_ptr<SessionPool> pool();
  // A session, or what its lack makes of the item and of its like.
  std::optional<SessionPool::Lease> session(SessionPool& pool, Worker& worker, const QueueItem& item);
  void no_session(const SessionPool& pool, const QueueItem& item, const Error& error, SteadyTime tried_at);
  void back_off(const QueueItem& item, const Error& error);
  void leave_for_next_run();
  void end_all_pending(const Error& error);
  bool is_resting() const;
  bool is_leftover_here(const QueueItem& item) const;

  Shared& shared_;
  const QueueItem example_;
  std::atomic<bool> has_given_up_{false};
  std::atomic<int> busy_{0};
  mutable std::mutex mutex_;  // of what follows
  std::shared_ptr<SessionPool> pool_;
  int failures_ = 0;  // to get a session, one after the other
  SteadyTime failed_at_{}, rests_until_{};
  std::set<QueueId> kept_leftovers_;  // that could not be removed: not again in this run
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace ferry::client
