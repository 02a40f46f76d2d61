// The file that makes a queue outlive its program: lines are appended (ledger.h says what they mean) and are
// on the disk before append() returns; now and then the whole is written anew, without what is dead. Several
// processes share it. One thread at a time; blocks on the disk and, for kLockPatience at most, on the others.
//
// Below the queue's folder (0700, all files 0600):
//   journal   the lines
//   lock      held (flock) while somebody reads or writes them
//   runner    held (fcntl, of the open file) by the process that works the queue off; its number is in it
//   live      how far what runs has come; may be lost (live.h)
//   damaged   lines of the journal that nobody could read, with where they stood
//
// A last line without its end was being written when its writer died, and was never promised to anybody: it
// is dropped. Any other line that cannot be read is damage: it is set aside and told about, and the rest
// counts.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "client/engine/state_file.h"
#include "client/queue/ledger.h"
#include "shared/base/unique_fd.h"

namespace ferry::client {

class Journal {
 public:
  static constexpr std::chrono::seconds kLockPatience{10};
  // Dead lines that are not worth writing the journal anew for.
  static constexpr std::size_t kDeadLines = 1000;

  // Makes the folder where it is missing. Errc::permission, exists (somebody else's folder), …
  static Result<Journal> open(const std::string& folder);
  // $XDG_STATE_HOME/ferry/queue, else ~/.local/state/ferry/queue.
  static std::string default_folder();

  // While it lives no other process reads or writes. Errc::busy after kLockPatience.
  Result<UniqueFd> lock();

  // Has somebody else written since the last read()? Costs a look at the file, needs no lock.
  bool has_news() const;
  // Brings `ledger`, which must be the one of the last call, up to date. Under the lock. Errc::unsupported: a
  // newer ferry's journal.
  Status read(Ledger& ledger);
  // Under the lock, right after read(). All of `lines`, on the disk if so wanted, or none of it.
  Status append(std::string_view lines, Durability durability);
  // Writes it anew if most of it is dead, or if a line is damaged. Under the lock, after read() or append().
  Status compact(const Ledger& ledger);

  // "…/journal:12: it is no JSON; set aside in …/damaged", one for each line found so far.
  const std::vector<std::string>& damage() const { return damage_; }

  // The right to work the queue off, until it is closed. Errc::busy: another process has it.
  Result<UniqueFd> become_runner() const;
  // The process that has it; 0: nobody.
  pid_t runner() const;

  const std::string& folder() const { return folder_; }

 private:
  std::string path(const char* name) const { return folder_ + "/" + name; }
  Status reopen();
  Status take(Ledger& ledger, std::string_view line);
  Status replace_by(const std::string& text);
  Status set_aside();

  std::string folder_;
  UniqueFd file_;
  Bytes read_ = 0;         // so many bytes of whole lines have been taken in
  std::size_t lines_ = 0;  // and so many lines
  std::vector<std::string> damage_;
  std::string unreadable_;  // damaged lines that are still in the file
};

}  // namespace ferry::client
