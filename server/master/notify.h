// What the master tells systemd (sd_notify(3)). Every call does nothing without a NOTIFY_SOCKET.
#pragma once

#include <chrono>
#include <string>

#include "shared/base/clock.h"

namespace ferry {

class Notifier {
 public:
  Notifier();
  void ready(const std::string& status);
  void reloading();
  void stopping();
  // Sends WATCHDOG=1 when half of the time systemd allows has passed.
  void keep_watchdog_quiet();
  Deadline next_watchdog() const { return next_; }

 private:
  std::chrono::microseconds half_period_{0};  // 0: no watchdog
  Deadline next_ = Deadline::infinite();
};

}  // namespace ferry
