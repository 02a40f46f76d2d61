// The SHA-256 of a partial while it grows. A small file is hashed as it comes; a large one by a thread of its
// own that reads behind the writer, out of the page cache, so that an upload takes no longer for being
// proven. One writer.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "shared/base/bytes.h"
#include "shared/base/digest.h"
#include "shared/base/result.h"

namespace ferry {

class RunningDigest {
 public:
  RunningDigest() = default;
  ~RunningDigest();  // stops the thread, which may be in the middle
  RunningDigest(const RunningDigest&) = delete;
  RunningDigest& operator=(const RunningDigest&) = delete;

  // Goes on behind a prefix that has been hashed already.
  void start_behind(Digest prefix, Bytes length);
  // `bytes` now lie in `file` behind what came before. May wait for a thread that is far behind, so that what
  // it reads is still in memory.
  void add(int file, std::string_view bytes);
  // Of everything added. Waits for the thread. Errc::io when it could not read back what was written.
  Result<std::string> finish();

 private:
  void hash_behind(int file);
  bool start_thread(int file);
  void stop();

  Digest digest_{DigestKind::sha256};  // the thread's while it runs
  Bytes written_ = 0, hashed_ = 0;
  bool is_finishing_ = false, is_stopping_ = false;
  std::optional<Error> error_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace ferry
