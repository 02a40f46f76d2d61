// How other threads speak to the one that draws: what they post runs there, in order. The descriptor is
// readable while something waits, for a poll beside the keyboard. Thread-safe.
#pragma once

#include <deque>
#include <functional>
#include <mutex>

#include "shared/base/unique_fd.h"

namespace ferry::client {

class Mailbox {
 public:
  using Message = std::function<void()>;

  Mailbox();  // throws std::system_error when the process has no descriptor left

  void post(Message message);  // any thread
  int fd() const { return event_.get(); }
  // Runs what has come so far; whatever those post waits for the next time. False: there was nothing.
  bool deliver();

 private:
  UniqueFd event_;
  std::mutex mutex_;
  std::deque<Message> messages_;
};

}  // namespace ferry::client
