// What every session of one worker uses together. Made by the worker before its first accept; outlives all
// sessions.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <semaphore>
#include <unordered_map>
#include <vector>

#include "server/session/login_cache.h"
#include "server/session/passive_addresses.h"
#include "server/session/rights.h"
#include "server/session/scoreboard.h"
#include "shared/base/log.h"
#include "shared/config/options.h"
#include "shared/net/network.h"
#include "shared/net/tls.h"
#include "shared/store/store.h"

namespace ferry {

// Argon2id takes password_memory each: more at once than a machine has cores gains nothing and costs memory
// an attacker chooses.
inline constexpr std::ptrdiff_t kMaxPasswordChecks = 64;

// What has happened on disk and could not be written into the store (it was locked for long, or its disk
// full): tried again until it is.
class Unsettled {
 public:
  void add(std::function<Status()> settle);
  Status now_or_later(const std::function<Status()>& settle);  // its outcome now; what failed is kept
  void retry();                                                // once each; blocks on the store
  bool is_empty() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::function<Status()>> waiting_;
};

// Threads that transfers may hold at once, so that slow ones of one account keep out neither other accounts
// nor short commands.
class TransferLimit {
 public:
  TransferLimit(int in_all, int per_account) : in_all_(in_all), per_account_(per_account) {}
  bool enter(store::AccountId account);
  void leave(store::AccountId account);

 private:
  const int in_all_, per_account_;
  std::mutex mutex_;
  int running_ = 0;
  std::unordered_map<store::AccountId, int> by_account_;
};

struct Services {
  const Options& options;
  store::Store& store;
  Scoreboard& scoreboard;
  LoginCache& login_cache;
  Logs& logs;
  const net::TlsServer* tls;  // null when tls = "off"
  store::OwnerId owner;
  std::counting_semaphore<kMaxPasswordChecks> password_checks;

  const PassiveAddresses& passive;
  // Who may send PROXY headers.
  std::vector<net::Network> balancers;

  TransferLimit transfers;
  Unsettled unsettled;
  const Identity identity = Identity::of_process();

  // Grows when an account may have changed; a session that saw an older one looks its account up again.
  std::atomic<std::uint64_t> account_epoch{1};
  std::atomic<int> password_waiters{0};  // threads that wait for password_checks
  std::atomic<bool> draining{false};     // end sessions after the command they are in

  bool may_send_header(const net::Address& peer) const;

  // Any thread. Asks the store whether somebody else changed it, and says the epoch of now.
  std::uint64_t current_account_epoch();
};

}  // namespace ferry
