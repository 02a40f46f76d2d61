// The partial of a download beside its target, with its journal, from the first byte to the rename. Locked
// while it is open, so that two programs never write one. Blocks on the disk; no network.
//
// What survives what: a killed ferry loses nothing. A power cut loses what was written since the last sync,
// which comes every kSyncBytes or kSyncTime; the journal says how far that was. Files below kJournalFrom
// have no journal: they are fetched again sooner than written down. finish() syncs the content before the
// rename and the folder after it, so that a name never shows less than the whole; see finish() for folders of
// small files.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

#include "client/engine/part_journal.h"
#include "shared/base/clock.h"
#include "shared/base/unique_fd.h"

namespace ferry::client {

inline constexpr const char* kPartSuffix = ".ferry-part";
inline constexpr Bytes kJournalFrom = 1024 * 1024;
inline constexpr Bytes kSyncBytes = 64 * 1024 * 1024;
inline constexpr std::chrono::seconds kSyncTime{10};

// What stands where the download is to go.
struct LocalTarget {
  bool exists = false;
  mode_t mode = 0;
  bool must_be_free = false;            // what has come there meanwhile stays
  std::optional<mode_t> new_mode = {};  // what it is to have instead (--preserve=mode)
};
// Never a pipe, a device or a socket (Errc::exists): a rename would put a file in its place.
Result<LocalTarget> look_at_target(const std::string& path);

// Makes the file `name` its own partial, unless there is one. False: it stays what it is.
bool become_partial(const std::string& name);

// The partial of the file `name`: NAME.ferry-part. A name so long that this would be none is cut, and told
// apart by a digest of the whole.
std::string part_path(const std::string& name);

class PartFile {
 public:
  // Errc::busy: another program writes it; Errc::exists: it is no file of ours alone.
  static Result<PartFile> open(const std::string& name, const LocalTarget& target);

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }
  Bytes size() const;
  // Of the bytes that were there when it was opened; nullopt when nothing can be read.
  const std::optional<PartJournal>& journal() const { return journal_; }

  // Cuts the file to `offset` and writes there next. From 0 its journal is gone as well.
  Status start_at(Bytes offset);
  // From now on it is a piece of this. Goes to the journal with the first byte.
  void is_of(PartJournal description);
  // After each block, with how much there is now and its digest, if one runs along: now and then syncs and
  // writes the journal; one that cannot be written costs a later resume, no more. Errc::io, Errc::no_space.
  Status grown_to(Bytes done, const Digest* digest);

  // Takes the target's name. `sync`: content before, folder after it, on the disk. Without it a small file is
  // not waited for: whoever copies many syncs the whole when all are there (sync_folder), which curl, mc and
  // rsync never do and which costs next to nothing.
  Status finish(const std::string& name, const LocalTarget& target, const std::optional<WallTime>& modified,
                bool sync);
  void drop();  // with its journal
  void drop_if_empty();

 private:
  static Result<UniqueFd> open_locked(const std::string& path, mode_t mode);
  Status take_name(const std::string& name, bool must_be_free);
  void write_down(Durability durability);

  UniqueFd fd_;
  std::string path_;
  std::optional<PartJournal> journal_;
  std::optional<PartJournal> description_;
  bool is_written_down_ = false;
  Bytes handed_over_ = 0;  // what the disk has been told to begin with
  SteadyTime synced_at_{};
};

// The partial that an earlier run has left of `name`, if there is one and nobody writes it.
void drop_partial(const std::string& name, const LocalTarget& target);

// A file system without times is no reason to fail; no time, no change.
void set_modified(int fd, const std::optional<WallTime>& modified);

// All that was written into the folder's file system is on the disk.
Status sync_folder(const std::string& path);

}  // namespace ferry::client
