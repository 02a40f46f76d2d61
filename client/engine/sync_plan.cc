#include "client/engine/sync_plan.h"

#include <algorithm>
#include <set>
#include <unordered_set>

#include "client/engine/job.h"
#include "client/engine/part_file.h"
#include "client/engine/sync_judge.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

// '/' before everything else: what is in a folder follows it at once.
bool is_before(std::string_view a, std::string_view b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    if (x == '/' || y == '/') return x == '/' && y != '/';
    return static_cast<unsigned char>(x) < static_cast<unsigned char>(y);
  });
}

bool is_below(std::string_view path, std::string_view folder) {
  return folder.empty() ||
         (path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/');
}

std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == path.npos ? std::string_view() : path.substr(0, slash);
}

bool is_safe(std::string_view path) {
  while (true) {
    const auto slash = std::min(path.find('/'), path.size());
    if (!ftp::is_safe_component(path.substr(0, slash))) return false;
    if (slash == path.size()) return true;
    path.remove_prefix(slash + 1);
  }
}

// A side in order. What cannot be a name below the root, or comes twice, makes a gap of it: the listing is
// not to be believed.
class Side {
 public:
  explicit Side(const SyncSide& side) : gaps_(side.gaps.begin(), side.gaps.end()) {
    entries_.reserve(side.entries.size());
    for (const auto& entry : side.entries) {
      if (is_safe(entry.path)) {
        entries_.push_back(&entry);
      } else {
        has_odd_names_ = true;
      }
    }
    std::ranges::stable_sort(entries_, [](auto* a, auto* b) { return is_before(a->path, b->path); });
    const auto again = std::unique(entries_.begin(), entries_.end(), [this](auto* a, auto* b) {
      if (a->path != b->path) return false;
      gaps_.emplace(parent_of(a->path));
      return true;
    });
    entries_.erase(again, entries_.end());
  }

  const std::vector<const SyncEntry*>& entries() const { return entries_; }
  bool is_whole() const { return gaps_.empty() && !has_odd_names_; }
  bool is_gap(std::string_view folder) const { return gaps_.contains(std::string(folder)); }

 private:
  std::vector<const SyncEntry*> entries_;
  std::set<std::string, std::less<>> gaps_;
  bool has_odd_names_ = false;
};

class Planner {
 public:
  Planner(const SyncSide& source, const SyncSide& target, const SyncOptions& options,
          const SyncRecords& records)
      : source_exists_(source.exists),
        target_exists_(target.exists),
        source_(source),
        target_(target),
        options_(options),
        records_(records) {}

  SyncPlan run();

 private:
  void visit(const SyncEntry* source, const SyncEntry* target);
  void visit_both(const SyncEntry& source, const SyncEntry& target);
  void visit_new(const SyncEntry& source);
  void visit_extra(const SyncEntry& target);
  void copy(const SyncEntry& source, SyncWhy why, bool replaces);
  void keep(const SyncEntry& entry, SyncWhy why);
  void skip_below(const SyncEntry& folder, bool is_excluded);
  void pin(std::string_view path);
  RemovalRefusal refusal() const;
  void add_removals();

  const bool source_exists_, target_exists_;
  const Side source_, target_;
  const SyncOptions& options_;
  const SyncRecords& records_;
  SyncPlan plan_;
  std::vector<SyncStep> folders_, copies_, kept_;
  std::vector<const SyncEntry*> extras_;         // in order; may be removed if nothing speaks against it
  std::unordered_set<std::string_view> pinned_;  // folders of the target that hold something which stays
  std::string skipped_;                          // nothing below it is looked at
  bool skips_ = false, skipped_is_excluded_ = false;
  bool source_has_any_ = false;
};

void Planner::pin(std::string_view path) {
  while (!path.empty()) {
    path = parent_of(path);
    if (!pinned_.insert(path).second) return;  // its parents are there already
  }
}

void Planner::keep(const SyncEntry& entry, SyncWhy why) {
  kept_.push_back({SyncAct::keep, why, entry.path, entry.size, entry.modified});
  if (kept_.back().is_left_difference()) ++plan_.left;
}

void Planner::copy(const SyncEntry& source, SyncWhy why, bool replaces) {
  copies_.push_back({SyncAct::copy, why, source.path, source.size, source.modified, replaces});
  ++plan_.copies;
  plan_.copy_bytes = plausible_sum(plan_.copy_bytes, source.size);
}

void Planner::skip_below(const SyncEntry& folder, bool is_excluded) {
  skipped_ = folder.path;
  skips_ = true;
  skipped_is_excluded_ = is_excluded;
}

void Planner::visit(const SyncEntry* source, const SyncEntry* target) {
  const SyncEntry& any = source != nullptr ? *source : *target;
  const bool is_folder =
      any.type == SyncType::folder || (target != nullptr && target->type == SyncType::folder);
  if (skips_ && is_below(any.path, skipped_)) {
    if (target != nullptr) pin(target->path);
    if (skipped_is_excluded_) ++plan_.excluded;
    return;
  }
  if (options_.filter.excludes(any.path, is_folder)) {
    ++plan_.excluded;
    if (target != nullptr) pin(target->path);
    return skip_below(any, true);
  }
  if (source != nullptr) source_has_any_ = true;
  if (source != nullptr && (is_ours(source->path) || source->is_unfinished)) {
    if (target != nullptr) pin(target->path);
    keep(*source, SyncWhy::partial);
    return skip_below(*source, false);
  }
  if (source != nullptr && target != nullptr) return visit_both(*source, *target);
  return source != nullptr ? visit_new(*source) : visit_extra(*target);
}

void Planner::visit_both(const SyncEntry& source, const SyncEntry& target) {
  pin(target.path);
  const bool is_copied = source.type == SyncType::file || source.type == SyncType::folder;
  if (!is_copied || source.type != target.type) {
    if (is_copied) keep(source, SyncWhy::other_kind);
    if (!is_copied) keep(source, source.type == SyncType::link ? SyncWhy::link : SyncWhy::special);
    return skip_below(source, false);
  }
  if (source.type == SyncType::folder) return;
  const auto record = records_.find(source.path);
  const SyncVerdict verdict =
      judge_pair(source, target, options_, record == records_.end() ? nullptr : &record->second);
  switch (verdict.kind) {
    case SyncVerdict::Kind::same:
      ++plan_.same;
      if (verdict.is_by_size) ++plan_.same_by_size;
      return;
    case SyncVerdict::Kind::copy:
      return copy(source, verdict.why, true);
    case SyncVerdict::Kind::keep:
      return keep(source, verdict.why);
  }
}

void Planner::visit_new(const SyncEntry& source) {
  if (source.type == SyncType::link) return keep(source, SyncWhy::link);
  if (source.type == SyncType::other) return keep(source, SyncWhy::special);
  if (target_.is_gap(parent_of(source.path))) {
    keep(source, SyncWhy::target_unknown);
    return skip_below(source, false);
  }
  if (source.type == SyncType::file) return copy(source, SyncWhy::missing, false);
  folders_.push_back({SyncAct::make_folder, SyncWhy::missing, source.path});
}

void Planner::visit_extra(const SyncEntry& target) {
  const bool is_kept = target.type == SyncType::link || target.type == SyncType::other ||
                       target.is_unfinished || is_transfer_leftover(target.path);
  if (!is_kept) return extras_.push_back(&target);
  ++plan_.extra;
  pin(target.path);
  skip_below(target, false);
  if (!options_.remove_extra) return;
  keep(target, target.type == SyncType::link    ? SyncWhy::link
               : target.type == SyncType::other ? SyncWhy::special
                                                : SyncWhy::partial);
}

RemovalRefusal Planner::refusal() const {
  if (!source_exists_) return RemovalRefusal::source_missing;
  if (!source_.is_whole()) return RemovalRefusal::source_unknown;
  if (!source_has_any_ && !options_.source_may_be_empty) return RemovalRefusal::source_empty;
  return RemovalRefusal::none;
}

// From the last to the first: what is in a folder comes before the folder itself.
void Planner::add_removals() {
  if (extras_.empty()) return;
  if (options_.remove_extra) plan_.refusal = refusal();
  if (!options_.remove_extra || plan_.refusal != RemovalRefusal::none) {
    plan_.extra += static_cast<std::int64_t>(extras_.size());
    return;
  }
  std::vector<SyncStep> files, folders;
  for (auto at = extras_.rbegin(); at != extras_.rend(); ++at) {
    const SyncEntry& entry = **at;
    if (entry.type != SyncType::folder) {
      files.push_back({SyncAct::remove_file, SyncWhy::extra, entry.path, entry.size, entry.modified, false});
      plan_.removal_bytes = plausible_sum(plan_.removal_bytes, entry.size);
    } else if (pinned_.contains(entry.path) || target_.is_gap(entry.path)) {
      pin(entry.path);
      ++plan_.extra;
      keep(entry, SyncWhy::holds_kept);
    } else {
      folders.push_back({SyncAct::remove_folder, SyncWhy::extra, entry.path});
    }
  }
  plan_.removals = static_cast<std::int64_t>(files.size() + folders.size());
  std::ranges::reverse(files);
  std::ranges::move(files, std::back_inserter(plan_.steps));
  std::ranges::move(folders, std::back_inserter(plan_.steps));
}

SyncPlan Planner::run() {
  if (source_exists_ && !target_exists_) folders_.push_back({SyncAct::make_folder, SyncWhy::missing, ""});
  const auto& ours = source_.entries();
  const auto& theirs = target_.entries();
  for (std::size_t s = 0, t = 0; s < ours.size() || t < theirs.size();) {
    const bool has_source =
        t == theirs.size() || (s < ours.size() && !is_before(theirs[t]->path, ours[s]->path));
    const bool has_target =
        s == ours.size() || (t < theirs.size() && !is_before(ours[s]->path, theirs[t]->path));
    visit(has_source ? ours[s] : nullptr, has_target ? theirs[t] : nullptr);
    s += has_source ? 1 : 0;
    t += has_target ? 1 : 0;
  }
  plan_.folders = static_cast<std::int64_t>(folders_.size());
  std::ranges::move(folders_, std::back_inserter(plan_.steps));
  std::ranges::move(copies_, std::back_inserter(plan_.steps));
  add_removals();
  std::ranges::move(kept_, std::back_inserter(plan_.steps));
  return std::move(plan_);
}

}  // namespace

bool is_ours(std::string_view path) {
  constexpr std::string_view kReserved = ".ferry";  // ferryd's folder in a home
  const std::string_view leaf = ftp::leaf_name(path);
  return leaf == kReserved || leaf.find(kPartSuffix) != leaf.npos;  // with its journal
}

// ProFTPD's HiddenStores, Pure-FTPd, WinSCP, lftp.
bool is_transfer_leftover(std::string_view path) {
  const std::string_view leaf = ftp::leaf_name(path);
  const bool is_hidden_store = leaf.starts_with(".in.") && leaf.ends_with(".");
  return is_ours(path) || is_hidden_store || leaf.starts_with(".pureftpd-") || leaf.ends_with(".filepart") ||
         leaf.ends_with(".lftp-pget-status");
}

SyncPlan make_sync_plan(const SyncSide& source, const SyncSide& target, const SyncOptions& options,
                        const SyncRecords& records) {
  return Planner(source, target, options, records).run();
}

}  // namespace ferry::client
