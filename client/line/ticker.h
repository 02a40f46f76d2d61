// Calls a function over and over, from a thread of its own that no signal is delivered to, until it is
// destroyed. The destructor waits for a call that is running.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace ferry::client {

class Ticker {
 public:
  // Throws std::system_error when there is no thread to be had.
  Ticker(std::chrono::milliseconds period, std::function<void()> call);
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;
  ~Ticker();

 private:
  void run();

  const std::chrono::milliseconds period_;
  const std::function<void()> call_;
  std::mutex mutex_;
  std::condition_variable over_;
  bool is_over_ = false;
  std::thread thread_;
};

}  // namespace ferry::client
