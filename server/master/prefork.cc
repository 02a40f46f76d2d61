#include "server/master/prefork.h"

#include <fmt/core.h>
#include <sodium.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "server/master/child.h"

namespace ferry {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// A worker that dies sooner than this is likely to do so again; its place waits, twice as long each time.
constexpr milliseconds kSoon = 5s;
constexpr milliseconds kFirstBackOff = 100ms;
// Clients that the kernel has put into the queue of an empty place wait there: shorter than their patience.
constexpr milliseconds kLongestBackOff = 3s;

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return fmt::format("was ended by signal {}", WTERMSIG(status));
  return fmt::format("ended with status {}", WEXITSTATUS(status));
}

struct Link {
  UniqueFd ours, theirs;
};

Result<Link> make_link() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
    return fail_errno(errno, "socketpair");
  return Link{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace

store::OwnerId make_owner_id() {
  std::uint64_t random = 0;
  while (random == 0) {
    randombytes_buf(&random, sizeof random);
    random >>= 1;  // positive as a signed number
  }
  return static_cast<store::OwnerId>(random);
}

Workers::Workers(Service& service) : service_(service), places_(static_cast<std::size_t>(service.workers)) {}

void Workers::start_generation() {
  ++generation_;
  for (int place = 0; place < service_.workers; ++place) fork_into(place);
}

Status Workers::check_room_for_generation() const {
  constexpr int kMostRetired = 8;  // per place
  std::vector<int> retired(places_.size());
  for (const Worker& worker : workers_) {
    if (worker.is_retired) ++retired[static_cast<std::size_t>(worker.place)];
  }
  if (std::ranges::all_of(retired, [](int count) { return count < kMostRetired; })) return {};
  return fail(Errc::busy, fmt::format("{} generations of workers still wait for their last sessions; reload "
                                      "again when some have ended, or restart",
                                      kMostRetired));
}

void Workers::retire_before(int generation, int place) {
  for (Worker& worker : workers_) {
    if (worker.place != place || worker.generation >= generation || worker.is_retired) continue;
    worker.is_retired = true;
    send(worker, {LinkMessage::Kind::retire, 0});
  }
}

void Workers::fill_empty_places() {
  if (!replaces_) return;
  for (int place = 0; place < service_.workers && generation_ > 0; ++place) {
    const Place& at = places_[static_cast<std::size_t>(place)];
    if (at.is_empty && at.not_before.passed()) fork_into(place);
  }
}

void Workers::fork_into(int place) {
  auto link = make_link();
  WorkerSeat seat{place,
                  make_owner_id(),
                  service_.listeners.of_worker(place),
                  UniqueFd(),
                  &service_.options,
                  service_.tls,
                  service_.scoreboard.get(),
                  service_.login_cache.get(),
                  service_.logs.get(),
                  service_.names.all()};
  ChildRole role{fmt::format("ferryd: worker {}", place + 1), service_.logs->descriptors(), service_.run_as};
  for (const WorkerListener& listener : seat.listeners) role.keeps.push_back(listener.fd);
  pid_t pid = -1;
  if (link) {
    seat.link = std::move(link->theirs);
    role.keeps.push_back(seat.link.get());
    pid = fork_child(role, [&seat] { return run_worker(std::move(seat)); });
  }
  if (pid < 0) {
    service_.logs->service(Logs::Level::error, fmt::format("cannot start worker {}: {}", place + 1,
                                                           errno_error(errno, "").context));
    leave_empty(place, 0ms);
    return;
  }
  Place& at = places_[static_cast<std::size_t>(place)];
  at.is_empty = false;
  workers_.push_back({pid,
                      place,
                      generation_,
                      false,
                      seat.owner,
                      std::move(link->ours),
                      std::chrono::steady_clock::now(),
                      {}});
  service_.logs->service(Logs::Level::info, fmt::format("worker {} started, process {}, generation {}",
                                                        place + 1, pid, generation_));
  retire_before(generation_, place);
}

void Workers::leave_empty(int place, milliseconds lived) {
  Place& at = places_[static_cast<std::size_t>(place)];
  at.is_empty = true;
  at.back_off = lived >= kSoon ? 0ms : std::clamp(at.back_off * 2, kFirstBackOff, kLongestBackOff);
  at.not_before = Deadline::after(at.back_off);
}

std::optional<store::OwnerId> Workers::bury(pid_t pid, int wait_status) {
  const auto dead = std::ranges::find(workers_, pid, &Worker::pid);
  if (dead == workers_.end()) return std::nullopt;
  service_.scoreboard->clear_process(pid);
  const bool in_order =
      WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0 && (dead->is_retired || !replaces_);
  service_.logs->service(
      in_order ? Logs::Level::info : Logs::Level::error,
      fmt::format("worker {} (process {}) {}", dead->place + 1, pid, how_it_ended(wait_status)));
  if (dead->generation == generation_) {
    leave_empty(dead->place,
                std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - dead->started));
  }
  const store::OwnerId owner = dead->owner;
  workers_.erase(dead);
  return owner;
}

void Workers::tell_all(LinkMessage message) {
  for (Worker& worker : workers_) send(worker, message);
}

bool Workers::tell(pid_t pid, LinkMessage message) {
  const auto worker = std::ranges::find(workers_, pid, &Worker::pid);
  if (worker == workers_.end()) return false;
  send(*worker, message);
  return true;
}

void Workers::send(Worker& worker, LinkMessage message) {
  constexpr std::size_t kMostUnsent = 1000;
  if (worker.unsent.size() >= kMostUnsent) {
    service_.logs->service(Logs::Level::error,
                           fmt::format("worker {} (process {}) does not read its messages and is ended",
                                       worker.place + 1, worker.pid));
    ::kill(worker.pid, SIGKILL);
    return;
  }
  worker.unsent.push_back(message);
  flush(worker);
}

void Workers::flush(Worker& worker) {
  while (!worker.unsent.empty()) {
    if (::send(worker.link.get(), &worker.unsent.front(), sizeof(LinkMessage), MSG_NOSIGNAL) >= 0) {
      worker.unsent.pop_front();
    } else if (errno == EAGAIN) {
      return;
    } else if (errno != EINTR) {
      worker.unsent.clear();  // it has closed its end: it is about to exit
    }
  }
}

void Workers::send_unsent() {
  for (Worker& worker : workers_) flush(worker);
}

std::vector<int> Workers::links_with_unsent() const {
  std::vector<int> links;
  for (const Worker& worker : workers_) {
    if (!worker.unsent.empty()) links.push_back(worker.link.get());
  }
  return links;
}

void Workers::kill_all() {
  for (const Worker& worker : workers_) ::kill(worker.pid, SIGKILL);
}

std::vector<pid_t> Workers::pids() const {
  std::vector<pid_t> all;
  for (const Worker& worker : workers_) all.push_back(worker.pid);
  return all;
}

std::vector<store::OwnerId> Workers::owners() const {
  std::vector<store::OwnerId> all;
  for (const Worker& worker : workers_) all.push_back(worker.owner);
  return all;
}

Deadline Workers::next_fork() const {
  Deadline next = Deadline::infinite();
  if (!replaces_ || generation_ == 0) return next;
  for (const Place& place : places_) {
    if (place.is_empty) next = next.sooner(place.not_before);
  }
  return next;
}

}  // namespace ferry
