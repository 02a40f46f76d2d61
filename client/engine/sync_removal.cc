#include "client/engine/sync_removal.h"

#include <algorithm>

#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash);
}

std::string leaf_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string below(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

bool is_removal(const SyncStep& step) {
  return step.act == SyncAct::remove_file || step.act == SyncAct::remove_folder;
}

}  // namespace

// The folder of the source in which a removal begins: nothing below the topmost name that goes is in the
// source.
std::string SyncRemoval::anchor_of(const std::string& path) const {
  std::string folder = parent_of(path);
  while (doomed_.contains(folder)) folder = parent_of(folder);
  return folder;
}

void SyncRemoval::gather() {
  std::set<std::string_view> kept;
  for (const auto& step : sync_.plan_.steps) {
    if (step.act == SyncAct::keep) kept.insert(step.path);
    if (step.act == SyncAct::remove_file) files_.push_back(&step);
    if (step.act != SyncAct::remove_folder) continue;
    folders_.push_back(&step);
    doomed_.insert(step.path);
  }
  for (const auto& step : sync_.plan_.steps)
    if (is_removal(step)) wanted_[anchor_of(step.path)];
  for (const auto& entry : sync_.source_.side.entries) {
    const auto anchor = wanted_.find(parent_of(entry.path));
    const bool is_copied = entry.type == SyncType::file || entry.type == SyncType::folder;
    if (anchor == wanted_.end() || !is_copied || kept.contains(entry.path)) continue;
    if (sync_.options_.filter.excludes(entry.path, entry.type == SyncType::folder)) continue;
    anchor->second.insert(leaf_of(entry.path));
  }
}

Result<SyncRemoval::Names> SyncRemoval::list(const std::string& folder) {
  Names names;
  SyncScan scan;
  if (root_) {
    auto listed = scan_local_folder(sync_.local_path(folder));
    if (!listed) return tl::unexpected(listed.error());
    scan = std::move(*listed);
  } else {
    auto listing = sync_.run_.ask(
        [&](Connection& connection) { return list_directory(connection, sync_.remote_path_of(folder)); });
    if (!listing) return tl::unexpected(listing.error());
    for (const auto& entry : listing->entries) {
      scan.side.entries.push_back(sync_entry_of(entry, entry.name));
      if (!sync_.server_.lists_exactly) sync_.place_in_zone(scan.side.entries.back());
    }
  }
  for (auto& entry : scan.side.entries) {
    std::string name = entry.path;
    names.insert_or_assign(std::move(name), std::move(entry));
  }
  return names;
}

Status SyncRemoval::prove(const std::string& anchor, const Names& names) const {
  const auto wanted = wanted_.find(anchor);
  if (wanted == wanted_.end()) return {};
  for (const auto& name : wanted->second) {
    if (!names.contains(name))
      return fail(Errc::exists, below(anchor, name) +
                                    ": is not listed under this name although it was copied, so nothing is "
                                    "removed from its folder");
  }
  return {};
}

// False: nothing in it may go.
bool SyncRemoval::look_at(const std::string& folder) {
  const std::string anchor = anchor_of(below(folder, "x"));
  for (const auto& place : {anchor, folder}) {
    if (spared_.contains(place)) return false;
    if (there_.contains(place)) continue;
    auto names = list(place);
    Status proven;
    if (!names) {
      proven = tl::unexpected(names.error());
    } else {
      proven = prove(place, *names);
    }
    if (!proven) {
      sync_.run_.fail(proven.error());
      spared_.insert(place);
      return false;
    }
    there_.emplace(place, std::move(*names));
  }
  return true;
}

Status SyncRemoval::check(const SyncStep& step) const {
  const Names& names = there_.at(parent_of(step.path));
  const auto now = names.find(leaf_of(step.path));
  if (now == names.end()) return fail(Errc::not_found, step.path + ": is gone already");
  const SyncEntry& entry = now->second;
  const bool is_same_time =
      !entry.modified || !step.modified || compare_times(*entry.modified, *step.modified) == TimeOrder::same;
  if (entry.type == SyncType::file && !entry.is_unfinished && entry.size == step.size && is_same_time)
    return {};
  return fail(Errc::exists, step.path + ": has changed since the plan was made, so it stays");
}

Status SyncRemoval::remove_one(const SyncStep& step) {
  const bool is_folder = step.act == SyncAct::remove_folder;
  if (root_) return is_folder ? root_->remove_folder(step.path) : root_->remove_file(step.path);
  return sync_.run_.ask([&](Connection& connection) -> Status {
    auto removed = connection.require(is_folder ? "RMD" : "DELE", sync_.remote_path_of(step.path));
    return removed ? Status() : tl::unexpected(removed.error());
  });
}

void SyncRemoval::remove(const SyncStep& step) {
  if (sync_.run_.reports.is_stopped()) return;
  Status done = step.act == SyncAct::remove_file ? check(step) : Status();
  if (done) done = remove_one(step);
  if (!done) return sync_.run_.fail(done.error());
  const std::lock_guard lock(sync_.mutex_);
  ++sync_.removed_;
  if (on_removed_) on_removed_(step);
}

void SyncRemoval::run() {
  if (sync_.paths_.direction == Direction::down) {
    auto root = LocalRoot::open(sync_.paths_.local);
    if (!root) return sync_.run_.fail(root.error());
    root_ = std::move(*root);
  }
  gather();
  std::vector<const SyncStep*> proven;
  for (const auto* step : files_) {
    if (sync_.run_.cancel.requested() || sync_.run_.reports.is_stopped()) return;
    if (look_at(parent_of(step->path))) proven.push_back(step);
  }
  (void)in_parallel(sync_.run_.options.parallel, proven.size(), [&](std::size_t at) -> Status {
    if (sync_.run_.cancel.requested()) return fail(Errc::cancelled, "interrupted");
    remove(*proven[at]);
    return {};
  });
  for (const auto* step : folders_) {
    if (sync_.run_.cancel.requested() || sync_.run_.reports.is_stopped()) return;
    if (look_at(parent_of(step->path))) remove(*step);
  }
}

}  // namespace ferry::client
