#include "server/master/settler.h"

#include <fmt/core.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>

#include "server/master/child.h"
#include "server/master/prefork.h"
#include "server/worker/seat.h"

namespace ferry {

namespace {

using namespace std::chrono_literals;
constexpr auto kExpiryPeriod = 1h;
constexpr auto kRetryAfter = 60s;

}  // namespace

Settler::Settler(Service& service) : service_(service), next_expiry_(Deadline::after(kExpiryPeriod)) {}

void Settler::start_if_due() {
  if (next_expiry_.passed()) {
    next_expiry_ = Deadline::after(kExpiryPeriod);
    // Owns nothing; expiry is looked for every time.
    waiting_.push_back({make_owner_id(), Deadline::after({}), true});
  }
  if (is_running()) return;
  const auto due = std::ranges::find_if(waiting_, [](const Task& task) { return task.not_before.passed(); });
  if (due == waiting_.end()) return;
  const ChildRole role{"ferryd: settler", service_.logs->descriptors(), service_.run_as};
  running_ = *due;
  waiting_.erase(due);
  pid_ = fork_child(role, [this] { return run_settler(service_.options, *service_.logs, running_.owner); });
  if (pid_ >= 0) return;
  service_.logs->service(Logs::Level::error, "cannot start the settler: " + errno_error(errno, "").context);
  if (!running_.is_routine) waiting_.push_back({running_.owner, Deadline::after(kRetryAfter)});
}

std::optional<Settler::End> Settler::bury(pid_t pid, int wait_status) {
  if (pid != pid_) return std::nullopt;
  pid_ = -1;
  if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0) return End::done;
  service_.logs->service(Logs::Level::error,
                         fmt::format("the settler (process {}) failed, wait status {:#x}", pid, wait_status));
  if (!running_.is_routine) waiting_.push_back({running_.owner, Deadline::after(kRetryAfter)});
  return WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == kStoreDamaged ? End::store_damaged
                                                                             : End::failed;
}

void Settler::kill() {
  if (is_running()) ::kill(pid_, SIGKILL);
}

Deadline Settler::next_start() const {
  if (is_running()) return Deadline::infinite();
  Deadline next = next_expiry_;
  for (const Task& task : waiting_) next = next.sooner(task.not_before);
  return next;
}

}  // namespace ferry
