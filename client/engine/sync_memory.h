// What ferry remembers of the uploads of one sync, from run to run:
//   - which files it has begun and not finished, so that what a killed run has left there is not taken for a
//   newer file;
//   - for servers that do not take times, how both sides stood after the last run (SyncRecords).
// One file per pair of folders in $XDG_STATE_HOME/ferry/sync, else ~/.local/state/ferry/sync, mode 0600; a
// line per file, words as in record_words.h. Memory that cannot be read or written costs a comparison, never
// a file.
#pragma once

#include <mutex>
#include <set>
#include <string>

#include "client/engine/sync_plan.h"
#include "shared/base/unique_fd.h"

namespace ferry::client {

struct SyncPlace {
  std::string server, user;   // Site::key()
  std::string remote, local;  // absolute both
};

struct SyncMemoryText {
  std::set<std::string> begun;  // paths
  SyncRecords records;
};
std::string format_sync_memory(const SyncMemoryText& memory);
SyncMemoryText parse_sync_memory(std::string_view text);  // lines that mean nothing are left out

class SyncMemory {
 public:
  explicit SyncMemory(const SyncPlace& place);

  SyncMemoryText read() const;
  // Any thread; from here on a target of this name may be a piece of ours / is whole.
  void begins(const std::string& path);
  void is_done(const std::string& path);
  // At the end of a run: replaces all; nothing to remember, no file.
  Status write(const SyncMemoryText& memory);

  const std::string& file() const { return file_; }

 private:
  void append(const std::string& line);

  std::string file_;
  std::mutex mutex_;
  UniqueFd log_;
};

}  // namespace ferry::client
