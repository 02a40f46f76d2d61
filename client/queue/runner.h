// Works a queue off: each site has a pool of sessions and workers of its own, which take the item of the
// highest priority, then the first, and write down what became of it. Runs in one process per queue; others
// may add, pause, cancel and move items meanwhile, which is noticed within kLook. No terminal.
//
// What is fatal for an item ends that item alone. An item that must ask waits in its row (ItemState::asks). A
// site that cannot be reached is tried again with growing pauses, its items untouched; when that has gone on
// for long enough (RetryPolicy), they wait for the next run.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "client/engine/pool.h"
#include "client/engine/reports.h"
#include "client/engine/retry.h"
#include "client/queue/queue.h"

namespace ferry::client {

// Connects and logs in; where the password comes from is the front end's business. For one site by one thread
// at a time until it has succeeded once, for several sites at once. Errc::bad_syntax: there is no password
// and nobody to ask.
using OpenSite =
    std::function<Result<std::unique_ptr<Connection>>(const Site& site, const std::string& user, Cancel&)>;

struct RunnerOptions {
  int parallel = 4;  // sessions per site
  RetryPolicy retry;
  bool stays = false;  // until it is told to stop, not only until nothing is left to do
};

class Runner {
 public:
  static constexpr std::chrono::milliseconds kLook{200};

  // All must outlive it. Files are reported as they start and end.
  Runner(Queue& queue, OpenSite open, RunnerOptions options, Reports& reports);
  ~Runner();

  // Blocks until nothing is left that could start by itself, or `cancel` is requested: then what runs is
  // stopped and waits, all pieces kept, for the next run. Errc::busy: another process does this already;
  // other errors are the journal's, without which nothing is moved.
  Status run(Cancel& cancel);

 private:
  class Shared;
  class Lane;
  Status work_off(Cancel& cancel);
  void open_lanes();
  void stop_those_told();
  bool has_work() const;
  void show(SteadyTime now);

  Queue& queue_;
  std::unique_ptr<Shared> shared_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  SteadyTime shown_at_{};
  LiveMap shown_;
};

}  // namespace ferry::client
