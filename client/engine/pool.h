// The sessions of one user on one site, lent to whoever has something to transfer. Opens them when they are
// wanted, up to a limit; a server that wants fewer of them (421, 530 "too many") teaches a lower one. Idle
// ones are kept alive. Any thread; borrow() and the destructor block.
//
// Whoever borrows must not rely on the session's current folder: paths are absolute.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "client/engine/cancel.h"
#include "client/engine/connection.h"

namespace ferry::client {

// Connects and logs in; the Cancel ends it. Called by any thread, by several at once only after it has
// succeeded once: so there is one question about the certificate. A login that is refused, or a certificate
// that is not trusted, while no session is open is the pool's end: the opener is not called again.
using OpenSession = std::function<Result<std::unique_ptr<Connection>>(Cancel&)>;

struct PoolOptions {
  int most = 4;                                  // sessions at once
  std::chrono::milliseconds noop_after{30'000};  // idle for so long: NOOP
  // Then one session more than the learnt limit is tried: after "too many", and after no answer at all.
  std::chrono::milliseconds limit_holds{60'000}, silence_holds{5'000};
};

class SessionPool {
 private:
  struct Session;

 public:
  // A session on loan. Given back by its destructor; one that is not usable() any more is dropped.
  class Lease {
   public:
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { give_back(); }

    Connection& operator*() const;
    Connection* operator->() const { return &**this; }
    void give_back();

   private:
    friend class SessionPool;
    Lease(SessionPool& pool, std::unique_ptr<Session> session);
    SessionPool* pool_;
    std::unique_ptr<Session> session_;
  };

  explicit SessionPool(OpenSession open, PoolOptions options = {});
  SessionPool(const SessionPool&) = delete;
  SessionPool& operator=(const SessionPool&) = delete;
  // QUITs all sessions at once; all leases must have been given back.
  ~SessionPool();

  // A guest: a session that somebody else has opened and goes on owning. It must outlive the pool and belongs
  // to it alone meanwhile. When it breaks it is hung up and left aside.
  void include(Connection& guest);

  // A session whose waits end with `cancel`, which must outlive the lease. Waits until one is free or can be
  // opened. Errors are those of the opener, if not even one can be had or the certificate is another one;
  // Errc::cancelled.
  Result<Lease> borrow(Cancel& cancel);

  // How many sessions the server lets us have, as far as known; at most PoolOptions::most.
  int limit() const;
  int open_sessions() const;  // lent, idle, or being opened

 private:
  struct Session {
    std::unique_ptr<Connection> owned;
    Connection* connection = nullptr;  // `owned`, or a guest
    Cancel* own_cancel = nullptr;      // what a guest heeds otherwise
    SteadyTime idle_since{};
  };

  bool may_open() const;
  Result<Lease> open(Cancel& cancel, std::unique_lock<std::mutex>& lock);
  bool are_others_enough(const Error& error);
  void put_aside(std::unique_ptr<Session> session);
  void take_back(std::unique_ptr<Session> session);
  void forget(std::unique_ptr<Session> session);
  Status wait_for_change(Cancel& cancel, std::unique_lock<std::mutex>& lock);
  void announce_change();
  void keep_alive();
  std::unique_ptr<Session> oldest_due(std::unique_lock<std::mutex>& lock);

  const OpenSession open_;
  const PoolOptions options_;
  mutable std::mutex mutex_;                    // of all that follows
  std::vector<std::unique_ptr<Session>> idle_;  // the one that was used last is at the end
  int open_count_ = 0;                          // lent, idle or being opened
  int opening_ = 0;
  int limit_;
  SteadyTime limit_until_{};
  bool has_opened_ = false;  // the opener has succeeded once
  std::optional<Error> end_;
  int waiters_ = 0;
  bool is_closing_ = false;
  UniqueFd change_;  // a semaphore: one token per waiter and change
  Cancel closing_;   // ends the keeper's NOOP
  std::condition_variable keeper_wakes_;
  std::thread keeper_;  // runs from the first session on
};

}  // namespace ferry::client
