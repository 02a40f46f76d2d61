// Where an upload begins: how much of the file the server has already from an interrupted one. Blocks on
// network and disk. Internal to client/engine.
//
// Proven the same is what both sides have the same digest of: SITE BREAKPOINT, else HASH or XSHA256 and its
// kind. Where the server has none of these, what our records say we began from this very local file in this
// very state (upload_records.h).
#pragma once

#include <optional>
#include <string>

#include "client/engine/transfer.h"

namespace ferry::client {

struct UploadSource {
  int fd = -1;
  Bytes size = 0;
  bool is_recorded = false;  // our records have this upload, from this file
};

struct UploadStart {
  Bytes offset = 0;
  bool is_stored = false;        // the server has the whole file, under its name: nothing is to be sent
  std::optional<Digest> digest;  // of the bytes before `offset`, if one is to run along
};

// Errc::busy: another session sends this file now; otherwise as settle() (part_start.h).
Result<UploadStart> find_upload_start(Connection& connection, const std::string& remote,
                                      const UploadSource& source, const TransferOptions& options,
                                      const OnProgress& progress);
// From the beginning, with a digest of nothing if one is wanted.
UploadStart fresh_upload_start(const TransferOptions& options, const Connection& connection);

}  // namespace ferry::client
