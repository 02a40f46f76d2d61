// An account's home as ftpadm check looks at it: single files by their path in the store, and the partials.
// What a path leads to is resolved by the kernel below the home, and a link on the way leads nowhere: paths
// in the store have none. The caller has become the user that owns the files.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/bytes.h"
#include "shared/base/result.h"
#include "shared/base/unique_fd.h"

namespace ferry::admin {

// A path as ferryd writes it into the store: absolute, tidy, no byte that a path may not have.
bool is_canonical(std::string_view path);
// A name that cannot lead out of the folder of the partials.
bool is_token(std::string_view token);

std::int64_t mtime_ns(const struct stat& found);

class HomeFiles {
 public:
  // Errc::not_found, not_directory, permission.
  static Result<HomeFiles> open(const std::string& folder);

  bool has_partials_folder() const { return static_cast<bool>(partials_); }

  using Found = Result<std::optional<struct stat>>;  // nullopt: nothing is there
  // Of the name itself. Keeps the last folder open, for whoever asks in the order of paths; look_again() does
  // not trust it.
  Found look(std::string_view path);
  Found look_again(std::string_view path);

  Found partial(const std::string& token) const;
  // What a death left of a partial: permissions to go on with it, no blocks beyond `size`.
  Status tidy_partial(const std::string& token, Bytes size) const;
  Status cut_partial(const std::string& token, Bytes size) const;  // to 0: removes it
  Status remove_partial(const std::string& token) const;           // a missing one is fine
  Status for_each_partial(const std::function<void(std::string_view name)>& visit) const;

 private:
  HomeFiles(std::string folder, UniqueFd home, UniqueFd partials)
      : folder_(std::move(folder)), home_(std::move(home)), partials_(std::move(partials)) {}

  std::string folder_;
  UniqueFd home_, partials_;
  std::string parent_path_;  // of parent_
  UniqueFd parent_;
};

}  // namespace ferry::admin
