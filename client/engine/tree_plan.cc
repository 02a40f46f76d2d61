// What a tree on a server consists of.
#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "client/engine/listing.h"
#include "client/engine/tree.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

// A server can make up folders without end; nobody has trees like this.
constexpr std::size_t kMaxItems = 4'000'000;
constexpr std::ptrdiff_t kMaxDepth = 500;

std::string below(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

void add_folder(TreePlan& plan, const std::string& path) {
  ftp::Entry entry;
  entry.type = ftp::EntryType::directory;
  entry.name = path;
  plan.items.push_back({std::move(entry)});
}

void add_file(TreePlan& plan, ftp::Entry entry, std::string path) {
  entry.name = std::move(path);
  ++plan.files;
  plan.bytes = plausible_sum(plan.bytes, entry.size);
  plan.items.push_back({std::move(entry)});
}

bool take_remote(TreePlan& plan, ftp::Entry entry, const std::string& folder) {
  if (!ftp::is_safe_component(entry.name)) {
    plan.notes.push_back(below(folder, entry.name) + ": unsafe name, skipped");
    return false;
  }
  const std::string path = below(folder, entry.name);
  if (entry.is_link || entry.type == ftp::EntryType::other) {
    plan.notes.push_back(path + (entry.is_link ? ": symbolic link, skipped" : ": no regular file, skipped"));
    return false;
  }
  if (entry.is_directory()) return true;
  add_file(plan, std::move(entry), path);
  return false;
}

Status check_size(const TreePlan& plan, std::size_t waiting_folders, const std::string& folder) {
  const std::size_t held = plan.items.size() + plan.notes.size() + plan.failures.size() + waiting_folders;
  if (held > kMaxItems || std::count(folder.begin(), folder.end(), '/') > kMaxDepth) {
    return fail(Errc::too_long, folder + ": the tree does not end");
  }
  return {};
}

// Walks with as many threads as may list at once. `list` must bear that.
class RemoteWalk {
 public:
  struct Listed {
    Listing listing;
    std::string charset;  // of the site
  };
  using ListFolder = std::function<Result<Listed>(const std::string& folder)>;
  static Result<Listed> list(Connection& connection, const std::string& folder);

  RemoteWalk(std::string root, ListFolder list) : root_(std::move(root)), list_(std::move(list)) {}

  Result<TreePlan> run(int threads);

 private:
  void work();
  Status take(const std::string& folder, Listed listed);
  void take_failure(const std::string& folder, Error error);

  const std::string root_;
  const ListFolder list_;
  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::vector<std::string> waiting_{""};
  int in_work_ = 0;
  TreePlan plan_;
  std::optional<Error> end_;
};

Result<TreePlan> RemoteWalk::run(int threads) {
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back([this] { work(); });
  work();
  for (auto& other : others) other.join();
  if (end_) return tl::unexpected(std::move(*end_));
  return std::move(plan_);
}

void RemoteWalk::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return end_ || !waiting_.empty() || in_work_ == 0; });
    if (end_ || waiting_.empty()) return;
    const std::string folder = std::move(waiting_.back());
    waiting_.pop_back();
    ++in_work_;
    lock.unlock();
    auto listed = list_(folder.empty() ? root_ : ftp::join_path(root_, folder));
    lock.lock();
    --in_work_;
    if (!listed) {
      take_failure(folder, std::move(listed.error()));
    } else if (auto fits = take(folder, std::move(*listed)); !fits) {
      end_ = std::move(fits.error());
    }
    changed_.notify_all();
  }
}

void RemoteWalk::take_failure(const std::string& folder, Error error) {
  if (folder.empty() || is_network_failure(error) || remedy_for(error) == Remedy::stop) {
    if (!end_) end_ = std::move(error);
  } else {
    plan_.failures.push_back(std::move(error));
  }
}

Result<RemoteWalk::Listed> RemoteWalk::list(Connection& connection, const std::string& folder) {
  auto listing = list_directory(connection, folder);
  if (!listing) return tl::unexpected(std::move(listing.error()));
  return Listed{std::move(*listing), connection.site().charset};
}

Status RemoteWalk::take(const std::string& folder, Listed listed) {
  Listing& listing = listed.listing;
  if (auto fits = check_size(plan_, waiting_.size(), folder); !fits) return fits;
  add_folder(plan_, folder);
  if (listing.unreadable_lines > 0) {
    plan_.notes.push_back(below(folder, "") + ": " + std::to_string(listing.unreadable_lines) +
                          " lines of the listing were not understood");
  }
  for (const auto& name : listing.foreign_names) {
    plan_.failures.push_back({Errc::name_refused, below(folder, name) + ": this name is not written in " +
                                                      listed.charset + ", not copied"});
  }
  for (auto& entry : listing.entries) {
    if (auto fits = check_size(plan_, waiting_.size(), folder); !fits) return fits;
    std::string path = below(folder, entry.name);
    if (take_remote(plan_, std::move(entry), folder)) waiting_.push_back(std::move(path));
  }
  return {};
}

}  // namespace

Result<TreePlan> plan_remote_tree(CopyRun& run, const std::string& root) {
  const auto list = [&](const std::string& folder) {
    return run.ask([&](Connection& connection) { return RemoteWalk::list(connection, folder); });
  };
  return RemoteWalk(root, list).run(run.options.parallel);
}

Result<TreePlan> plan_remote_tree(Connection& connection, const std::string& root) {
  const auto list = [&](const std::string& folder) { return RemoteWalk::list(connection, folder); };
  return RemoteWalk(root, list).run(1);
}

}  // namespace ferry::client
