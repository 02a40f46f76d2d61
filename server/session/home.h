// An account's home: the only way from a client's path to a file. Holds a descriptor of the folder and lets
// the kernel resolve (openat2 with RESOLVE_IN_ROOT): "..", absolute paths and links can name nothing outside,
// and no string is compared to decide. Creation, rename and removal go through a descriptor of the parent.
// Runs in workers and in the settler; every call may block on the disk.
//
// A home has one reserved folder, store::kPartialsFolder, for the partials of uploads. It is on the same file
// system, so that a finished upload can be renamed into place, and it does not exist for clients: by its
// inode, not by its name.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/bytes.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"
#include "shared/base/unique_fd.h"
#include "shared/ftp/facts.h"
#include "shared/store/account.h"

namespace ferry {

// What stat(2) told of one name.
struct FileInfo {
  std::uint64_t inode = 0, device = 0;
  mode_t mode = 0;
  Bytes size = 0;
  unsigned links = 1, uid = 0, gid = 0;
  WallTime modified{};

  static FileInfo of(const struct stat& status);
  bool is_file() const { return S_ISREG(mode); }
  bool is_directory() const { return S_ISDIR(mode); }
  bool is_link() const { return S_ISLNK(mode); }
  std::int64_t mtime_ns() const { return modified.time_since_epoch().count(); }
};

// A name in its folder. The folder is held open, so whatever happens to the path meanwhile, the name is
// looked up where it was.
struct Place {
  UniqueFd parent;               // O_PATH
  std::string leaf;              // "" for the home itself
  std::string path;              // canonical FTP path: no links, no "..": the key in the store
  std::optional<FileInfo> info;  // nullopt: nothing is there
};

struct NewPartial {
  std::string token;
  UniqueFd file;  // read and write
  std::uint64_t inode = 0;
};

// What an ordinary process may still write on the disk of an open file or folder.
Result<Bytes> free_bytes(int fd);

class Home {
 public:
  // `folder` is an absolute path of the machine. Makes the reserved folder if `writable`. Errc::not_found,
  // Errc::permission.
  static Result<Home> open(const std::string& folder, bool writable);

  enum class LastLink { follow, keep };
  // Looks `path` (absolute FTP path as the client meant it) up. The parent must exist; the name itself need
  // not. With follow, a link in the last place is replaced by what it points to inside the home
  // (Errc::not_found when that is nothing).
  Result<Place> locate(std::string_view path, LastLink last = LastLink::follow) const;

  // Whether under `seen`'s path there is still what locate() saw. A row of the store makes a path ours; what
  // was seen before the row was there may have been changed by another session meanwhile.
  bool is_as_seen(const Place& seen) const;

  struct Folder {
    UniqueFd fd;
    std::string path;  // canonical
    FileInfo info;
  };
  // To be listed: it must be readable, and its names must be searchable. Errc::not_directory,
  // Errc::not_found, Errc::permission.
  Result<Folder> open_folder(std::string_view path) const;
  // To work in: the names in it must be searchable; `fd` is O_PATH.
  Result<Folder> enter_folder(std::string_view path) const;
  // Every name in `folder` but ".", ".." and the reserved one, in the disk's order, with stat of the name
  // itself (or of what a link points to inside the home; a dangling or outside link is passed as it is).
  // Stops when `visit` says false. Memory does not grow with the folder.
  Status for_each(
      const Folder& folder,
      const std::function<bool(std::string_view name, const FileInfo&, bool is_link)>& visit) const;

  Result<UniqueFd> open_for_reading(
      const Place& place) const;  // plain files only: Errc::is_directory, Errc::permission
  Status make_folder(const Place& place) const;
  Status remove_folder(const Place& place) const;
  Status remove_file(const Place& place) const;  // files and links
  Status rename(const Place& from, const Place& to) const;
  Status set_modified(const Place& place, WallTime when) const;
  Status set_mode(const Place& place, mode_t permissions) const;

  // The token tells who made it, so that one whose maker died before any row named it can be found.
  bool has_reserved_folder() const { return static_cast<bool>(reserved_); }
  Result<NewPartial> make_partial(std::int64_t maker = 0) const;
  static bool is_partial_of(std::int64_t maker, std::string_view token);
  Result<UniqueFd> open_partial(const std::string& token) const;
  Result<FileInfo> partial_info(const std::string& token) const;
  // What a death left of a partial: the permissions it was made with, no blocks beyond `size`.
  Status tidy_partial(const std::string& token, Bytes size) const;
  Status cut_partial(const std::string& token, Bytes size) const;      // to 0: removes it
  Status remove_partial(const std::string& token) const;               // a missing one is fine
  Status publish(const std::string& token, const Place& place) const;  // rename over the place's name
  Status sync_folder(const Place& place) const;
  Status for_each_partial(const std::function<void(std::string_view token)>& visit) const;

 private:
  Home(UniqueFd root, UniqueFd reserved, std::uint64_t reserved_inode, std::uint64_t device);
  Result<UniqueFd> resolve(std::string_view path, int flags, const char* inside = "") const;
  Result<Folder> folder_at(std::string_view path, int flags) const;
  Result<std::string> canonical_path(int fd) const;
  bool is_reserved(const FileInfo& info) const {
    return info.inode == reserved_inode_ && info.device == device_;
  }

  UniqueFd root_;
  UniqueFd reserved_;  // empty for a read-only home that has none
  std::uint64_t reserved_inode_ = 0;
  std::uint64_t device_ = 0;
};

}  // namespace ferry
