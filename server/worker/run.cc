// The worker process from its fork to its end.
#include <fmt/core.h>
#include <malloc.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <thread>

#include "server/worker/sandbox.h"
#include "server/worker/seat.h"
#include "server/worker/worker.h"

namespace ferry {

namespace {

constexpr int kMaxArenas = 2;  // one per core and thread would multiply what idle sessions cost
constexpr mode_t kUmask = 0027;

// The master decides when a worker ends, through the link; a signal to the whole group (Ctrl-C) must not end
// transfers.
void leave_signals_to_the_master() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD, SIGPIPE})
    sigaddset(&signals, signal);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
}

// Homes outside home_root are known only by their accounts; one made later comes in with the reload that
// ftpadm asks for.
Result<SandboxPaths> sandbox_paths(const Options& options, store::Store& store) {
  SandboxPaths paths;
  paths.needed = {options.home_root, options.log_dir, std::filesystem::path(options.store).parent_path()};
  auto accounts = store.list_accounts();
  if (!accounts) return tl::unexpected(accounts.error());
  const std::string inside = options.home_root + "/";
  for (const store::Account& account : *accounts) {
    if (!account.home.starts_with(inside)) paths.homes.push_back(account.home);
  }
  return paths;
}

// The guest's account and home appear with the first start that has `anonymous` on; from then on they are the
// operator's.
Status ensure_guest(const Options& options, store::Store& store) {
  if (!options.anonymous) return {};
  if (auto guest = store.find_account(store::kGuestAccount); guest || guest.error().kind != Errc::not_found) {
    return guest ? Status{} : tl::unexpected(guest.error());
  }
  store::NewAccount guest;
  guest.name = store::kGuestAccount;
  guest.home = options.home_root + "/" + store::kGuestAccount;
  guest.is_guest = guest.is_read_only = true;
  if (mkdir(guest.home.c_str(), 0750) != 0 && errno != EEXIST) return fail_errno(errno, guest.home);
  auto made = store.create_account(guest);
  if (!made && made.error().kind != Errc::exists) return tl::unexpected(made.error());
  return {};
}

std::ptrdiff_t concurrent_password_checks() {
  return std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(std::thread::hardware_concurrency()), 1,
                                    kMaxPasswordChecks);
}

}  // namespace

int run_worker(WorkerSeat seat) {
  leave_signals_to_the_master();
  mallopt(M_ARENA_MAX, kMaxArenas);
  umask(kUmask);
  Logs& logs = *seat.logs;
  const auto give_up = [&](const Error& error) {
    logs.service(Logs::Level::error, fmt::format("worker {}: {}", seat.index + 1, error.context));
    return 1;
  };
  auto store = store::Store::open(seat.options->store);
  if (!store) return give_up(store.error());
  if (auto guest = ensure_guest(*seat.options, **store); !guest) return give_up(guest.error());
  auto paths = sandbox_paths(*seat.options, **store);
  if (!paths) return give_up(paths.error());
  PassiveAddresses passive(*seat.options, seat.names);
  std::vector<net::Network> balancers;
  for (const std::string& network : seat.options->proxy_from)
    balancers.push_back(*net::Network::parse(network));
  const int threads = seat.options->threads_per_worker;
  Services services{*seat.options,
                    **store,
                    *seat.scoreboard,
                    *seat.login_cache,
                    logs,
                    seat.tls.get(),
                    seat.owner,
                    std::counting_semaphore<kMaxPasswordChecks>(concurrent_password_checks()),
                    passive,
                    std::move(balancers),
                    TransferLimit(threads * 3 / 4, threads / 2),
                    {}};
  Worker worker(seat, services, passive);
  if (auto started = worker.start(); !started) return give_up(started.error());
  if (auto locked = enter_sandbox(*paths, logs); !locked) return give_up(locked.error());
  worker.run();
  return 0;
}

}  // namespace ferry
