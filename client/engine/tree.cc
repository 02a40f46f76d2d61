#include "client/engine/tree.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "client/engine/listing.h"
#include "client/engine/part_file.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

// Servers answer MKD of a folder that is there with 550, 521 or worse; what counts is whether it is there
// now.
Status make_folder(Connection& connection, const std::string& path) {
  auto made = connection.require("MKD", path);
  if (made) return {};
  if (!connection.usable()) return tl::unexpected(made.error());
  auto there = is_directory(connection, path);
  if (!there) return tl::unexpected(there.error());
  return *there ? Status() : tl::unexpected(made.error());
}

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

// Folders that could not be made; what belongs inside is not tried one by one.
class LostFolders {
 public:
  void add(const std::string& path) { lost_.push_back(path + "/"); }
  bool contain(const std::string& path) const {
    for (const auto& folder : lost_) {
      if (path.compare(0, folder.size(), folder) == 0) return true;
    }
    return false;
  }

 private:
  std::vector<std::string> lost_;
};

void report_plan(Connection& connection, const TreePlan& plan, JobObserver& observer, Tally& tally) {
  for (const auto& note : plan.notes) observer.note(note);
  for (const auto& failure : plan.failures) take_failure(connection, 0, failure, observer, tally);
  observer.plan(plan.files, plan.bytes);
}

// Runs `make` for folders and `copy` for files; both answer false when it makes no sense to go on.
template <typename MakeFolder, typename CopyFile>
void run_plan(Connection& connection, const TreePlan& plan, JobObserver& observer, Tally& tally,
              MakeFolder make, CopyFile copy) {
  LostFolders lost;
  for (const auto& item : plan.items) {
    const std::string& path = item.entry.name;
    if (lost.contain(path)) {
      if (item.is_folder()) continue;
      ++tally.failed;
      observer.note(path + ": skipped, its folder could not be made");
      continue;
    }
    if (!item.is_folder()) {
      if (!copy(item.entry)) return;
      continue;
    }
    if (auto made = make(path); !made) {
      lost.add(path);
      if (!take_failure(connection, 0, made.error(), observer, tally) || path.empty()) return;
    }
  }
}

}  // namespace

Status make_remote_folders(Connection& connection, const std::string& path) {
  std::vector<std::string> missing;
  for (std::string at = path; at != "/"; at = ftp::parent_path(at)) {
    auto there = is_directory(connection, at);
    if (!there) return tl::unexpected(there.error());
    if (*there) break;
    missing.push_back(at);
  }
  for (; !missing.empty(); missing.pop_back()) {
    if (auto made = make_folder(connection, missing.back()); !made) return made;
  }
  return {};
}

Status remove_tree(Connection& connection, const std::string& path) {
  Status outcome;
  const auto note = [&](const Error& error) {
    if (outcome) outcome = tl::unexpected(error);
    return connection.usable() && error.kind != Errc::cancelled;
  };
  // Servers may show a link to a folder as a folder. DELE takes the link and refuses the folder.
  const auto is_gone = [&](const std::string& name) { return connection.require("DELE", name).has_value(); };
  if (is_gone(path)) return {};
  std::vector<std::string> folders{path};
  for (std::size_t at = 0; at < folders.size(); ++at) {  // grows while it is walked
    const std::string folder = folders[at];
    auto listing = list_directory(connection, folder);
    if (!listing) {
      if (!note(listing.error())) return outcome;
      continue;
    }
    for (const auto& entry : listing->entries) {
      if (!ftp::is_safe_component(entry.name)) continue;  // the folder will refuse to go then
      const std::string name = ftp::join_path(folder, entry.name);
      auto removed = connection.require("DELE", name);
      if (removed) continue;
      if (entry.is_directory() && !entry.is_link && connection.usable()) {
        folders.push_back(name);
      } else if (!note(removed.error())) {
        return outcome;
      }
    }
  }
  for (; !folders.empty(); folders.pop_back()) {
    auto removed = connection.require("RMD", folders.back());
    if (!removed && !note(removed.error())) break;
  }
  return outcome;
}

void put_tree(Connection& connection, const std::string& local, const std::string& remote,
              const JobOptions& options, JobObserver& observer, Tally& tally) {
  auto plan = plan_local_tree(local);
  if (!plan) {
    take_failure(connection, 0, plan.error(), observer, tally);
    return;
  }
  report_plan(connection, *plan, observer, tally);
  const auto make = [&](const std::string& path) {
    return path.empty() ? make_remote_folders(connection, remote)
                        : make_folder(connection, ftp::join_path(remote, path));
  };
  const auto copy = [&](const ftp::Entry& file) {
    const std::string source = (std::filesystem::path(local) / file.name).native();
    return put_one(connection, source, ftp::join_path(remote, file.name), file.name, options, observer, tally,
                   true);
  };
  run_plan(connection, *plan, observer, tally, make, copy);
}

void get_tree(Connection& connection, const std::string& remote, const std::string& local,
              const JobOptions& options, JobObserver& observer, Tally& tally) {
  auto plan = plan_remote_tree(connection, remote);
  if (!plan) {
    take_failure(connection, 0, plan.error(), observer, tally);
    return;
  }
  report_plan(connection, *plan, observer, tally);
  const auto make = [&](const std::string& path) {
    return path.empty() ? make_local_folder(local, true)
                        : make_local_folder((std::filesystem::path(local) / path).native(), false);
  };
  JobOptions each = options;
  each.sync_small = false;
  const auto copy = [&](const ftp::Entry& file) {
    const std::string target = (std::filesystem::path(local) / file.name).native();
    return get_one(connection, ftp::join_path(remote, file.name), target, file.name, each, observer, tally,
                   &file);
  };
  run_plan(connection, *plan, observer, tally, make, copy);
  const bool is_cancelled = tally.stopped_by && tally.stopped_by->kind == Errc::cancelled;
  if (tally.done == 0 || is_cancelled) return;
  if (auto synced = sync_folder(local); !synced) take_failure(connection, 0, synced.error(), observer, tally);
}

}  // namespace ferry::client
