// The queue of one user: the items in their order, what people do to them, and the journal below. Any thread.
// Several processes may have it open: a change is made to what the journal says at that moment, and is on the
// disk when the call returns. Who moves the bytes is runner.h.
//
// Reading never waits for the disk; changing does, and for another process's change, Journal::kLockPatience
// at most (Errc::busy).
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "client/queue/actions.h"
#include "client/queue/item.h"
#include "client/queue/journal.h"
#include "client/queue/live.h"
#include "client/queue/move.h"

namespace ferry::client {

using QueueIds = std::vector<QueueId>;

// Which items an action is for: those named, or all it makes sense for.
struct Selection {
  QueueIds ids;
  bool all = false;
};

struct QueueRow {
  SharedItem item;
  std::optional<LiveProgress> live;  // of an item that runs, as far as is known
};

class Queue {
 public:
  static Result<std::unique_ptr<Queue>> open(const std::string& folder);

  // --- to look at ---
  std::vector<QueueRow> rows() const;
  SharedItem find(QueueId id) const;  // null: there is none
  // The first of the highest priority that `fits`; null: none does.
  using Fits = std::function<bool(const QueueItem&)>;
  SharedItem first(const Fits& fits) const;
  bool any(const Fits& fits) const { return first(fits) != nullptr; }
  // Counts changes of items, from here or, after refresh(), from elsewhere.
  std::uint64_t version() const;
  // Until version() is another one, or the time is over.
  void wait_change(std::uint64_t version, std::chrono::milliseconds patience) const;
  // Lines of the journal that could not be read, for a person.
  std::vector<std::string> damage() const;
  // The process that works it off; 0: nobody.
  pid_t runner() const { return journal_.runner(); }
  const std::string& folder() const { return journal_.folder(); }

  // Takes in what other processes have changed. Cheap when that is nothing.
  Status refresh();

  // --- what people do ---
  // Appends them in order; ids and times are given here.
  Result<QueueIds> add(std::vector<QueueItem> items);
  // All named ones or none. The ids of those that were changed. Errc::not_found; Errc::out_of_range: the
  // action makes no sense for one of them.
  Result<QueueIds> act(Action action, const Selection& selection, const RetryWish& wish = {});
  // Those that are done or cancelled, if nothing of them is still to be removed.
  Status clear_finished();
  Result<QueueIds> set_priority(const Selection& selection, int priority);
  // Several keep their order among themselves. Errc::not_found.
  Status move(const QueueIds& ids, const Move& where);

  // --- what the runner does ---
  // Changes one item; `change` says whether it wants to, for what it finds. False: it did not, or there is no
  // such item.
  using Change = std::function<bool(QueueItem&)>;
  Result<bool> update(QueueId id, const Change& change, Durability durability = Durability::on_disk);
  // All items for which `change` says so, in one step.
  Status update_all(const Change& change);
  Status mark_file(QueueId id, const std::string& name, const FileMark& mark);
  FileMarks marks(QueueId id) const;
  void show_progress(QueueId id, const LiveProgress& progress);
  void hide_progress(QueueId id);
  LiveMap live() const;
  Result<UniqueFd> become_runner() { return journal_.become_runner(); }

 private:
  explicit Queue(Journal journal) : journal_(std::move(journal)) {}
  // Makes the lines for a change of the ledger as it is now; none is fine.
  using MakeLines = std::function<Result<std::string>(const Ledger& ledger)>;
  Status change(const MakeLines& make, Durability durability = Durability::on_disk);
  Status take_in();
  Result<std::vector<SharedItem>> chosen(const Ledger& ledger, Action action,
                                         const Selection& selection) const;

  std::mutex change_mutex_;  // held over the disk; before state_mutex_
  Journal journal_;
  mutable std::mutex state_mutex_;  // of what follows; never held over the disk
  mutable std::condition_variable changed_;
  Ledger ledger_;
  LiveMap live_;
  std::vector<std::string> damage_;
  std::uint64_t version_ = 0;
};

}  // namespace ferry::client
