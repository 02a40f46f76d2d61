// Whole folders, either way. A plan is made first, so that totals are known before the first byte; walks keep
// their own stack and never follow symbolic links. Names are raw bytes; one that a server gives and that
// would leave the target is skipped.
#pragma once

#include <string>
#include <vector>

#include "client/engine/job.h"

namespace ferry::client {

struct TreeItem {
  ftp::Entry
      entry;  // what it is, as far as known; `name` is the path below the tree's root, "" for the root itself
  bool is_folder() const { return entry.is_directory(); }
};

// Folders before what is in them. Links, devices and unsafe names are left out and noted.
struct TreePlan {
  std::vector<TreeItem> items;
  std::vector<std::string> notes;
  std::vector<Error> failures;  // folders that could not be read
  std::int64_t files = 0;
  Bytes bytes = 0;
};

Result<TreePlan> plan_local_tree(const std::string& root);
// Errc::not_found, not_directory; Errc::too_long when the tree does not end.
Result<TreePlan> plan_remote_tree(Connection& connection, const std::string& root);

// Copies what is in `local` into the folder `remote`, which is made with its parents where missing.
void put_tree(Connection& connection, const std::string& local, const std::string& remote,
              const JobOptions& options, JobObserver& observer, Tally& tally);
void get_tree(Connection& connection, const std::string& remote, const std::string& local,
              const JobOptions& options, JobObserver& observer, Tally& tally);

// Removes a file, or a folder with all that is in it; goes on after a refusal and returns the first one. What
// may be a symbolic link to a folder is removed itself, never walked into.
Status remove_tree(Connection& connection, const std::string& path);

// MKD of `path` and of every parent that is missing; fine when it is there.
Status make_remote_folders(Connection& connection, const std::string& path);

}  // namespace ferry::client
