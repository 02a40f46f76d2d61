// One thread that does what it is given, in order: each side of the screen has one for all that may block.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace ferry::client {

class TaskThread {
 public:
  using Task = std::function<void()>;

  TaskThread();   // throws std::system_error when there is no thread to be had
  ~TaskThread();  // waits for the task that runs; those behind it are dropped
  TaskThread(const TaskThread&) = delete;
  TaskThread& operator=(const TaskThread&) = delete;

  void post(Task task);  // any thread
  bool is_busy() const;

 private:
  void run();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  bool is_running_ = false, is_over_ = false;
  std::thread thread_;
};

}  // namespace ferry::client
