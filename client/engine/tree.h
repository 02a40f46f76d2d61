// Whole folders, either way. A plan is made first, so that totals are known before the first byte; walks keep
// their own stack and follow no symbolic link unless asked to. Names are raw bytes; one that a server gives
// and that would leave the target is skipped.
#pragma once

#include <string>
#include <vector>

#include "client/engine/batch.h"

namespace ferry::client {

struct TreeItem {
  ftp::Entry
      entry;  // what it is, as far as known; `name` is the path below the tree's root, "" for the root itself
  std::string source = {};  // of an upload, where a link leads to: this local file; "": the one of that name
  std::string there = {};   // of an upload: the path below the remote root, "" if it is the same
  bool is_folder() const { return entry.is_directory(); }
  const std::string& path_there() const { return there.empty() ? entry.name : there; }
};

struct LocalTreeOptions {
  bool follow_links = false;  // to what is below the root; never out of it, never round in circles
  bool nfc = false;           // names go over composed (names.h)
};

// Folders before what is in them. Links that are not followed, devices and unsafe names are left out and
// noted.
struct TreePlan {
  std::vector<TreeItem> items;
  std::vector<std::string> notes;
  std::vector<Error> failures;  // folders that could not be read
  std::int64_t files = 0;
  Bytes bytes = 0;
};

Result<TreePlan> plan_local_tree(const std::string& root, const LocalTreeOptions& options = {});
// Errc::not_found, not_directory; Errc::too_long when the tree does not end. Lists with several sessions at
// once; a listing that breaks is asked for again.
Result<TreePlan> plan_remote_tree(CopyRun& run, const std::string& root);
Result<TreePlan> plan_remote_tree(Connection& connection, const std::string& root);

// A folder that is being copied into another one, which is made with its parents where missing. Made with the
// plan, which is reported; then hands out the files one by one, and makes each folder before what is in it.
// What has failed on the way is reported and counted. Blocks on network and disk.
class TreeCopy {
 public:
  // `run` must outlive it.
  static Result<TreeCopy> up(CopyRun& run, const std::string& local, const std::string& remote,
                             const LocalTreeOptions& options = {});
  static Result<TreeCopy> down(CopyRun& run, const std::string& remote, const std::string& local);

  Direction direction() const { return direction_; }
  const TreePlan& plan() const { return plan_; }
  std::string target_of(const TreeItem& item) const;  // the path that it gets, here or over there

  std::optional<CopyItem> next();
  // When all that was handed out is there: downloads are on the disk then.
  Status finish();

 private:
  TreeCopy(CopyRun& run, Direction direction, std::string from, std::string to, TreePlan plan);
  Status make_folder(const TreeItem& folder);
  bool is_lost(const std::string& path) const;
  CopyItem item_of(TreeItem& file) const;

  CopyRun* run_;
  Direction direction_;
  std::string from_, to_;
  TreePlan plan_;
  std::size_t at_ = 0;
  bool has_files_ = false;
  std::vector<std::string> lost_;  // folders that could not be made, each with a '/' behind it
};

// Removes a file, or a folder with all that is in it; goes on after a refusal and returns the first one. What
// may be a symbolic link to a folder is removed itself, never walked into.
Status remove_tree(Connection& connection, const std::string& path);

// Servers answer MKD of a folder that is there with 550, 521 or worse; what counts is whether it is there
// now.
Status make_remote_folder(Connection& connection, const std::string& path);
// MKD of `path` and of every parent that is missing; fine when it is there.
Status make_remote_folders(Connection& connection, const std::string& path);

}  // namespace ferry::client
