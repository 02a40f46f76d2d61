// What is mounted below a home. A purge must not empty another file system, nor a folder of the machine that
// was bound into the home.
#pragma once

#include <string>
#include <string_view>

#include "shared/base/result.h"

namespace ferry::admin {

// Errc::busy, naming the place, if something is mounted on `folder` or anywhere in it; folders that nobody
// may enter count as well. A folder that is missing holds nothing. The caller has become the user that owns
// it.
Status check_nothing_mounted(const std::string& folder);

// The mount point a line of /proc/self/mountinfo names (proc(5)), with its octal escapes undone; "" if the
// line is none.
std::string mount_point_in(std::string_view line);

}  // namespace ferry::admin
