// What a tree on this machine consists of.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "client/engine/tree.h"
#include "client/engine/tree_names.h"

namespace ferry::client {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxItems = 4'000'000;  // links inside the tree can multiply it without end

struct Folder {
  std::string path;                // below the root
  std::vector<std::string> reals;  // only with follow_links: where it and the folders around it really are
};

class LocalWalk {
 public:
  LocalWalk(const std::string& root, const LocalTreeOptions& options) : root_(root), options_(options) {}

  Result<TreePlan> run();

 private:
  Status walk(const Folder& folder);
  void take(const Folder& folder, const fs::directory_entry& entry);
  void take_link(const Folder& folder, const fs::directory_entry& entry, const std::string& path);
  void add_file(const struct stat& info, const std::string& path, std::string source);
  void add_folder(const Folder& parent, const std::string& path, const fs::path& real);
  bool is_inside(const std::string& real) const;

  const std::string& root_;
  const LocalTreeOptions options_;
  std::string real_root_;
  TreePlan plan_;
  std::vector<Folder> folders_;
};

Result<TreePlan> LocalWalk::run() {
  Folder root;
  if (options_.follow_links) {
    std::error_code failure;
    real_root_ = fs::canonical(root_, failure).native();
    if (failure) return fail_errno(failure.value(), root_);
    root.reals.push_back(real_root_);
  }
  folders_.push_back(std::move(root));
  while (!folders_.empty()) {
    const Folder folder = std::move(folders_.back());
    folders_.pop_back();
    if (auto walked = walk(folder); !walked) return tl::unexpected(walked.error());
    if (plan_.items.size() + folders_.size() > kMaxItems)
      return fail(Errc::too_long, root_ + ": the tree does not end");
  }
  return std::move(plan_);
}

Status LocalWalk::walk(const Folder& folder) {
  // Below a link the real place is walked, so that a link that is changed meanwhile leads nowhere else.
  const fs::path place = options_.follow_links ? fs::path(folder.reals.back())
                         : folder.path.empty() ? fs::path(root_)
                                               : fs::path(root_) / folder.path;
  std::error_code failure;
  fs::directory_iterator at(place, failure);
  if (failure && folder.path.empty()) return fail_errno(failure.value(), root_);
  TreeItem item;
  item.entry.type = ftp::EntryType::directory;
  item.entry.name = folder.path;
  plan_.items.push_back(std::move(item));
  for (const fs::directory_iterator end; !failure && at != end; at.increment(failure)) take(folder, *at);
  if (failure) plan_.failures.push_back(errno_error(failure.value(), place.native()));
  return {};
}

void LocalWalk::take(const Folder& folder, const fs::directory_entry& entry) {
  const std::string name = entry.path().filename().native();
  const std::string path = folder.path.empty() ? name : folder.path + "/" + name;
  struct stat info {};
  if (::lstat(entry.path().c_str(), &info) != 0) {
    plan_.failures.push_back(errno_error(errno, entry.path().native()));
  } else if (S_ISDIR(info.st_mode)) {
    add_folder(folder, path, entry.path());
  } else if (S_ISREG(info.st_mode)) {
    add_file(info, path, options_.follow_links ? entry.path().native() : "");
  } else if (S_ISLNK(info.st_mode) && options_.follow_links) {
    take_link(folder, entry, path);
  } else {
    plan_.notes.push_back(
        path + (S_ISLNK(info.st_mode) ? ": symbolic link, skipped" : ": no regular file, skipped"));
  }
}

void LocalWalk::take_link(const Folder& folder, const fs::directory_entry& entry, const std::string& path) {
  std::error_code failure;
  const fs::path real = fs::canonical(entry.path(), failure);
  struct stat info {};
  if (failure || ::lstat(real.c_str(), &info) != 0) {
    plan_.notes.push_back(path + ": symbolic link that leads nowhere, skipped");
  } else if (!is_inside(real.native())) {
    plan_.notes.push_back(path + ": symbolic link out of the folder, skipped");
  } else if (S_ISDIR(info.st_mode)) {
    add_folder(folder, path, real);
  } else if (S_ISREG(info.st_mode)) {
    add_file(info, path, real.native());
  } else {
    plan_.notes.push_back(path + ": no regular file, skipped");
  }
}

bool LocalWalk::is_inside(const std::string& real) const {
  return real == real_root_ || real.starts_with(real_root_ == "/" ? "/" : real_root_ + "/");
}

void LocalWalk::add_file(const struct stat& info, const std::string& path, std::string source) {
  TreeItem item;
  item.entry.name = path;
  item.entry.size = info.st_size;
  item.source = std::move(source);
  ++plan_.files;
  plan_.bytes = plausible_sum(plan_.bytes, item.entry.size);
  plan_.items.push_back(std::move(item));
}

void LocalWalk::add_folder(const Folder& parent, const std::string& path, const fs::path& real) {
  Folder folder{path, parent.reals};
  if (options_.follow_links) {
    // Also a folder of its own may be one that a link around it has led to already.
    if (std::ranges::count(folder.reals, real.native()) > 0) {
      plan_.notes.push_back(path + ": leads back to a folder that it is in, skipped");
      return;
    }
    folder.reals.push_back(real.native());
  }
  folders_.push_back(std::move(folder));
}

}  // namespace

Result<TreePlan> plan_local_tree(const std::string& root, const LocalTreeOptions& options) {
  auto plan = LocalWalk(root, options).run();
  if (!plan) return plan;
  if (options.nfc) compose_names(*plan);
  refuse_impossible_names(*plan);
  note_case_pairs(*plan);
  return plan;
}

}  // namespace ferry::client
