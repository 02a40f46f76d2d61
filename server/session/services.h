// What every session of one worker uses together. Made by the worker before its first accept; outlives all
// sessions.
#pragma once

#include <atomic>
#include <cstdint>
#include <semaphore>

#include "server/session/login_cache.h"
#include "server/session/scoreboard.h"
#include "shared/base/log.h"
#include "shared/config/options.h"
#include "shared/net/tls.h"
#include "shared/store/store.h"

namespace ferry {

// Argon2id takes password_memory each: more at once than a machine has cores gains nothing and costs memory
// an attacker chooses.
inline constexpr std::ptrdiff_t kMaxPasswordChecks = 64;

struct Services {
  const Options& options;
  store::Store& store;
  Scoreboard& scoreboard;
  LoginCache& login_cache;
  Logs& logs;
  const net::TlsServer* tls;  // null when tls = "off"
  store::OwnerId owner;
  std::counting_semaphore<kMaxPasswordChecks> password_checks;

  // Grows when an account may have changed; a session that saw an older one looks its account up again.
  std::atomic<std::uint64_t> account_epoch{1};
  std::atomic<bool> draining{false};  // end sessions after the command they are in

  // Any thread. Asks the store whether somebody else changed it, and says the epoch of now.
  std::uint64_t current_account_epoch();
};

}  // namespace ferry
