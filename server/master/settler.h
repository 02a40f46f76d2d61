// Settling after deaths: short-lived unprivileged children of the master, one at a time, that put store and
// disk of dead owners in agreement (run_settler, store.h). The master itself opens neither.
#pragma once

#include <sys/types.h>

#include <deque>
#include <optional>

#include "server/master/service.h"
#include "shared/base/clock.h"
#include "shared/store/store.h"

namespace ferry {

class Settler {
 public:
  // `service` must outlive the object.
  explicit Settler(Service& service);

  // Settles every running upload there is: only before the first worker starts.
  void ask_for_all() { waiting_.push_back({kEverybody, Deadline::after({})}); }
  void ask_for(store::OwnerId owner) { waiting_.push_back({owner, Deadline::after({})}); }

  // Forks the next one when none runs and one is due; once an hour one that only looks for partials past
  // their time.
  void start_if_due();
  // Takes note of a reaped child: whether it did its work; what is not done is tried again later. nullopt:
  // not ours.
  enum class End { done, failed, store_damaged };
  std::optional<End> bury(pid_t pid, int wait_status);

  bool is_running() const { return pid_ >= 0; }
  void kill();  // what it leaves behind is settled at the next start
  Deadline next_start() const;

 private:
  struct Task {
    store::OwnerId owner = 0;
    Deadline not_before;
    bool is_routine = false;  // comes again by itself
  };
  static constexpr store::OwnerId kEverybody = 0;

  Service& service_;
  std::deque<Task> waiting_;
  Deadline next_expiry_;
  pid_t pid_ = -1;
  Task running_{kEverybody, Deadline::infinite()};
};

}  // namespace ferry
