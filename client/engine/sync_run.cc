// The plan of a sync, carried out.
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "client/engine/local_root.h"
#include "client/engine/part_file.h"
#include "client/engine/sync.h"
#include "client/engine/sync_removal.h"
#include "client/engine/tree.h"

namespace ferry::client {

Status Sync::make_folder(const std::string& path) const {
  if (paths_.direction == Direction::up) {
    return run_.ask([&](Connection& connection) {
      return path.empty() ? make_remote_folders(connection, paths_.remote)
                          : make_remote_folder(connection, remote_path_of(path));
    });
  }
  if (path.empty()) {
    std::error_code failure;
    std::filesystem::create_directories(paths_.local, failure);
    return failure ? fail_errno(failure.value(), paths_.local) : Status();
  }
  auto root = LocalRoot::open(paths_.local);
  return root ? root->make_folder(path) : tl::unexpected(root.error());
}

bool Sync::is_lost(const std::string& path) const {
  return std::ranges::any_of(lost_, [&](const std::string& folder) { return path.starts_with(folder); });
}

void Sync::make_folders() {
  for (const auto& step : plan_.steps) {
    if (run_.cancel.requested() || run_.reports.is_stopped()) return;
    if (step.act != SyncAct::make_folder || is_lost(step.path)) continue;
    if (auto made = make_folder(step.path); !made) {
      run_.fail(made.error());
      lost_.push_back(step.path.empty() ? "" : step.path + "/");
    }
  }
}

CopyItem Sync::item_of(const SyncStep& step) const {
  CopyItem item;
  item.direction = paths_.direction;
  item.name = step.path;
  item.local = local_path(step.path);
  item.remote = remote_path_of(step.path);
  item.no_links = item.is_synced_later = true;
  if (paths_.direction == Direction::up) return item;
  item.known.emplace();
  item.known->name = step.path;
  item.known->size = step.size;
  if (step.modified) item.known->modified = step.modified->at;
  return item;
}

// The plan may have waited for its user's word.
Status Sync::check_local_target(const SyncStep& step) const {
  auto root = LocalRoot::open(paths_.local);
  if (!root) return tl::unexpected(root.error());
  const auto now = root->look(step.path);
  if (!now && now.error().kind != Errc::not_found) return tl::unexpected(now.error());
  if (!now && !step.replaces) return {};
  if (now && step.replaces) {
    const SyncEntry is = local_entry_of(*now, step.path), &was = *replaced_.at(step.path);
    if (is.type == was.type && is.size == was.size && is.modified == was.modified) return {};
  }
  return fail(Errc::exists, local_path(step.path) + ": has changed since the plan was made, so it stays");
}

Result<std::optional<std::string>> Sync::before_copy(const CopyItem& item, JobOptions& job) {
  const std::optional<std::string> go_on;
  const SyncStep& step = *copies_.at(item.name);
  if (paths_.direction == Direction::down) {
    job.resume = Resume::automatic;
    if (auto same = check_local_target(step); !same) return tl::unexpected(same.error());
    return go_on;
  }
  job.resume = step.why == SyncWhy::unfinished ? Resume::automatic : Resume::never;
  memory_->begins(step.path);
  return go_on;
}

void Sync::copy_all() {
  for (const auto& step : plan_.steps)
    if (step.act == SyncAct::copy) copies_.emplace(step.path, &step);
  for (const auto& entry : target_.side.entries)
    if (copies_.contains(entry.path)) replaced_.emplace(entry.path, &entry);
  BatchOptions options = run_.options;
  options.decide = [this](Connection&, CopyItem& item, JobOptions& job) { return before_copy(item, job); };
  options.after = [this](Connection&, const CopyItem& item, const TransferResult&) -> Status {
    if (memory_) memory_->is_done(item.name);
    const std::lock_guard lock(mutex_);
    copied_.insert(item.name);
    return {};
  };
  std::size_t at = 0;
  const auto next = [&]() -> std::optional<CopyItem> {
    for (; at < plan_.steps.size(); ++at) {
      const SyncStep& step = plan_.steps[at];
      if (step.act == SyncAct::copy && !is_lost(step.path)) return item_of(plan_.steps[at++]);
      if (step.act == SyncAct::copy) run_.reports.failed_unsaid();  // its folder's failure has been told
    }
    return std::nullopt;
  };
  Batch(run_.pool, options, run_.reports).run(next, run_.cancel);
  if (paths_.direction == Direction::up || copied_.empty()) return;
  if (auto synced = sync_folder(paths_.local); !synced) run_.fail(synced.error());
}

bool Sync::carry_out(const OnRemoved& removed) {
  run_.reports.plan(plan_.copies, plan_.copy_bytes);
  make_folders();
  if (plan_.copies > 0 && !run_.reports.is_stopped() && !run_.cancel.requested()) copy_all();
  const bool is_whole = lost_.empty() && static_cast<std::int64_t>(copied_.size()) == plan_.copies;
  const bool may_remove = is_whole && !run_.cancel.requested() && !run_.reports.is_stopped();
  if (plan_.removals > 0 && may_remove) SyncRemoval(*this, removed).run();
  remember();
  return plan_.removals == 0 || may_remove;
}

// Where copies cannot be given their time, how both sides stand now is what the next run goes by.
void Sync::remember() {
  if (!memory_ || (copied_.empty() && remembered_.begun.empty())) return;
  SyncMemoryText memory = memory_->read();
  // What was not to be copied any more is whole.
  std::erase_if(memory.begun, [&](const std::string& path) {
    return !copies_.contains(path) && !options_.filter.excludes(path, false);
  });
  const bool is_over = !run_.cancel.requested() && !run_.reports.is_stopped();
  if (server_.keeps_times) memory.records.clear();
  if (!server_.keeps_times && is_over) {
    auto now = scan_remote(true);
    if (!now) return run_.reports.note(now.error().context + "; the next sync compares by size");
    SyncRecords fresh = records_of_copies(std::move(*now));
    fresh.merge(memory.records);  // those of this run count
    memory.records = std::move(fresh);
  }
  if (auto written = memory_->write(memory); !written)
    run_.reports.note(written.error().context + "; the next sync compares by size");
}

SyncRecords Sync::records_of_copies(SyncScan now) {
  target_ = std::move(now);
  if (!server_.lists_exactly) (void)learn_zone();
  std::map<std::string_view, const SyncEntry*> theirs;
  for (auto& entry : target_.side.entries) {
    if (!server_.lists_exactly) place_in_zone(entry);
    if (copied_.contains(entry.path)) theirs.emplace(entry.path, &entry);
  }
  SyncRecords records;
  for (const auto& entry : source_.side.entries) {
    const auto there = theirs.find(entry.path);
    if (there == theirs.end() || !there->second->size || !there->second->modified) continue;
    records.emplace(entry.path, SyncRecord{entry.size.value_or(0), *there->second->size, *entry.modified,
                                           *there->second->modified});
  }
  return records;
}

}  // namespace ferry::client
