#include "client/engine/sync_scan.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "client/engine/retry.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

namespace fs = std::filesystem;
using std::chrono::nanoseconds;

// A server can make up folders without end; nobody has trees like this.
constexpr std::size_t kMaxEntries = 4'000'000;
constexpr std::ptrdiff_t kMaxDepth = 500;

std::string below(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

void add_gap(SyncScan& scan, const std::string& folder, Error problem) {
  scan.problems.push_back(std::move(problem));
  if (scan.side.gaps.empty() || scan.side.gaps.back() != folder) scan.side.gaps.push_back(folder);
}

bool is_walked(const SyncEntry& entry, const SyncFilter& filter) {
  return entry.type == SyncType::folder && !is_ours(entry.path) && !filter.excludes(entry.path, true);
}

}  // namespace

SyncEntry local_entry_of(const struct stat& info, std::string path) {
  SyncEntry entry;
  entry.path = std::move(path);
  entry.type = S_ISREG(info.st_mode)   ? SyncType::file
               : S_ISDIR(info.st_mode) ? SyncType::folder
               : S_ISLNK(info.st_mode) ? SyncType::link
                                       : SyncType::other;
  if (entry.type != SyncType::file) return entry;
  entry.size = info.st_size;
  const auto since = std::chrono::seconds(info.st_mtim.tv_sec) + nanoseconds(info.st_mtim.tv_nsec);
  entry.modified = SyncTime{WallTime(since), nanoseconds(0)};
  return entry;
}

SyncEntry sync_entry_of(const ftp::Entry& entry, std::string path) {
  SyncEntry out;
  out.path = std::move(path);
  out.type = entry.is_link                        ? SyncType::link
             : entry.is_directory()               ? SyncType::folder
             : entry.type == ftp::EntryType::file ? SyncType::file
                                                  : SyncType::other;
  if (out.type != SyncType::file) return out;
  out.size = entry.size;
  if (entry.modified) out.modified = SyncTime{*entry.modified, entry.modified_precision - nanoseconds(1)};
  // As ferryd lists what an upload has left: it can be gone on with and dropped, not read.
  const bool is_only_appended =
      entry.perm && entry.perm->find('a') != entry.perm->npos && entry.perm->find('r') == entry.perm->npos;
  constexpr unsigned kWriteOnly = 0200;
  out.is_unfinished = is_only_appended && entry.unix_mode == kWriteOnly;
  return out;
}

namespace {

// Reads `folder` below `root` into `scan`. An error is of the folder as a whole.
Status read_local(const std::string& root, const std::string& folder, SyncScan& scan) {
  std::error_code failure;
  const fs::path place = folder.empty() ? fs::path(root) : fs::path(root) / folder;
  fs::directory_iterator at(place, failure);
  for (const fs::directory_iterator end; !failure && at != end; at.increment(failure)) {
    struct stat info {};
    if (::lstat(at->path().c_str(), &info) != 0) {
      add_gap(scan, folder, errno_error(errno, at->path().native()));
    } else {
      scan.side.entries.push_back(local_entry_of(info, below(folder, at->path().filename().native())));
    }
  }
  return failure ? fail_errno(failure.value(), place.native()) : Status();
}

}  // namespace

Result<SyncScan> scan_local_folder(const std::string& path) {
  SyncScan scan;
  if (auto read = read_local(path, "", scan); !read) return tl::unexpected(read.error());
  return scan;
}

Result<SyncScan> scan_local_tree(const std::string& root, const SyncFilter& filter) {
  SyncScan scan;
  std::vector<std::string> folders{""};
  while (!folders.empty()) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    const std::size_t before = scan.side.entries.size();
    auto read = read_local(root, folder, scan);
    if (!read && folder.empty()) return tl::unexpected(read.error());
    if (!read) add_gap(scan, folder, std::move(read.error()));
    for (std::size_t at = before; at < scan.side.entries.size(); ++at)
      if (is_walked(scan.side.entries[at], filter)) folders.push_back(scan.side.entries[at].path);
  }
  return scan;
}

namespace {

class RemoteScan {
 public:
  RemoteScan(std::string root, const SyncFilter& filter, const ListRemote& list)
      : root_(std::move(root)), filter_(filter), list_(list) {}

  Result<SyncScan> run(int threads);

 private:
  void work();
  Status take(const std::string& folder, const Listing& listing);
  Status take_failure(const std::string& folder, Error error);

  const std::string root_;
  const SyncFilter& filter_;
  const ListRemote& list_;
  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::vector<std::string> waiting_{""};
  int in_work_ = 0;
  SyncScan scan_;
  std::optional<Error> end_;
};

Result<SyncScan> RemoteScan::run(int threads) {
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back([this] { work(); });
  work();
  for (auto& other : others) other.join();
  if (end_) return tl::unexpected(std::move(*end_));
  return std::move(scan_);
}

void RemoteScan::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return end_ || !waiting_.empty() || in_work_ == 0; });
    if (end_ || waiting_.empty()) return;
    const std::string folder = std::move(waiting_.back());
    waiting_.pop_back();
    ++in_work_;
    lock.unlock();
    auto listing = list_(folder.empty() ? root_ : ftp::join_path(root_, folder));
    lock.lock();
    --in_work_;
    auto taken = listing ? take(folder, *listing) : take_failure(folder, std::move(listing.error()));
    if (!taken && !end_) end_ = std::move(taken.error());
    changed_.notify_all();
  }
}

Status RemoteScan::take_failure(const std::string& folder, Error error) {
  if (folder.empty() || is_network_failure(error) || remedy_for(error) == Remedy::stop)
    return tl::unexpected(std::move(error));
  add_gap(scan_, folder, std::move(error));
  return {};
}

Status RemoteScan::take(const std::string& folder, const Listing& listing) {
  const std::string shown = root_ + (folder.empty() ? "" : "/" + folder);
  if (listing.unreadable_lines > 0)
    add_gap(scan_, folder,
            Error{Errc::bad_syntax,
                  shown + ": " +
                      (listing.unreadable_lines == 1
                           ? "1 line of the listing was"
                           : std::to_string(listing.unreadable_lines) + " lines of the listing were") +
                      " not understood"});
  for (const auto& name : listing.foreign_names)
    add_gap(
        scan_, folder,
        Error{Errc::name_refused, below(shown, name) + ": this name is not written in the server's charset"});
  for (const auto& entry : listing.entries) {
    if (!ftp::is_safe_component(entry.name)) {
      add_gap(scan_, folder, Error{Errc::name_refused, below(shown, entry.name) + ": unsafe name, left out"});
      continue;
    }
    scan_.side.entries.push_back(sync_entry_of(entry, below(folder, entry.name)));
    if (is_walked(scan_.side.entries.back(), filter_)) waiting_.push_back(scan_.side.entries.back().path);
  }
  const std::size_t held = scan_.side.entries.size() + scan_.problems.size() + waiting_.size();
  if (held > kMaxEntries || std::count(folder.begin(), folder.end(), '/') > kMaxDepth)
    return fail(Errc::too_long, shown + ": the tree does not end");
  return {};
}

}  // namespace

Result<SyncScan> scan_remote_tree(const std::string& root, const SyncFilter& filter, int threads,
                                  const ListRemote& list) {
  return RemoteScan(root, filter, list).run(threads);
}

}  // namespace ferry::client
