// What tests and the preloaded library share: one page of memory, mapped from a file by both. The library is
// in ferryd from its start, in the workers by inheritance, and needs no system call to see what a test wants.
#pragma once

#include <atomic>
#include <cstdint>

namespace ferry::test {

inline constexpr char kFaultFileVariable[] = "FERRY_FAULT_POINTS";

enum class FaultAction : std::int32_t {
  none,         // only recorded
  kill_before,  // the process gets SIGKILL instead of the call
  kill_after,   // it gets it when the call has been made
  fail,         // the call is not made: -1 and `error`
  shorten,      // a read, write or copy moves half of what it was asked to
};

struct FaultRecord {
  char call[16];
  char path[240];
};

struct FaultLayout {
  static constexpr std::uint32_t kMostRecords = 512;

  std::atomic<std::int32_t> is_armed;  // what follows up to `matched` changes only while it is not
  std::int32_t pid;                    // 0: every process
  char call[128];                      // names with "|" between them; "": all
  char path[480];                      // words with "|" between them, one of which is in the path; "": all
  std::uint32_t nth;                   // the first call that is hit, from 1
  std::uint32_t times;                 // how many from then on
  FaultAction action;
  std::int32_t error;
  std::atomic<std::uint32_t> matched;  // calls since it was armed
  std::atomic<std::uint32_t> hit;
  FaultRecord records[kMostRecords];  // of the calls that matched, in order
};

static_assert(std::atomic<std::int32_t>::is_always_lock_free &&
              std::atomic<std::uint32_t>::is_always_lock_free);

}  // namespace ferry::test
