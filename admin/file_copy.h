// Files that are put where they belong whole or not at all. Inside admin only.
#pragma once

#include <string>

#include "shared/base/result.h"
#include "shared/base/unique_fd.h"

namespace ferry::admin {

// A new file of mode 0600; what was there under this name before is removed, never written to.
Result<UniqueFd> make_private(const std::string& file);
// From where `from` stands to its end, and to the disk.
Status copy_to_disk(int from, int to, const std::string& name);
Status sync_folder_of(const std::string& file);

}  // namespace ferry::admin
