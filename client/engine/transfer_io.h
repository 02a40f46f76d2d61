// The byte pumps under get_file and put_file, and the file calls they share. Internal to client/engine.
#pragma once

#include <string_view>

#include "client/engine/transfer.h"
#include "shared/base/unique_fd.h"
#include "shared/net/stream.h"

namespace ferry::client {

inline constexpr std::size_t kTransferBuffer = 256 * 1024;

// What a pump needs to know and keeps up to date; `state.done` counts.
struct Pump {
  Connection& connection;
  int file;
  TransferState& state;
  Digest* digest;  // null: none wanted
  const OnProgress& progress;
  // A resumed download asks for this many bytes once more, those before `state.done`: they must be the same.
  Bytes overlap = 0;
  std::function<Status()> before_last_block = {};  // of send_file; an error ends it there
  Bytes shown = 0;                                 // of an upload, as show_sent() keeps it
  bool is_exceeded = false;                        // set by receive_file: more came than `state.total`
  bool is_different = false;                       // set by receive_file: the overlap is
};

// Tells the progress of an upload: what has left this machine, of whose bytes it still holds `unsent` (a
// little more under TLS).
void show_sent(Pump& pump, Bytes unsent);

// File, from its current position, up to pump.state.total -> stream. Errc::io when the file has become
// shorter. Stops early, with Errc::reset, once the server has given its verdict.
Status send_file(Pump& pump, net::Stream& data);

// Stream up to its end -> file. Under TLS an end without close_notify is only an end if all bytes have come.
// `after_block` runs behind every write. Errc::reset, with `is_exceeded`, once more has come than the total;
// with `is_different`, before anything is written, when the overlap is not what the file has there.
Status receive_file(Pump& pump, net::Stream& data, const std::function<Status()>& after_block);

Status write_fully(int fd, std::string_view bytes);

// Servers refuse a name in a folder that is not there in many ways: what is wrong. Asks the server.
Error explain_refused_upload(Connection& connection, const std::string& remote, Error error);

// Which digest is computed while the bytes pass; nullopt: none.
std::optional<DigestKind> running_digest(const TransferOptions& options, const Connection& connection);

// Of the whole local file: what ran along, if that is SHA-256, else it is read once more. Blocks on the disk.
// Errc::io, out_of_range (it is shorter than `size`).
Result<std::string> sha256_of(const Digest* running, int fd, Bytes size);

// Fills in what is known at the end of a transfer either way. `digest` null: none wanted.
void complete(TransferResult& result, const TransferState& state, SteadyTime began, const Digest* digest);

}  // namespace ferry::client
