// What is known of a download that is not finished: which remote file it is of, and how much of the partial
// can be trusted after a crash. NAME.ferry-part.journal beside NAME.ferry-part: there it moves with its
// folder, is on the same disk and file system, needs nothing of that (extended attributes do), and whoever
// removes the one sees the other. Text; replaced whole, never half written. No network.
//
//   ferry-part 1
//   from host:port user remote-path      (blanks, controls and % as %XX)
//   size 1234                            (of the remote file; left out when the server does not tell)
//   modified 1700000000000000000         (nanoseconds; likewise)
//   synced 567 SHA-256 9b1c…             (on the disk for sure, and these bytes' digest if there is one)
//   boot 1f6e…                           (of which run of this machine the bytes behind them are)
//   end
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "client/engine/state_file.h"
#include "shared/base/bytes.h"
#include "shared/base/digest.h"
#include "shared/base/result.h"

namespace ferry::client {

struct PartSource {
  std::string server;  // Site::key()
  std::string user;
  std::string remote;  // absolute
  bool operator==(const PartSource&) const = default;
};

struct PartJournal {
  PartSource from;
  std::optional<Bytes> size;
  std::optional<std::int64_t> modified_ns;
  Bytes synced = 0;
  std::optional<DigestKind> digest_kind;
  std::string digest;  // of the first `synced` bytes, lower-case hex
  std::string boot;    // boot_id() when it was written
  bool operator==(const PartJournal&) const = default;
};

std::string format_journal(const PartJournal& journal);
// Errc::bad_syntax for whatever format_journal() does not make: a torn or foreign file is no journal.
Result<PartJournal> parse_journal(std::string_view text);

// Changes with every start of the machine, "" where the system does not tell. What was written in the same
// run has been lost by no power cut, whoever was killed.
std::string boot_id();

// How many of the partial's `there` bytes are certainly what was written: all of them in the same run of the
// machine, else those that were synced.
Bytes trusted_bytes(const PartJournal& journal, Bytes there, std::string_view boot_now);

std::string journal_path(const std::string& part_path);
// Errc::not_found; Errc::exists for what is no plain file of ours alone; Errc::bad_syntax.
Result<PartJournal> read_journal(const std::string& part_path);
// Atomically. Only while the partial is locked.
Status write_journal(const std::string& part_path, const PartJournal& journal, Durability durability);
void remove_journal(const std::string& part_path);

}  // namespace ferry::client
