// Files to and from an open descriptor: a pipe, a terminal. There is no partial and no resume: what was
// written is gone. Digests run along and are compared at the end where the server has them. Blocks on the
// network and on the descriptor.
#pragma once

#include <string>

#include "client/engine/job.h"

namespace ferry::client {

// Where a download goes. `reader_has_left`: who reads has had enough; an error, but not one for a person.
struct StreamOutput {
  int fd = -1;
  bool reader_has_left = false;
};

// Errc::is_directory, reset (another amount came than was told), digest_mismatch (what came was written all
// the same), reset or io with the output's error.
Result<TransferResult> get_to_stream(Connection& connection, const std::string& remote, StreamOutput& output,
                                     const TransferOptions& options, const OnProgress& progress);

// Until the descriptor's end. An input that breaks, and a stop, break the upload off, so that no server takes
// the beginning for the whole.
Result<TransferResult> put_from_stream(Connection& connection, int input, const std::string& remote,
                                       const TransferOptions& options, const OnProgress& progress);

// One file with its verification. Errors are reported to the observer and counted; false when it makes no
// sense to go on.
bool get_one_to_stream(Connection& connection, const std::string& remote, const std::string& name,
                       StreamOutput& output, const JobOptions& options, JobObserver& observer, Tally& tally);
bool put_one_from_stream(Connection& connection, int input, const std::string& remote,
                         const std::string& name, const JobOptions& options, JobObserver& observer,
                         Tally& tally);

}  // namespace ferry::client
