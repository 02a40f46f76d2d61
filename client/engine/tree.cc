#include "client/engine/tree.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "client/engine/listing.h"
#include "client/engine/part_file.h"
#include "client/engine/tree_names.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

// The root may be a link of the user's; below it a link would lead what the server names out of the tree.
Status make_local_folder(const std::string& path, bool is_root) {
  if (::mkdir(path.c_str(), 0777) == 0) return {};
  const int why = errno;
  struct stat info {};
  const int known = is_root ? ::stat(path.c_str(), &info) : ::lstat(path.c_str(), &info);
  if (why == EEXIST && known == 0 && S_ISDIR(info.st_mode)) return {};
  if (known == 0 && S_ISREG(info.st_mode))
    return fail(Errc::not_directory, path + ": is a file here, where a folder is to be");
  if (known == 0 && S_ISLNK(info.st_mode))
    return fail(Errc::outside, path + ": is a symbolic link here, which is not followed");
  return fail_errno(why, path);
}

}  // namespace

Status make_remote_folder(Connection& connection, const std::string& path) {
  auto made = connection.require("MKD", path);
  if (made) return {};
  if (!connection.usable()) return tl::unexpected(made.error());
  auto there = is_directory(connection, path);
  if (!there) return tl::unexpected(there.error());
  if (*there) return {};
  const auto file = describe(connection, path);
  if (!file && !connection.usable()) return tl::unexpected(file.error());
  if (file && !file->is_directory())
    return fail(Errc::not_directory, path + ": is a file on the server, where a folder is to be");
  return tl::unexpected(made.error());
}

Status make_remote_folders(Connection& connection, const std::string& path) {
  std::vector<std::string> missing;
  for (std::string at = path; at != "/"; at = ftp::parent_path(at)) {
    auto there = is_directory(connection, at);
    if (!there) return tl::unexpected(there.error());
    if (*there) break;
    missing.push_back(at);
  }
  for (; !missing.empty(); missing.pop_back()) {
    if (auto made = make_remote_folder(connection, missing.back()); !made) return made;
  }
  return {};
}

Status remove_tree(Connection& connection, const std::string& path) {
  Status outcome;
  const auto note = [&](const Error& error) {
    if (outcome) outcome = tl::unexpected(error);
    return connection.usable() && error.kind != Errc::cancelled;
  };
  // Servers may show a link to a folder as a folder. DELE takes the link and refuses the folder.
  const auto is_gone = [&](const std::string& name) { return connection.require("DELE", name).has_value(); };
  if (is_gone(path)) return {};
  std::vector<std::string> folders{path};
  for (std::size_t at = 0; at < folders.size(); ++at) {  // grows while it is walked
    const std::string folder = folders[at];
    auto listing = list_directory(connection, folder);
    if (!listing) {
      if (!note(listing.error())) return outcome;
      continue;
    }
    for (const auto& entry : listing->entries) {
      if (!ftp::is_safe_component(entry.name)) continue;  // the folder will refuse to go then
      const std::string name = ftp::join_path(folder, entry.name);
      auto removed = connection.require("DELE", name);
      if (removed) continue;
      if (entry.is_directory() && !entry.is_link && connection.usable()) {
        folders.push_back(name);
      } else if (!note(removed.error())) {
        return outcome;
      }
    }
  }
  for (; !folders.empty(); folders.pop_back()) {
    auto removed = connection.require("RMD", folders.back());
    if (!removed && !note(removed.error())) break;
  }
  return outcome;
}

TreeCopy::TreeCopy(CopyRun& run, Direction direction, std::string from, std::string to, TreePlan plan)
    : run_(&run), direction_(direction), from_(std::move(from)), to_(std::move(to)), plan_(std::move(plan)) {
  if (direction == Direction::down) note_case_pairs(plan_);
  for (const auto& note : plan_.notes) run.reports.note(note);
  for (const auto& failure : plan_.failures) run.reports.failed(0, failure);
  run.reports.plan(plan_.files, plan_.bytes);
}

Result<TreeCopy> TreeCopy::up(CopyRun& run, const std::string& local, const std::string& remote,
                              const LocalTreeOptions& options) {
  auto plan = plan_local_tree(local, options);
  if (!plan) return tl::unexpected(std::move(plan.error()));
  return TreeCopy(run, Direction::up, local, remote, std::move(*plan));
}

Result<TreeCopy> TreeCopy::down(CopyRun& run, const std::string& remote, const std::string& local) {
  auto plan = plan_remote_tree(run, remote);
  if (!plan) return tl::unexpected(std::move(plan.error()));
  return TreeCopy(run, Direction::down, remote, local, std::move(*plan));
}

std::optional<CopyItem> TreeCopy::next() {
  while (at_ < plan_.items.size()) {
    if (run_->cancel.requested() || run_->reports.is_stopped()) return std::nullopt;
    TreeItem& item = plan_.items[at_++];
    const std::string& path = item.entry.name;
    if (is_lost(path)) {
      if (item.is_folder()) continue;
      run_->reports.failed_unsaid();
      run_->reports.note(path + ": skipped, its folder could not be made");
      continue;
    }
    if (!item.is_folder()) {
      has_files_ = true;
      return item_of(item);
    }
    if (auto made = make_folder(item); !made) {
      run_->fail(made.error());
      if (path.empty()) at_ = plan_.items.size();
      lost_.push_back(path + "/");
    }
  }
  return std::nullopt;
}

std::string TreeCopy::target_of(const TreeItem& item) const {
  if (direction_ == Direction::up) return ftp::join_path(to_, item.path_there());
  return item.entry.name.empty() ? to_ : (std::filesystem::path(to_) / item.entry.name).native();
}

Status TreeCopy::make_folder(const TreeItem& folder) {
  const bool is_root = folder.entry.name.empty();
  const std::string target = target_of(folder);
  if (direction_ == Direction::down) return make_local_folder(target, is_root);
  return run_->ask([&](Connection& connection) {
    return is_root ? make_remote_folders(connection, target) : make_remote_folder(connection, target);
  });
}

// What belongs into a folder that could not be made is not tried one by one.
bool TreeCopy::is_lost(const std::string& path) const {
  return std::ranges::any_of(lost_, [&](const std::string& folder) { return path.starts_with(folder); });
}

CopyItem TreeCopy::item_of(TreeItem& file) const {
  CopyItem item;
  item.direction = direction_;
  item.name = file.entry.name;
  item.no_links = item.is_synced_later = true;
  if (direction_ == Direction::up) {
    item.local =
        file.source.empty() ? (std::filesystem::path(from_) / file.entry.name).native() : file.source;
    item.remote = target_of(file);
  } else {
    item.local = target_of(file);
    item.remote = ftp::join_path(from_, file.entry.name);
    item.known = std::move(file.entry);
  }
  return item;
}

Status TreeCopy::finish() {
  return direction_ == Direction::down && has_files_ ? sync_folder(to_) : Status();
}

}  // namespace ferry::client
