// Faults at an exact call of ferryd: death before or after the n-th fdatasync, ENOSPC from a pwrite, a short
// write. The server is started with a library preloaded (tests/preload) that sees all its calls on files,
// those of SQLite included; what is to happen can change while it runs.
//
//   FaultPoints faults;
//   FerrydServer server({"workers=1"}, faults.prefix());
//   faults.arm("call=fdatasync,nth=1,action=kill-before,path=.ferry/", worker);
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "shared/base/sanitized.h"
#include "tests/preload/fault_layout.h"
#include "tests/support/temp_dir.h"

namespace ferry::test {

class FaultPoints {
 public:
  FaultPoints();
  FaultPoints(const FaultPoints&) = delete;
  FaultPoints& operator=(const FaultPoints&) = delete;
  ~FaultPoints();

  // For FerrydServer: the words that make the library a part of it.
  std::vector<std::string> prefix() const;

  // Parts, in any order, separated by commas; each may be missing:
  //   call=NAME    open (one that creates or cuts), pread, pwrite, write, copy_file_range, ftruncate,
  //   fallocate,
  //                fsync, fdatasync, fchmod, mkdir, unlink, rename; default: all
  //   path=WORD    calls on paths that contain it (a rename: either path); default: all
  //                (of both there may be several, "|" between them)
  //   nth=N        the first call that is hit, from 1 (the default)
  //   times=N|all  how many are (1)
  //   action=kill-before | kill-after | errno:ENOSPC (or another name) | short; default: only record
  // Counts from zero. `pid` 0: every process of the server counts. Throws std::invalid_argument.
  void arm(std::string_view plan, pid_t pid = 0);
  void disarm();

  struct Call {
    std::string name, path;
  };
  std::vector<Call> calls() const;  // that matched since arm(), at most FaultLayout::kMostRecords
  unsigned hits() const { return layout_->hit; }

 private:
  void set(std::string_view key, std::string_view value);

  TempDir dir_;
  FaultLayout* layout_ = nullptr;
};

// A sanitizer stands between the program and libc itself, in front of anything preloaded.
inline constexpr char kNoFaultPoints[] = "a sanitizer's own wrappers of libc's calls are in the way";

}  // namespace ferry::test
