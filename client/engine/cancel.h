// "Stop what you are doing": how Ctrl-C or a front end's other thread ends a wait of the engine. One object
// per front end; it must outlive the connections that watch it.
#pragma once

#include <atomic>

#include "shared/base/unique_fd.h"

namespace ferry::client {

class Cancel {
 public:
  Cancel();  // throws std::system_error when the process has no descriptor left

  void request() noexcept;  // any thread, also inside a signal handler
  void clear() noexcept;    // by the front end, before its next command
  bool requested() const noexcept { return requested_.load(std::memory_order_relaxed); }
  int fd() const { return event_.get(); }  // readable while a stop is requested

 private:
  UniqueFd event_;
  std::atomic<bool> requested_{false};
};

}  // namespace ferry::client
