// Names that a listing may not show: some servers leave out what begins with a dot. Taken for missing they
// would be overwritten there, or removed here.
#include <set>

#include "client/engine/sync.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == path.npos ? std::string_view() : path.substr(0, slash);
}

}  // namespace

// What only the local side has, in a folder that both have.
std::vector<std::string> Sync::maybe_hidden() {
  std::set<std::string_view> there, folders{""};
  for (const auto& entry : remote().side.entries) {
    there.insert(entry.path);
    if (entry.type == SyncType::folder) folders.insert(entry.path);
  }
  std::vector<std::string> paths;
  if (!remote().side.exists) return paths;
  for (const auto& entry : local().side.entries) {
    const bool is_dotted = ftp::leaf_name(entry.path).starts_with('.');
    if (!is_dotted || there.contains(entry.path) || !folders.contains(parent_of(entry.path))) continue;
    if (is_transfer_leftover(entry.path)) continue;
    if (!options_.filter.excludes(entry.path, entry.type == SyncType::folder)) paths.push_back(entry.path);
  }
  return paths;
}

Status Sync::add_hidden(const std::string& path, ftp::Entry found) {
  const bool is_folder = found.is_directory();
  SyncScan inside;
  if (is_folder) {
    found.type = ftp::EntryType::directory;
    auto scan = scan_remote_tree(remote_path_of(path), options_.filter, 1, lister());
    if (!scan) return tl::unexpected(scan.error());
    inside = std::move(*scan);
  }
  const std::lock_guard lock(mutex_);
  SyncScan& side = remote();
  side.side.entries.push_back(sync_entry_of(found, path));
  for (auto& entry : inside.side.entries) {
    entry.path = path + "/" + entry.path;
    side.side.entries.push_back(std::move(entry));
  }
  for (const auto& gap : inside.side.gaps) side.side.gaps.push_back(gap.empty() ? path : path + "/" + gap);
  for (auto& problem : inside.problems) side.problems.push_back(std::move(problem));
  return {};
}

Status Sync::find_hidden() {
  const auto paths = maybe_hidden();
  return in_parallel(run_.options.parallel, paths.size(), [&](std::size_t at) -> Status {
    auto found =
        run_.ask([&](Connection& connection) { return describe(connection, remote_path_of(paths[at])); });
    const bool is_told = found && (found->is_directory() || found->size || found->modified);
    if (found && !is_told) return {};  // a server that cannot be asked
    if (found) return add_hidden(paths[at], std::move(*found));
    return found.error().kind == Errc::not_found ? Status() : tl::unexpected(found.error());
  });
}

}  // namespace ferry::client
