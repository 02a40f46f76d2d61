#include "client/engine/pool.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "client/engine/retry.h"
#include "client/engine/wait.h"
#include "shared/base/check.h"

namespace ferry::client {

using std::chrono::steady_clock;

namespace {

constexpr std::chrono::milliseconds kShortWait{200};

}  // namespace

SessionPool::Lease::Lease(SessionPool& pool, std::unique_ptr<Session> session)
    : pool_(&pool), session_(std::move(session)) {}
SessionPool::Lease::Lease(Lease&& other) noexcept = default;

SessionPool::Lease& SessionPool::Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  pool_ = other.pool_;
  session_ = std::move(other.session_);
  return *this;
}

Connection& SessionPool::Lease::operator*() const {
  CHECK(session_ != nullptr);
  return *session_->connection;
}

void SessionPool::Lease::give_back() {
  if (session_) pool_->take_back(std::move(session_));
}

SessionPool::SessionPool(OpenSession open, PoolOptions options)
    : open_(std::move(open)),
      options_(options),
      limit_(std::max(1, options.most)),
      change_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE)) {
  if (!change_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

SessionPool::~SessionPool() {
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
    closing_.request();
    keeper_wakes_.notify_all();
  }
  if (keeper_.joinable()) keeper_.join();
  CHECK(static_cast<int>(idle_.size()) == open_count_);  // nothing is on loan
  std::vector<std::thread> farewells;
  for (auto& session : idle_) {
    if (session->owned) farewells.emplace_back([&session] { session->owned->quit(); });
  }
  for (auto& farewell : farewells) farewell.join();
}

void SessionPool::include(Connection& guest) {
  const std::lock_guard lock(mutex_);
  auto session = std::make_unique<Session>();
  session->connection = &guest;
  session->own_cancel = guest.cancel();
  ++open_count_;
  has_opened_ = true;
  put_aside(std::move(session));
}

int SessionPool::limit() const {
  const std::lock_guard lock(mutex_);
  return limit_;
}

int SessionPool::open_sessions() const {
  const std::lock_guard lock(mutex_);
  return open_count_;
}

bool SessionPool::may_open() const {
  if (!has_opened_ && opening_ > 0) return false;
  if (open_count_ < limit_) return true;
  return open_count_ == limit_ && limit_ < options_.most && steady_clock::now() >= limit_until_;
}

Result<SessionPool::Lease> SessionPool::borrow(Cancel& cancel) {
  std::unique_lock lock(mutex_);
  while (true) {
    if (cancel.requested()) return fail(Errc::cancelled, "interrupted");
    if (end_) return tl::unexpected(*end_);
    if (!idle_.empty()) {
      auto session = std::move(idle_.back());
      idle_.pop_back();
      if (session->connection->usable()) {
        session->connection->heed(cancel);
        return Lease(*this, std::move(session));
      }
      forget(std::move(session));
      continue;
    }
    if (may_open()) {
      auto lease = open(cancel, lock);
      if (lease || !are_others_enough(lease.error())) return lease;
      continue;
    }
    if (auto waited = wait_for_change(cancel, lock); !waited) return tl::unexpected(waited.error());
  }
}

Result<SessionPool::Lease> SessionPool::open(Cancel& cancel, std::unique_lock<std::mutex>& lock) {
  ++open_count_;
  ++opening_;
  lock.unlock();
  auto opened = open_(cancel);
  lock.lock();
  --opening_;
  if (!opened) {
    --open_count_;
    announce_change();
    return tl::unexpected(std::move(opened.error()));
  }
  has_opened_ = true;
  limit_ = std::max(limit_, std::min(open_count_, options_.most));
  announce_change();  // those who waited for the first one to succeed
  auto session = std::make_unique<Session>();
  session->owned = std::move(*opened);
  session->connection = session->owned.get();
  return Lease(*this, std::move(session));
}

// One more could not be had, but others can: then it is a matter of how many, and that is learnt. A server or
// a firewall may also hang up without a word or not answer at all; a plain 530 cannot be about the password,
// which has let the others in.
bool SessionPool::are_others_enough(const Error& error) {
  const int established = open_count_ - opening_;
  const bool crowded = is_crowded(error) || (error.kind == Errc::login_refused && established > 0);
  const bool others = crowded ? open_count_ > 0 : is_network_failure(error) && established > 0;
  if (!others) {
    const bool hopeless = error.kind == Errc::login_refused || error.kind == Errc::untrusted;
    if (hopeless && !crowded && established == 0) end_ = error;
    return false;
  }
  limit_ = std::min(limit_, open_count_);
  limit_until_ = steady_clock::now() + (crowded ? options_.limit_holds : options_.silence_holds);
  return true;
}

void SessionPool::take_back(std::unique_ptr<Session> session) {
  const bool is_usable = session->connection->usable();
  session->connection->heed(session->own_cancel != nullptr ? *session->own_cancel : closing_);
  const std::lock_guard lock(mutex_);
  if (!is_usable) {
    forget(std::move(session));
    return;
  }
  put_aside(std::move(session));
}

void SessionPool::put_aside(std::unique_ptr<Session> session) {
  session->idle_since = steady_clock::now();
  idle_.push_back(std::move(session));
  if (!keeper_.joinable()) keeper_ = std::thread([this] { keep_alive(); });
  announce_change();
}

void SessionPool::forget(std::unique_ptr<Session> session) {
  session->connection->hang_up();  // a guest's owner may keep it for long
  session.reset();
  --open_count_;
  announce_change();
}

// Each waiter looks again after every change, so that none sleeps while there is something for it.
void SessionPool::announce_change() {
  if (waiters_ > 0) ::eventfd_write(change_.get(), static_cast<eventfd_t>(waiters_));
}

Status SessionPool::wait_for_change(Cancel& cancel, std::unique_lock<std::mutex>& lock) {
  // A learnt limit may be worth another try without anybody giving anything back.
  const bool is_learnt = limit_ < options_.most;
  const Deadline deadline = is_learnt ? Deadline::at(std::max(limit_until_, steady_clock::now() + kShortWait))
                                      : Deadline::infinite();
  ++waiters_;
  lock.unlock();
  auto ready = wait_ready(change_.get(), POLLIN, deadline, &cancel);
  eventfd_t token = 0;
  if (ready) ::eventfd_read(change_.get(), &token);
  lock.lock();
  --waiters_;
  return !ready && ready.error().kind == Errc::cancelled ? ready : Status();
}

// --- keeping idle sessions alive ---

// Waits until a session has been idle for too long; nullptr: the pool closes.
std::unique_ptr<SessionPool::Session> SessionPool::oldest_due(std::unique_lock<std::mutex>& lock) {
  while (!is_closing_) {
    const auto oldest = std::ranges::min_element(
        idle_, {}, [](const std::unique_ptr<Session>& session) { return session->idle_since; });
    const auto now = steady_clock::now();
    if (oldest == idle_.end()) {
      keeper_wakes_.wait_for(lock, options_.noop_after);
    } else if (const auto due = (*oldest)->idle_since + options_.noop_after; due > now) {
      keeper_wakes_.wait_until(lock, due);
    } else {
      auto session = std::move(*oldest);
      idle_.erase(oldest);
      return session;
    }
  }
  return nullptr;
}

void SessionPool::keep_alive() {
  std::unique_lock lock(mutex_);
  while (auto session = oldest_due(lock)) {
    lock.unlock();
    session->connection->heed(closing_);
    if (session->connection->usable()) (void)session->connection->command("NOOP");
    take_back(std::move(session));
    lock.lock();
  }
}

}  // namespace ferry::client
