// What each side of a sync has: a whole tree read into a SyncSide, with all that could not be read. Nothing
// that is excluded is looked into, and no symbolic link followed. Blocks on the disk, or on what `list`
// blocks on.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <string>
#include <vector>

#include "client/engine/listing.h"
#include "client/engine/sync_plan.h"

namespace ferry::client {

struct SyncScan {
  SyncSide side;
  std::vector<Error> problems;  // what makes the gaps of `side`
};

// Errc::not_found, not_directory.
Result<SyncScan> scan_local_tree(const std::string& root, const SyncFilter& filter);

// One folder alone; the paths of its entries are their names.
Result<SyncScan> scan_local_folder(const std::string& path);

// Lists an absolute folder; called by several threads at once.
using ListRemote = std::function<Result<Listing>(const std::string& path)>;
// With as many threads as may list at once. Errors are those of the root's listing, of a lost connection, and
// Errc::too_long when the tree does not end.
Result<SyncScan> scan_remote_tree(const std::string& root, const SyncFilter& filter, int threads,
                                  const ListRemote& list);

// One name, as a sync sees it.
SyncEntry local_entry_of(const struct stat& info, std::string path);
SyncEntry sync_entry_of(const ftp::Entry& entry, std::string path);

}  // namespace ferry::client
