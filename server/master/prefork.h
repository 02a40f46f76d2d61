// ferryd's workers as the master sees them: forked, spoken to, replaced when they die, retired when a reload
// brings a new generation. Single-threaded; never waits for a worker.
#pragma once

#include <sys/types.h>

#include <deque>
#include <optional>
#include <vector>

#include "server/master/service.h"
#include "server/worker/seat.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"
#include "shared/base/unique_fd.h"

namespace ferry {

class Workers {
 public:
  // `service` must outlive the object; each worker gets what it holds at the moment of its fork.
  explicit Workers(Service& service);

  // Forks a new worker for every place. The one that was there accepts no more, as soon as its successor
  // lives, and ends with its last session.
  void start_generation();
  // Errc::busy while so many retired workers wait for their last sessions that a generation more would cost
  // too much.
  Status check_room_for_generation() const;
  // Forks workers for places that are empty and whose back-off has passed.
  void fill_empty_places();
  // Takes note of a reaped child. Its owner id, to be settled; nullopt: not one of ours.
  std::optional<store::OwnerId> bury(pid_t pid, int wait_status);

  void tell_all(LinkMessage message);
  bool tell(pid_t pid, LinkMessage message);  // false: no such worker
  // Sends what a full link held back. To be called when unsent_links() says so.
  void send_unsent();
  std::vector<int> links_with_unsent() const;  // wait for POLLOUT on these
  void kill_all();
  void stop_replacing() { replaces_ = false; }  // from the drain on

  bool none_left() const { return workers_.empty(); }
  int generation() const { return generation_; }
  std::vector<pid_t> pids() const;  // retired ones included
  std::vector<store::OwnerId> owners() const;
  Deadline next_fork() const;  // when fill_empty_places has something to do

 private:
  struct Worker {
    pid_t pid = -1;
    int place = 0;
    int generation = 0;
    bool is_retired = false;
    store::OwnerId owner = 0;
    UniqueFd link;
    SteadyTime started;
    std::deque<LinkMessage> unsent;
  };
  struct Place {
    bool is_empty = true;
    std::chrono::milliseconds back_off{0};
    Deadline not_before = Deadline::after(std::chrono::milliseconds(0));
  };

  void fork_into(int place);
  void retire_before(int generation, int place);
  void leave_empty(int place, std::chrono::milliseconds lived);
  void send(Worker& worker, LinkMessage message);
  void flush(Worker& worker);

  Service& service_;
  std::vector<Worker> workers_;
  std::vector<Place> places_;
  int generation_ = 0;
  bool replaces_ = true;
};

// Random, never 0: one incarnation of a worker, or of a settler that only looks for what has expired.
store::OwnerId make_owner_id();

}  // namespace ferry
