// A local folder as the only way to what is below it: paths come from servers, and nobody can have put a link
// in their way since they were looked at. Blocks on the disk. Any thread.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

#include "shared/base/result.h"
#include "shared/base/unique_fd.h"

namespace ferry::client {

class LocalRoot {
 public:
  // The root itself may be reached through links. Errc::not_found, not_directory.
  static Result<LocalRoot> open(const std::string& path);

  // `path` is relative. Errc::outside where a link is in the way.
  Status make_folder(const std::string& path) const;  // fine if it is there
  Status remove_file(const std::string& path) const;
  Status remove_folder(const std::string& path) const;      // Errc::not_empty
  Result<struct stat> look(const std::string& path) const;  // never through a link

 private:
  explicit LocalRoot(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  struct Place {
    UniqueFd folder;
    std::string name;
  };
  Result<Place> place_of(const std::string& path) const;
  std::string shown(const std::string& path) const { return path_ + "/" + path; }

  UniqueFd fd_;
  std::string path_;
};

}  // namespace ferry::client
