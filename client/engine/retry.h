// What may help after a failure, and how long to wait before it is tried: one table for the pool, the batch
// and whoever else tries again. Pure but for pause().
#pragma once

#include <chrono>
#include <optional>

#include "client/engine/cancel.h"
#include "shared/base/result.h"

namespace ferry::client {

enum class Remedy {
  again,  // it may be gone in a moment: the network, 421, 425, 426, 450, 451
  none,   // nothing changes by itself: 550, 552, 553, a full disk on either side, another digest
  stop,   // and it is the same for everything else: 530, an untrusted certificate, Ctrl-C
};
Remedy remedy_for(const Error& error);

// A login that was refused because too many sessions are open (421; 530 from ProFTPD), not because of the
// password.
bool is_crowded(const Error& error);

// The server cannot be reached or has let go of us, as opposed to having refused something.
bool is_network_failure(const Error& error);

struct RetryPolicy {
  int retries = 5;  // after the first try; 0: never again
  std::chrono::milliseconds first_wait{250};
  std::chrono::milliseconds longest_wait{60'000};

  // In front of retry number `retry` (from 1 on): four times the one before. `spread` in [0, 1) lengthens it
  // by up to a quarter, so that many do not come back in the same moment.
  std::chrono::milliseconds wait_before(int retry, double spread) const;
};

// The tries of one thing.
class Retries {
 public:
  explicit Retries(const RetryPolicy& policy) : policy_(policy) {}
  // After a try that failed: how long to wait before the next; nullopt: it was the last.
  std::optional<std::chrono::milliseconds> after(const Error& error) { return after(remedy_for(error)); }
  std::optional<std::chrono::milliseconds> after(Remedy remedy);
  // It has come further than ever before: a long way is not cut short by a fixed number of stumbles.
  void progressed() { used_ = 0; }
  int attempt() const { return attempt_; }  // the number of the current try, from 1 on

 private:
  RetryPolicy policy_;
  int used_ = 0, attempt_ = 1;
};

// Errc::cancelled.
Status pause(std::chrono::milliseconds span, const Cancel& cancel);

}  // namespace ferry::client
