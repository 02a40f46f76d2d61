// The names in a folder, read at once so that it may be changed afterwards. Inside admin only.
#pragma once

#include <string>
#include <vector>

#include "shared/base/result.h"

namespace ferry::admin {

// Without "." and "..". Does not take `fd`.
Result<std::vector<std::string>> names_in(int fd);

}  // namespace ferry::admin
