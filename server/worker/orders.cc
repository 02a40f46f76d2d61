// What the master orders a worker to do: end one session, accept no more, end them all.
#include <sys/epoll.h>
#include <unistd.h>

#include <utility>

#include "server/worker/worker.h"

namespace ferry {

void Worker::stop_accepting() {
  const std::lock_guard lock(mutex_);
  if (!accepts_) return;
  accepts_ = false;
  for (const WorkerListener& listener : seat_.listeners)
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener.fd, nullptr);
  stop_if_done_locked();
}

// While a server drains, new connections are refused instead of waiting in a queue nobody serves: the master
// has closed its copies.
void Worker::close_listeners_locked() {
  if (!services_.draining.load() || accepts_ || arriving_ > 0) return;
  for (WorkerListener& listener : seat_.listeners) {
    if (listener.fd >= 0) close(std::exchange(listener.fd, -1));
  }
}

void Worker::drain(std::chrono::milliseconds limit) {
  services_.draining = true;
  stop_accepting();
  {
    const std::lock_guard lock(mutex_);
    close_listeners_locked();
    cut_at_ = std::chrono::steady_clock::now() + limit;
    arm_timer_locked(cut_at_);
  }
  for (const SessionId id : waiting_sessions()) {
    if (claim(id)) say_goodbye(id);
  }
}

void Worker::kick(SessionId id) {
  const std::lock_guard lock(mutex_);
  if (const auto found = sessions_.find(id); found != sessions_.end()) interrupt(*found->second.session);
}

// `session` may be run by another thread now.
void Worker::interrupt(Session& session) {
  session.interrupted = true;
  session.control.stream.interrupt();
}

void Worker::interrupt_all() {
  const std::lock_guard lock(mutex_);
  for (auto& [id, slot] : sessions_) interrupt(*slot.session);
}

}  // namespace ferry
