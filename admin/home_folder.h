// Homes on the disk, as the operator's tool meets them: made, counted, deleted. Everything below a home is
// reached through descriptors, never through a link, and never recursing: a client decides how deep its
// folders go.
#pragma once

#include <string>

#include "shared/base/bytes.h"
#include "shared/base/result.h"
#include "shared/config/options.h"

namespace ferry::admin {

// Makes `folder` (absolute) and its missing parents, for `user`; as root only where `user` may not. False: it
// was there. Errc::permission when `user` cannot work in it, not_directory when it is something else.
Result<bool> make_home(const std::string& folder, const RunAs& user);

struct HomeContent {
  Bytes bytes = 0;  // of the regular files, the partials' folder apart
  std::int64_t files = 0;
};
// Reads every folder; the caller has become the user that owns them.
Result<HomeContent> count_home(const std::string& folder);

// Deletes what is in `folder` and then, as root if need be, the folder. Stops at the first thing that cannot
// be deleted, and at anything that is mounted inside (Errc::busy). A folder that is missing is fine.
Status delete_home(const std::string& folder, const RunAs& user);
// Deletes the partials' folder in it alone.
Status delete_partials(const std::string& folder, const RunAs& user);

// Real paths: is `inner` the folder `outer`, or below it? Links are followed as far as the paths exist.
bool is_within(const std::string& inner, const std::string& outer);

}  // namespace ferry::admin
