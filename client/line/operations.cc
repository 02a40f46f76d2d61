#include "client/line/operations.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "client/engine/listing.h"
#include "client/engine/tree.h"
#include "shared/base/terminal_text.h"
#include "shared/ftp/path.h"

namespace ferry::client {

bool is_local_folder(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

void get_source(Connection& connection, const std::string& remote, const GetWish& wish, JobObserver& observer,
                Tally& tally) {
  const std::string leaf(ftp::leaf_name(remote));
  if (!leaf.empty() && !ftp::is_safe_component(leaf)) {
    take_failure(connection, 0, Error{Errc::name_refused, remote + ": is no name for a local file"}, observer,
                 tally);
    return;
  }
  if (wish.recursive) {
    auto folder = is_directory(connection, remote);
    if (!folder) {
      take_failure(connection, 0, folder.error(), observer, tally);
      return;
    }
    if (*folder) {
      const std::string base = wish.into.empty() ? "." : wish.into;
      std::error_code ignored;  // what cannot be made shows with the first folder
      std::filesystem::create_directories(base, ignored);
      get_tree(connection, remote, (std::filesystem::path(base) / leaf).native(), wish.job, observer, tally);
      return;
    }
  }
  observer.plan(1, 0);
  get_one(connection, remote, local_target(wish.into, leaf), leaf, wish.job, observer, tally);
}

void put_source(Connection& connection, const std::string& local, const PutWish& wish, JobObserver& observer,
                Tally& tally) {
  const std::string leaf = leaf_of_local(local);
  if (wish.recursive && is_local_folder(local)) {
    put_tree(connection, local, leaf.empty() ? wish.remote : ftp::join_path(wish.remote, leaf), wish.job,
             observer, tally);
    return;
  }
  auto target = remote_target(connection, wish.remote, wish.into_folder, leaf);
  if (!target) {
    take_failure(connection, 0, target.error(), observer, tally);
    return;
  }
  observer.plan(1, 0);
  put_one(connection, local, *target, leaf, wish.job, observer, tally);
}

std::string leaf_of_local(const std::string& path) {
  std::string leaf = std::filesystem::path(path).filename().native();
  if (leaf.empty()) leaf = std::filesystem::path(path).parent_path().filename().native();
  return leaf == "." || leaf == ".." ? "" : leaf;
}

std::string local_target(const std::string& target, const std::string& leaf) {
  if (target.empty()) return leaf;
  if (target.back() == '/' || is_local_folder(target)) return (std::filesystem::path(target) / leaf).native();
  return target;
}

Result<std::string> remote_target(Connection& connection, const std::string& target, bool must_be_folder,
                                  const std::string& leaf) {
  if (must_be_folder) return ftp::join_path(target, leaf);
  auto folder = is_directory(connection, target);
  if (!folder) return tl::unexpected(folder.error());
  return *folder ? ftp::join_path(target, leaf) : target;
}

void print_digest(const std::string& hex, const std::string& name) {
  fmt::print("{}  {}\n", hex, ::isatty(STDOUT_FILENO) == 1 ? terminal_safe(name) : name);
}

}  // namespace ferry::client
