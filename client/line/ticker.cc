#include "client/line/ticker.h"

#include <pthread.h>
#include <signal.h>

namespace ferry::client {

Ticker::Ticker(std::chrono::milliseconds period, std::function<void()> call)
    : period_(period), call_(std::move(call)) {
  // Signals are for the threads that wait in system calls: there they end the wait.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (...) {
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Ticker::~Ticker() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  over_.notify_all();
  thread_.join();
}

void Ticker::run() {
  std::unique_lock lock(mutex_);
  while (!over_.wait_for(lock, period_, [this] { return is_over_; })) {
    lock.unlock();
    call_();
    lock.lock();
  }
}

}  // namespace ferry::client
