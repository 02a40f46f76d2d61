#include "server/master/notify.h"

#include <fmt/core.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include <cstdint>

namespace ferry {

namespace {

void tell(const std::string& message) {
  ::sd_notify(0, message.c_str());
}

std::uint64_t monotonic_usec() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
}

}  // namespace

Notifier::Notifier() {
  std::uint64_t usec = 0;
  if (::sd_watchdog_enabled(0, &usec) <= 0) return;
  half_period_ = std::chrono::microseconds(usec / 2);
  next_ = Deadline::after({});
}

void Notifier::ready(const std::string& status) {
  tell("READY=1\nSTATUS=" + status);
}
void Notifier::reloading() {
  tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_usec()));
}
void Notifier::stopping() {
  tell("STOPPING=1\nSTATUS=waiting for running transfers");
}

void Notifier::keep_watchdog_quiet() {
  if (half_period_.count() == 0 || !next_.passed()) return;
  tell("WATCHDOG=1");
  next_ = Deadline::after(std::chrono::duration_cast<std::chrono::milliseconds>(half_period_));
}

}  // namespace ferry
