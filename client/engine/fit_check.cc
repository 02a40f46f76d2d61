#include "client/engine/fit_check.h"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "client/engine/listing.h"
#include "client/engine/part_file.h"
#include "client/engine/room.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

Load load_of(const ForEachPlanned& files) {
  Load load;
  files([&](const std::string&, std::optional<Bytes> size) {
    ++load.files;
    load.bytes = plausible_sum(load.bytes, size);
  });
  return load;
}

// What stands in the folders that files go to; a folder that is not there, or does not tell, has nothing.
class Listings {
 public:
  explicit Listings(CopyRun& run) : run_(run) {}

  std::optional<Bytes> size_of(const std::string& target) {
    const std::string folder(ftp::parent_path(target));
    auto known = folders_.find(folder);
    if (known == folders_.end()) known = folders_.emplace(folder, list(folder)).first;
    const auto found = known->second.find(std::string(ftp::leaf_name(target)));
    return found == known->second.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  using Sizes = std::unordered_map<std::string, Bytes>;

  bool is_missing(const std::string& folder) const {
    return std::ranges::any_of(missing_, [&](const std::string& lost) { return folder.starts_with(lost); });
  }

  Sizes list(const std::string& folder) {
    Sizes sizes;
    if (is_missing(folder)) return sizes;
    auto listing = run_.ask([&](Connection& connection) { return list_directory(connection, folder); });
    if (!listing) missing_.push_back(folder == "/" ? folder : folder + "/");
    if (!listing) return sizes;
    for (const ftp::Entry& entry : listing->entries) {
      if (!entry.is_directory() && !entry.is_link && entry.size) sizes.emplace(entry.name, *entry.size);
    }
    return sizes;
  }

  CopyRun& run_;
  std::map<std::string, Sizes> folders_;
  std::vector<std::string> missing_;
};

}  // namespace

Status check_fit_there(CopyRun& run, const std::string& folder, const ForEachPlanned& files) {
  Load load = load_of(files);
  if (load.files == 0) return {};
  auto room = run.ask([&](Connection& connection) { return room_on_server(connection, folder); });
  if (!room) return tl::unexpected(std::move(room.error()));
  if (check_fit(load, *room)) return {};
  Listings there(run);
  files([&](const std::string& target, std::optional<Bytes>) {
    const auto old = there.size_of(target);
    if (!old) return;
    ++load.in_place;
    load.given_back = plausible_sum(load.given_back, old);
  });
  return check_fit(load, *room);
}

Status check_fit_here(const std::string& folder, const ForEachPlanned& files, Bytes keep_free, int parallel) {
  Load load = load_of(files);
  Room room = room_here(folder);
  room.keep_free = keep_free;
  if (load.files == 0 || check_fit(load, room)) return {};
  std::vector<Bytes> replaced;
  files([&](const std::string& target, std::optional<Bytes>) {
    struct stat info {};
    if (::lstat(target.c_str(), &info) == 0 && S_ISREG(info.st_mode)) {
      ++load.in_place;
      replaced.push_back(info.st_size);
    }
    // What an earlier run has left is gone on with, or cut off.
    if (::lstat(part_path(target).c_str(), &info) == 0 && S_ISREG(info.st_mode))
      load.given_back = plausible_sum(load.given_back, info.st_size);
  });
  load.given_back = plausible_sum(load.given_back, room_given_back(std::move(replaced), parallel));
  return check_fit(load, room);
}

}  // namespace ferry::client
