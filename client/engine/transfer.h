// One file, one way. Downloads grow as NAME.ferry-part beside their target and are renamed when whole;
// uploads go on where the server's partial ends. Blocks on network and disk; memory use does not depend on
// the file's size.
//
// A resume never mixes two files: a download's partial carries the remote file's modification time from its
// first block on and is only continued while the server still tells the same time; an upload is only
// continued when our record (upload_records.h) says that it began from this very local file in this very
// state. What cannot be shown so starts again from the beginning.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "client/engine/connection.h"
#include "shared/base/bytes.h"
#include "shared/base/clock.h"
#include "shared/base/digest.h"
#include "shared/ftp/facts.h"

namespace ferry::client {

enum class Phase {
  moving,
  confirming,
  verifying
};  // confirming: all bytes are through, the server's 226 is not here yet

struct TransferState {
  Phase phase = Phase::moving;
  Bytes done = 0;              // of the whole file, resumed part included
  Bytes resumed = 0;           // was there before
  std::optional<Bytes> total;  // unknown when the server does not tell sizes
};
using OnProgress = std::function<void(const TransferState&)>;  // after every block; must be quick

struct TransferOptions {
  bool resume = false;
  std::optional<DigestKind> digest;              // also compute the local side's digest while the bytes pass
  std::function<void(const std::string&)> note;  // told what the user should know; may be empty
};

struct TransferResult {
  Bytes size = 0;  // of the whole file
  Bytes resumed = 0;
  std::chrono::milliseconds took{};
  std::string local_digest;  // lower-case hex, when asked for
  std::string final_text;    // the server's last reply
};

inline constexpr const char* kPartSuffix = ".ferry-part";

// Downloads `remote` (absolute) to the file `local`, which is replaced, mode kept, when everything has
// arrived. `known` saves asking for size and time when a listing has told them already. Errc::is_directory,
// not_found, no_space, busy (another ferry writes the same partial), exists (the target is a pipe, a device
// or a socket: never replaced), reset (the server sent another amount than it told), …
Result<TransferResult> get_file(Connection& connection, const std::string& remote, const std::string& local,
                                const TransferOptions& options, const OnProgress& progress,
                                const ftp::Entry* known = nullptr);

// Uploads the regular file `local` (never through a symbolic link if `no_links`) to `remote` (absolute) and
// passes its modification time on where the server takes it. Errc::over_quota as early as the server tells.
Result<TransferResult> put_file(Connection& connection, const std::string& local, const std::string& remote,
                                const TransferOptions& options, const OnProgress& progress,
                                bool no_links = false);

}  // namespace ferry::client
