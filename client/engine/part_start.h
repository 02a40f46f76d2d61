// Where a download begins: how much of the partial that an interrupted one left can be kept. Blocks on
// network and disk. Internal to client/engine.
//
// Proven the same is what both sides have the same digest of (HASH with RANG, XSHA256 and its kind with a
// range). Where the server has none of these: a partial whose journal names this very remote file, still with
// the size and time it had, as far as the journal vouches for its bytes, if their digest is still the one
// written down; and before anything is added to it the last 64 KiB are fetched again and compared (REST),
// which shows a file that was replaced within the same second, and a server that does not go on where it is
// asked to.
#pragma once

#include "client/engine/part_file.h"
#include "client/engine/transfer.h"
#include "shared/ftp/facts.h"

namespace ferry::client {

inline constexpr Bytes kOverlap = 64 * 1024;

struct PartStart {
  Bytes offset = 0;              // what is kept
  Bytes overlap = 0;             // of that, what is to be fetched again and compared
  std::optional<Digest> digest;  // of the kept bytes, if one runs along
  PartJournal journal;           // what the partial is a piece of, for PartFile::is_of
};

// `kind`: the digest that is to run along; nullopt: none.
Result<PartStart> find_part_start(Connection& connection, const std::string& remote, const ftp::Entry& entry,
                                  const PartFile& part, std::optional<DigestKind> kind,
                                  const TransferOptions& options, const OnProgress& progress);
// From the beginning, with a digest of nothing.
PartStart fresh_part_start(Connection& connection, const std::string& remote, const ftp::Entry& entry,
                           std::optional<DigestKind> kind);

// Asks or tells the user, as `options` say, what becomes of a piece that is not proven; `done` is what a file
// is, "sent" or "fetched". False: from the beginning. Errc::exists when it is to be left, Errc::cancelled.
// Also used for uploads.
Result<bool> settle(const Connection& connection, const TransferOptions& options,
                    const ResumeQuestion& question, std::string_view done);

}  // namespace ferry::client
