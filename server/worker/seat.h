// What the master hands to a worker at the fork, and what the two say to each other afterwards. The worker
// owns all of it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "server/session/login_cache.h"
#include "server/session/passive_addresses.h"
#include "server/session/scoreboard.h"
#include "shared/base/log.h"
#include "shared/base/unique_fd.h"
#include "shared/config/options.h"
#include "shared/net/tls.h"
#include "shared/store/store.h"

namespace ferry {

// How connections of one listener begin.
struct ListenerKind {
  bool implicit_tls = false;
  bool proxied = false;  // with a PROXY header, before anything else
};

struct WorkerListener {
  int fd = -1;  // inherited; the master keeps it too, so that a dead worker's queue is not lost
  ListenerKind kind;
};

struct WorkerSeat {
  int index = 0;             // 0..workers-1
  store::OwnerId owner = 0;  // this incarnation
  std::vector<WorkerListener> listeners;
  UniqueFd link;  // SOCK_SEQPACKET to the master, non-blocking; end of file: the master is gone
  const Options* options = nullptr;
  std::shared_ptr<net::TlsServer> tls;  // null when tls = "off"
  Scoreboard* scoreboard = nullptr;
  LoginCache* login_cache = nullptr;
  Logs* logs = nullptr;
  std::vector<NamedAddress> names;  // the names among passive_addresses, as the master knows them at the fork
};

// Master -> worker, one packet each.
struct LinkMessage {
  enum class Kind : std::uint32_t {
    retire,  // a new generation took the listeners: accept no more, exit when the last session has ended
    drain,   // SIGTERM: as retire, and close idle sessions with 421; running transfers may finish (value:
             // milliseconds until they are cut)
    kick,    // value: session id
    reopen_logs,
    name,  // value: number of the name << 32 | its IPv4 address now
  };
  Kind kind = Kind::retire;
  std::uint64_t value = 0;
};

// Runs in the forked worker: sandbox, store, threads, sessions. Returns the exit code when there is nothing
// left to do. The process is already the unprivileged user. Blocks for the worker's whole life.
int run_worker(WorkerSeat seat);

// Runs in a short-lived unprivileged child of the master: puts store and disk of dead owners in agreement
// (see store.h) and removes partials past their time. `owner` 0: all active rows (at the start, when no
// worker lives). Returns the exit code: 0, kStoreDamaged, or another when it is to be tried again.
inline constexpr int kStoreDamaged = 3;
int run_settler(const Options& options, Logs& logs, store::OwnerId owner);

}  // namespace ferry
