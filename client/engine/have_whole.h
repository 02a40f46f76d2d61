// Whether a download is needed at all, or for the rest only. Blocks on network and disk. Internal to
// client/engine.
#pragma once

#include "client/engine/part_file.h"
#include "client/engine/transfer.h"
#include "shared/ftp/facts.h"

namespace ferry::client {

// The file `local`, if both sides' digests say that it is the remote one: as if it had been downloaded, time
// and mode included. nullopt: it is another one, or the server does not tell.
Result<std::optional<TransferResult>> have_whole(Connection& connection, const std::string& remote,
                                                 const ftp::Entry& entry, const std::string& local,
                                                 const LocalTarget& target, const TransferOptions& options,
                                                 const OnProgress& progress);

// Is the file `local`, which is shorter, the beginning of the remote one, by both sides' digests?
Result<bool> have_beginning(Connection& connection, const std::string& remote, const ftp::Entry& entry,
                            const std::string& local, const TransferOptions& options,
                            const OnProgress& progress);

}  // namespace ferry::client
