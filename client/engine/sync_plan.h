// What has to be done so that one folder tree becomes the other: two listings and what the user wants become
// an ordered list of steps. Pure: no network, no disk, no terminal; sync_scan.h makes the listings,
// sync_run.h takes the steps, front ends show them.
//
// Nothing is removed that is not proven to be too much: not while anything of the source is unknown, and
// never what is excluded, a partial of a transfer, a link, or a folder in which any of these is. What is
// newer in the target than in the source is not replaced unless that is asked for.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/engine/sync_filter.h"
#include "shared/base/bytes.h"
#include "shared/base/clock.h"

namespace ferry::client {

// A moment as a listing tells it: somewhere in [at, at + precision]. 0: exact; LIST tells minutes or days.
struct SyncTime {
  WallTime at{};
  std::chrono::nanoseconds precision{0};
  bool operator==(const SyncTime&) const = default;
};
enum class TimeOrder { same, earlier, later };  // same: the two may be one moment
TimeOrder compare_times(const SyncTime& a, const SyncTime& b);

enum class SyncType { file, folder, link, other };

struct SyncEntry {
  std::string path;  // below the root, raw bytes, no '/' at either end
  SyncType type = SyncType::file;
  std::optional<Bytes> size = {};
  std::optional<SyncTime> modified = {};
  std::string digest = {};     // lower-case hex; both sides' are of one kind. "" not known
  bool is_unfinished = false;  // what an upload that broke off has left under this name
};

// One tree, without its root, in any order.
struct SyncSide {
  bool exists = true;
  std::vector<SyncEntry> entries;
  std::vector<std::string>
      gaps;  // folders ("" the root) of which not all is known: refused, or not understood
};

// How things stood after an upload to a server that does not take times: what has changed since shows on each
// side by itself, and neither clock matters.
struct SyncRecord {
  Bytes source_size = 0, target_size = 0;
  SyncTime source_time, target_time;
};
using SyncRecords = std::map<std::string, SyncRecord>;  // by path

enum class SyncCompare { time_size, size, hash };

struct SyncOptions {
  SyncCompare compare = SyncCompare::time_size;
  bool remove_extra = false;         // what the source does not have
  bool source_may_be_empty = false;  // for remove_extra: an empty source means an empty target
  bool replace_newer = false;        // also what is newer in the target
  bool target_keeps_times = true;    // false: a copy there has the time at which it arrived
  SyncFilter filter;
};

enum class SyncAct { make_folder, copy, remove_file, remove_folder, keep };
enum class SyncWhy {
  // make_folder, copy
  missing,
  newer,
  size,
  digest,
  unfinished,  // what is there is the beginning of an earlier copy
  // remove_*
  extra,
  // keep: a difference that stays
  target_newer,
  other_kind,      // a file against a folder or a link
  not_comparable,  // no digest
  target_unknown,  // the target's folder could not be read: the name may be taken
  // keep: nothing that a sync is about
  link,
  special,
  partial,     // of a transfer
  holds_kept,  // a folder too much, in which something stays
};
std::string_view why_words(SyncWhy why);  // "missing", "target newer", …

struct SyncStep {
  SyncAct act = SyncAct::keep;
  SyncWhy why = SyncWhy::missing;
  std::string path;                // "": the root itself, which is to be made
  std::optional<Bytes> size = {};  // of what is copied or removed
  std::optional<SyncTime> modified = {};
  bool replaces = false;  // copy: there is a file of that name

  bool is_left_difference() const {
    return act == SyncAct::keep && why >= SyncWhy::target_newer && why <= SyncWhy::target_unknown;
  }
};

// Why nothing is removed although it was asked for.
enum class RemovalRefusal { none, source_missing, source_unknown, source_empty };

struct SyncPlan {
  // Folders before what is in them; copies; then files to be removed; then folders, the deepest first; then
  // what is kept.
  std::vector<SyncStep> steps;
  std::int64_t folders = 0, copies = 0, removals = 0, left = 0;  // left: differences that stay
  Bytes copy_bytes = 0, removal_bytes = 0;                       // as far as sizes are known
  std::int64_t same = 0;
  std::int64_t same_by_size = 0;                  // of these: the time of one side says nothing
  std::int64_t excluded = 0, extra = 0;           // extra: in the target only, and not removed
  RemovalRefusal refusal = RemovalRefusal::none;  // only if there is something that it spares

  bool has_work() const { return folders + copies + removals > 0; }
  bool has_differences() const { return has_work() || left > 0 || refusal != RemovalRefusal::none; }
};

SyncPlan make_sync_plan(const SyncSide& source, const SyncSide& target, const SyncOptions& options,
                        const SyncRecords& records = {});

// The paths whose digest, or whose exact time, would tell more than what is known: files that both sides
// have, of one size. Filled in, they are for another make_sync_plan().
std::vector<std::string> paths_that_want_digests(const SyncSide& source, const SyncSide& target,
                                                 const SyncOptions& options);
std::vector<std::string> paths_that_want_times(const SyncSide& source, const SyncSide& target,
                                               const SyncOptions& options, const SyncRecords& records = {});

// Names that unfinished transfers have in between, ours or others': never removed. `is_ours`: not copied
// either.
bool is_transfer_leftover(std::string_view path);
bool is_ours(std::string_view path);

}  // namespace ferry::client
