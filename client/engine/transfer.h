// One file, one way. Downloads grow as NAME.ferry-part beside their target and are renamed when whole;
// uploads go on where the server's partial ends. Blocks on network and disk; memory use does not depend on
// the file's size.
//
// A resume never mixes two files. What is there goes on only if it is proven to be a piece of the file: by
// both sides' digests where the server computes them (upload_start.h, part_start.h), else by what we have
// written down (upload_records.h, part_journal.h), else on the user's word (resume.h). And neither is a file
// stored, or given its name, that has changed while it moved, or whose digests differ at the end.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "client/engine/attributes.h"
#include "client/engine/connection.h"
#include "client/engine/resume.h"
#include "client/engine/verify.h"
#include "shared/base/bytes.h"
#include "shared/base/clock.h"
#include "shared/base/digest.h"
#include "shared/ftp/facts.h"

namespace ferry::client {

enum class Phase {
  comparing,  // is what an interrupted transfer left the same on both sides?
  moving,
  confirming,  // all bytes are through, the server's 226 is not here yet
  verifying,
};

struct TransferState {
  Phase phase = Phase::moving;
  Bytes done = 0;              // of the whole file, resumed part included
  Bytes resumed = 0;           // was there before
  std::optional<Bytes> total;  // unknown when the server does not tell sizes
};
using OnProgress = std::function<void(const TransferState&)>;  // after every block; must be quick

struct TransferOptions {
  Resume resume = Resume::never;
  VerifyWish verify;
  std::function<void(const std::string&)> note;  // told what the user should know; may be empty
  AskResume ask;                                 // for Resume::ask; empty: nobody can be asked
  NoteOnce note_once;                            // the same of what is true of the server; may be empty
  Preserve preserve;
  bool sync_small = true;     // downloads: wait until each is on the disk (PartFile::finish)
  bool wants_sha256 = false;  // of the local file, in the result, whatever is verified: for a receipt
  // What has the target's name already stays, unless it is proven to be the file or its beginning:
  // Errc::exists. Uploads look for that only if they are to be resumed; whoever asks for less has looked.
  bool keep_existing = false;
};

struct TransferResult {
  Bytes size = 0;  // of the whole file
  Bytes resumed = 0;
  std::chrono::milliseconds took{};
  std::optional<Verified> verified;  // both sides' digests are the same
  std::string local_digest;          // lower-case hex, if one was computed
  std::string sha256;                // lower-case hex, of files that were asked for with wants_sha256
  std::string final_text;            // the server's last reply
};

// Downloads `remote` (absolute) to the file `local`, which is replaced, mode kept, when everything has
// arrived and is verified. `known` saves asking for size and time when a listing has told them already.
// Errc::is_directory, not_found, no_space, busy (another ferry writes the same partial), exists (the target
// is a pipe, a device or a socket: never replaced), reset (the server sent another amount than it told),
// digest_mismatch (what came is dropped), …
Result<TransferResult> get_file(Connection& connection, const std::string& remote, const std::string& local,
                                const TransferOptions& options, const OnProgress& progress,
                                const ftp::Entry* known = nullptr);

// Uploads the regular file `local` (never through a symbolic link if `no_links`) to `remote` (absolute) and
// passes its time and mode on as options.preserve says. Errc::over_quota as early as the server tells;
// Errc::io when the local file changed meanwhile: told before its last bytes are sent, so that a server that
// knows how many should come (ALLO) does not take the mixture for the file.
Result<TransferResult> put_file(Connection& connection, const std::string& local, const std::string& remote,
                                const TransferOptions& options, const OnProgress& progress,
                                bool no_links = false);

}  // namespace ferry::client
