#include "client/engine/sync_judge.h"

#include <unordered_map>

namespace ferry::client {
namespace {

enum class Age { same, source_newer, target_newer, unknown };

bool is_as_recorded(const SyncEntry& entry, Bytes size, const SyncTime& time) {
  return entry.size == size && entry.modified && compare_times(*entry.modified, time) == TimeOrder::same;
}

// Where copies do not keep their time, it is what has changed since the last one that tells.
Age age_by_record(const SyncEntry& source, const SyncEntry& target, const SyncRecord& record) {
  const bool is_source_unchanged = is_as_recorded(source, record.source_size, record.source_time);
  const bool is_target_unchanged = is_as_recorded(target, record.target_size, record.target_time);
  if (!is_target_unchanged) return Age::target_newer;
  return is_source_unchanged ? Age::same : Age::source_newer;
}

Age age_of(const SyncEntry& source, const SyncEntry& target) {
  if (!source.modified || !target.modified) return Age::unknown;
  switch (compare_times(*source.modified, *target.modified)) {
    case TimeOrder::same:
      return Age::same;
    case TimeOrder::later:
      return Age::source_newer;
    case TimeOrder::earlier:
      return Age::target_newer;
  }
  return Age::unknown;
}

SyncVerdict same(bool is_by_size = false) {
  return {SyncVerdict::Kind::same, SyncWhy::missing, is_by_size};
}
SyncVerdict keep(SyncWhy why) {
  return {SyncVerdict::Kind::keep, why};
}

SyncVerdict replace(SyncWhy why, Age age, const SyncOptions& options) {
  if (age == Age::target_newer && !options.replace_newer) return keep(SyncWhy::target_newer);
  return {SyncVerdict::Kind::copy, why};
}

// What the user wants to be compared. Sizes are equal, or one is not known.
SyncVerdict judge_equal_sizes(const SyncEntry& source, const SyncEntry& target, Age age, bool has_record,
                              const SyncOptions& options) {
  const bool knows_sizes = source.size && target.size;
  switch (options.compare) {
    case SyncCompare::hash:
      if (source.digest.empty() || target.digest.empty()) return keep(SyncWhy::not_comparable);
      return source.digest == target.digest ? same() : replace(SyncWhy::digest, age, options);
    case SyncCompare::size:
      return knows_sizes ? same() : keep(SyncWhy::not_comparable);
    case SyncCompare::time_size:
      break;
  }
  switch (age) {
    case Age::same:
      return same();
    case Age::source_newer:
      return replace(SyncWhy::newer, age, options);
    case Age::target_newer:
      if (!options.target_keeps_times && !has_record && knows_sizes) return same(true);
      return replace(SyncWhy::newer, age, options);
    case Age::unknown:
      break;
  }
  return knows_sizes ? same(true) : keep(SyncWhy::not_comparable);
}

// Files that both sides have, neither of them excluded.
template <typename Visit>
void for_each_pair(const SyncSide& source, const SyncSide& target, const SyncFilter& filter, Visit visit) {
  std::unordered_map<std::string_view, const SyncEntry*> theirs;
  for (const auto& entry : target.entries) {
    if (entry.type == SyncType::file) theirs.emplace(entry.path, &entry);
  }
  for (const auto& entry : source.entries) {
    const auto pair = theirs.find(entry.path);
    if (entry.type == SyncType::file && pair != theirs.end() && !filter.excludes(entry.path, false))
      visit(entry, *pair->second);
  }
}

// A digest costs both sides a reading; sizes that differ have told already.
bool may_be_same(const SyncEntry& source, const SyncEntry& target) {
  return !source.size || !target.size || source.size == target.size;
}

// A minute is what LIST tells at best, and that in its own time zone.
constexpr std::chrono::seconds kRough{59};
bool is_rough(const SyncEntry& entry) {
  return !entry.modified || entry.modified->precision >= kRough;
}

}  // namespace

TimeOrder compare_times(const SyncTime& a, const SyncTime& b) {
  if (a.at > b.at + b.precision) return TimeOrder::later;
  return b.at > a.at + a.precision ? TimeOrder::earlier : TimeOrder::same;
}

std::string_view why_words(SyncWhy why) {
  switch (why) {
    case SyncWhy::missing:
      return "missing";
    case SyncWhy::newer:
      return "newer";
    case SyncWhy::size:
      return "size";
    case SyncWhy::digest:
      return "digest";
    case SyncWhy::unfinished:
      return "unfinished";
    case SyncWhy::extra:
      return "extra";
    case SyncWhy::target_newer:
      return "target newer";
    case SyncWhy::other_kind:
      return "other kind";
    case SyncWhy::not_comparable:
      return "not comparable";
    case SyncWhy::target_unknown:
      return "target unknown";
    case SyncWhy::link:
      return "link";
    case SyncWhy::special:
      return "special";
    case SyncWhy::partial:
      return "partial";
    case SyncWhy::holds_kept:
      return "holds what stays";
  }
  return "";
}

SyncVerdict judge_pair(const SyncEntry& source, const SyncEntry& target, const SyncOptions& options,
                       const SyncRecord* record) {
  if (target.is_unfinished) return {SyncVerdict::Kind::copy, SyncWhy::unfinished};
  const bool uses_record = record != nullptr && !options.target_keeps_times;
  const Age age = uses_record ? age_by_record(source, target, *record) : age_of(source, target);
  if (may_be_same(source, target)) return judge_equal_sizes(source, target, age, uses_record, options);
  return replace(SyncWhy::size, age, options);
}

std::vector<std::string> paths_that_want_digests(const SyncSide& source, const SyncSide& target,
                                                 const SyncOptions& options) {
  std::vector<std::string> paths;
  if (options.compare != SyncCompare::hash) return paths;
  for_each_pair(source, target, options.filter, [&](const SyncEntry& ours, const SyncEntry& theirs) {
    const bool is_known = !ours.digest.empty() && !theirs.digest.empty();
    if (!is_known && !ours.is_unfinished && !theirs.is_unfinished && may_be_same(ours, theirs))
      paths.push_back(ours.path);
  });
  return paths;
}

std::vector<std::string> paths_that_want_times(const SyncSide& source, const SyncSide& target,
                                               const SyncOptions& options, const SyncRecords& records) {
  std::vector<std::string> paths;
  for_each_pair(source, target, options.filter, [&](const SyncEntry& ours, const SyncEntry& theirs) {
    const bool has_record = !options.target_keeps_times && records.contains(ours.path);
    const bool is_told_by_size = options.compare == SyncCompare::size && may_be_same(ours, theirs);
    if (has_record || is_told_by_size || theirs.is_unfinished || !(is_rough(ours) || is_rough(theirs)))
      return;
    if (age_of(ours, theirs) != Age::same) paths.push_back(ours.path);
  });
  return paths;
}

}  // namespace ferry::client
