#include "client/queue/folder_plan.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "client/engine/repeat.h"
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
  if (known == 0 && S_ISLNK(info.st_mode))
    return fail(Errc::outside, path + ": is a symbolic link here, which is not followed");
  return fail_errno(why, path);
}

template <typename Ask>
auto ask(const FolderPlan::Means& means, const Ask& question) {
  const auto told = [&](const Error& error, int attempt, std::chrono::milliseconds wait) {
    means.reports.retrying(0, error, attempt, wait);
  };
  return repeat(means.pool, means.retry, means.cancel, told, question);
}

}  // namespace

Result<FolderPlan> FolderPlan::make(const Means& means, const QueueItem& item) {
  auto plan =
      item.direction == Direction::up
          ? plan_local_tree(item.local)
          : ask(means, [&](Connection& connection) { return plan_remote_tree(connection, item.remote); });
  if (!plan) return tl::unexpected(std::move(plan.error()));
  return FolderPlan(means, item, std::move(*plan));
}

FolderPlan::FolderPlan(const Means& means, const QueueItem& item, TreePlan plan)
    : means_(means),
      direction_(item.direction),
      from_(direction_ == Direction::up ? item.local : item.remote),
      to_(direction_ == Direction::up ? item.remote : item.local),
      plan_(std::move(plan)) {
  for (const auto& note : plan_.notes) means_.reports.note(note);
  for (const auto& failure : plan_.failures) means_.reports.failed(0, failure);
  means_.reports.plan(plan_.files, plan_.bytes);
  if (direction_ == Direction::up) return;
  std::error_code ignored;  // what cannot be made shows with the first folder
  std::filesystem::create_directories(std::filesystem::path(to_).parent_path(), ignored);
}

std::optional<CopyItem> FolderPlan::next() {
  while (at_ < plan_.items.size() && !means_.cancel.requested() && !means_.reports.is_stopped()) {
    TreeItem& item = plan_.items[at_++];
    const std::string& path = item.entry.name;
    const bool is_lost =
        std::ranges::any_of(lost_, [&](const std::string& folder) { return path.starts_with(folder); });
    if (is_lost) {
      if (item.is_folder()) continue;
      means_.reports.failed_unsaid();
      means_.reports.note(path + ": skipped, its folder could not be made");
    } else if (!item.is_folder()) {
      return file(std::move(item.entry));
    } else if (auto made = make_folder(path); !made) {
      means_.reports.failed(0, made.error());
      if (remedy_for(made.error()) != Remedy::none) means_.reports.stop(made.error());
      if (path.empty()) return std::nullopt;
      lost_.push_back(path + "/");
    }
  }
  return std::nullopt;
}

Status FolderPlan::make_folder(const std::string& path) {
  if (direction_ == Direction::down)
    return make_local_folder(path.empty() ? to_ : (std::filesystem::path(to_) / path).native(), path.empty());
  return ask(means_, [&](Connection& connection) {
    return make_remote_folders(connection, ftp::join_path(to_, path));
  });
}

CopyItem FolderPlan::file(ftp::Entry entry) const {
  CopyItem item;
  item.direction = direction_;
  item.name = entry.name;
  const std::filesystem::path here(direction_ == Direction::up ? from_ : to_);
  item.local = (here / entry.name).native();
  item.remote = ftp::join_path(direction_ == Direction::up ? to_ : from_, entry.name);
  item.no_links = true;
  if (direction_ == Direction::down) item.known = std::move(entry);
  return item;
}

}  // namespace ferry::client
