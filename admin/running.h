// Does a ferryd run on a store? Its master holds a lock beside the store while it lives.
#pragma once

#include <string>

#include "shared/base/result.h"
#include "shared/base/unique_fd.h"

namespace ferry::admin {

// Takes the lock: no ferryd can start on the store while it is held. Errc::busy, saying which process has it,
// when one runs. The caller has become the user it belongs to.
Result<UniqueFd> keep_ferryd_out(const std::string& store);
Result<bool> does_ferryd_run(const std::string& store);

}  // namespace ferry::admin
