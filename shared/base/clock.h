// Time: deadlines on the monotonic clock, wall-clock stamps for logs, store and FTP. No sleeping here.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/result.h"

namespace ferry {

using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

// A moment after which a wait must end. Copyable; infinite() never passes.
class Deadline {
 public:
  static Deadline after(std::chrono::milliseconds span) {
    return Deadline(std::chrono::steady_clock::now() + span);
  }
  static Deadline at(SteadyTime when) { return Deadline(when); }
  static Deadline infinite() { return Deadline(SteadyTime::max()); }

  bool passed() const { return when_ != SteadyTime::max() && std::chrono::steady_clock::now() >= when_; }
  // For poll(2): -1 when infinite, 0 when passed, else milliseconds rounded up.
  int poll_timeout_ms() const;
  SteadyTime when() const { return when_; }
  Deadline sooner(Deadline other) const { return Deadline(std::min(when_, other.when_)); }

 private:
  explicit Deadline(SteadyTime when) : when_(when) {}
  SteadyTime when_;
};

WallTime wall_now();

// RFC 3659 §2.3 time-val, always UTC: "20261121043000" and, if `nanoseconds` has any, ".sss" to milliseconds.
std::string ftp_time(WallTime when, bool with_fraction = false);
Result<WallTime> parse_ftp_time(std::string_view text);

// "2026-11-21T04:30:00Z" (seconds, UTC).
std::string iso_time(WallTime when);

// `ls -l` date: "Nov 21 04:30" within about half a year of `now`, else "Nov 21  2025". UTC.
std::string listing_time(WallTime when, WallTime now);

}  // namespace ferry
