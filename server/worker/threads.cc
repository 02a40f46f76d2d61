// The worker's threads: they come when there is work and leave when there is none.
#include <pthread.h>
#include <sys/epoll.h>

#include <cerrno>
#include <utility>

#include "server/worker/worker.h"
#include "shared/base/check.h"
#include "shared/base/sanitized.h"

namespace ferry {

namespace {

constexpr int kSpareThreads = 2;  // kept when there is nothing to do
constexpr int kIdleThreadLeavesAfterMs = 5000;
constexpr std::size_t kThreadStack = (kIsSanitized ? 2048 : 512) * 1024;

}  // namespace

void* Worker::thread_entry(void* worker) {
  static_cast<Worker*>(worker)->thread_main();
  return nullptr;
}

void Worker::thread_main() {
  while (wait_and_handle()) {
  }
}

bool Worker::wait_and_handle() {
  {
    const std::lock_guard lock(mutex_);
    ++idle_threads_;
  }
  epoll_event event{};
  const int ready = epoll_wait(epoll_.get(), &event, 1, kIdleThreadLeavesAfterMs);
  {
    std::unique_lock lock(mutex_);
    --idle_threads_;
    const bool is_spare = ready == 0 && threads_ > kSpareThreads && idle_threads_ > 0;
    if (is_stopping_ || is_spare) {
      leave(std::move(lock));
      return false;
    }
  }
  if (ready < 0) CHECK(errno == EINTR);
  if (ready <= 0) return true;
  start_thread_if_short();
  handle(event.data.u64);
  return true;
}

// A thread joins the one that ended before it, and run() the last: what libraries do at a thread's end must
// not meet what they do at the end of the process.
void Worker::leave(std::unique_lock<std::mutex> lock) {
  --threads_;
  const auto predecessor = std::exchange(last_ended_, pthread_self());
  thread_ended_.notify_all();
  lock.unlock();
  if (predecessor) pthread_join(*predecessor, nullptr);
}

// Whoever takes work makes sure that somebody waits for the next.
void Worker::start_thread_if_short() {
  {
    const std::lock_guard lock(mutex_);
    if (idle_threads_ > 0 || is_stopping_ || threads_ >= services_.options.threads_per_worker) return;
    ++threads_;
  }
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kThreadStack);
  pthread_t thread{};
  const int error = pthread_create(&thread, &attributes, &Worker::thread_entry, this);
  pthread_attr_destroy(&attributes);
  if (error == 0) return;
  // The threads there are go on; the next one who takes work tries again.
  const std::lock_guard lock(mutex_);
  --threads_;
}

}  // namespace ferry
