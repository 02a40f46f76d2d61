// One folder tree made what another one is: reads both sides, plans (sync_plan.h), and carries the plan out
// through the sessions of a CopyRun. Front ends show the plan and decide; no terminal here. Blocks.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "client/engine/batch.h"
#include "client/engine/sync_memory.h"
#include "client/engine/sync_plan.h"
#include "client/engine/sync_scan.h"

namespace ferry::client {

struct SyncPaths {
  Direction direction = Direction::up;
  std::string local;
  std::string remote;  // absolute
};

// What the server can and does, as far as a sync minds.
struct SyncServer {
  std::string key, user;      // Site::key()
  bool lists_exactly = true;  // MLSD: UTC, to the second
  bool has_mdtm = false;
  bool keeps_times = false;  // a copy can be given its time
  std::optional<DigestKind> digest;
  std::chrono::seconds zone{0};  // what LIST's times are ahead of UTC
  bool knows_zone = true;
};

class Sync {
 public:
  // What happens that is no transfer; by several threads, one at a time. May be empty.
  using OnRemoved = std::function<void(const SyncStep&)>;

  // `run` must outlive it. Errors: a side that cannot be read, a source that is not there, a lost connection.
  static Result<std::unique_ptr<Sync>> prepare(CopyRun& run, const SyncPaths& paths,
                                               const SyncOptions& options);

  const SyncPlan& plan() const { return plan_; }
  const std::vector<Error>& source_problems() const { return source_.problems; }
  const std::vector<Error>& target_problems() const { return target_.problems; }
  // SyncCompare::hash, but the server computes no digests.
  bool lacks_digests() const { return options_.compare == SyncCompare::hash && !server_.digest; }

  // Folders and copies; then, if all of them went well, the removals, each proven once more against what is
  // there. What fails is reported through the run; false: removals were left because of it.
  bool carry_out(const OnRemoved& removed);
  std::int64_t removed_count() const { return removed_; }

 private:
  Sync(CopyRun& run, SyncPaths paths, SyncOptions options);

  Status look_at_server();
  Status scan();
  Result<SyncScan> scan_local(bool is_target);
  Result<SyncScan> scan_remote(bool is_target);
  ListRemote lister();
  std::vector<std::string> maybe_hidden();
  Status add_hidden(const std::string& path, ftp::Entry found);
  Status find_hidden();
  void recall();
  Status learn_zone();
  void place_in_zone(SyncEntry& entry) const;
  Status ask_for_times();
  Status ask_for_digests();
  Result<std::string> local_digest(const SyncEntry& entry) const;

  void make_folders();
  Status make_folder(const std::string& path) const;
  bool is_lost(const std::string& path) const;
  CopyItem item_of(const SyncStep& step) const;
  Result<std::optional<std::string>> before_copy(const CopyItem& item, JobOptions& job);
  Status check_local_target(const SyncStep& step) const;
  SyncRecords records_of_copies(SyncScan now);
  void copy_all();
  void remember();

  SyncScan& local() { return paths_.direction == Direction::up ? source_ : target_; }
  SyncScan& remote() { return paths_.direction == Direction::up ? target_ : source_; }
  std::string local_path(const std::string& path) const;
  std::string remote_path_of(const std::string& path) const;

  friend class SyncRemoval;

  CopyRun& run_;
  const SyncPaths paths_;
  SyncOptions options_;
  SyncServer server_;
  SyncScan source_, target_;
  std::unique_ptr<SyncMemory> memory_;  // of uploads
  SyncMemoryText remembered_;
  SyncPlan plan_;

  std::vector<std::string> lost_;  // folders that could not be made, each with a '/' behind it
  std::map<std::string, const SyncStep*> copies_;          // by path, while they run
  std::map<std::string_view, const SyncEntry*> replaced_;  // by path: what was there when it was planned
  std::mutex mutex_;                                       // of what follows
  std::set<std::string> copied_;
  std::int64_t removed_ = 0;
};

// Calls `work` for 0 … count - 1 with several threads; the first error ends it.
Status in_parallel(int threads, std::size_t count, const std::function<Status(std::size_t)>& work);

}  // namespace ferry::client
