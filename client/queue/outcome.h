// How a try of an item ended, and what that makes of the item: done, once more later, a question, or a
// failure. Pure.
#pragma once

#include <optional>

#include "client/engine/resume.h"
#include "client/engine/retry.h"
#include "client/queue/item.h"

namespace ferry::client {

struct Outcome {
  std::optional<Error> error;  // nullopt: done
  Bytes done = 0;              // so far the transfer had come
  std::optional<Bytes> total;
  std::int64_t files_done = 0, files_total = 0;  // of a folder
  bool is_final = false;                         // it has been tried again often enough
  bool is_told = false;                          // what has failed of a folder has been reported
  // Somebody has to be asked before it can go on, and `error` says what about.
  Question question = Question::none;
  // Nothing was tried: no session could be had. When there is to be another try, the site decides.
  std::optional<WallTime> no_session_until;
};

// Changes an item that ran. Whatever was said meanwhile, what is done is done; otherwise a pause, or a
// cancellation, stays. `spread` as RetryPolicy::wait_before.
void conclude(QueueItem& item, const Outcome& outcome, const RetryPolicy& policy, double spread,
              WallTime now);

// When a run begins: what an earlier one left running waits again, and so does what may be answered now (a
// password, a certificate) or was to be tried again anyway. False: nothing changes.
bool take_up(QueueItem& item);

// Does it take up by itself, sooner or later, in this run?
bool is_pending(const QueueItem& item);
// May it start now?
bool is_due(const QueueItem& item, WallTime now);

}  // namespace ferry::client
