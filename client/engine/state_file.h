// Small text files that ferry keeps for itself and that several ferry processes share: read whole, replaced
// whole under a lock, never half written.
#pragma once

#include <functional>
#include <string>

#include "shared/base/result.h"

namespace ferry::client {

// "" when there is no such file yet.
Result<std::string> read_state_file(const std::string& path);

enum class Durability { may_be_lost, on_disk };  // what a power failure may do to an update

// Replaces the text by what `change` makes of it, mode 0600; creates folder and file. The lock is held
// meanwhile. An error of `change` leaves the file as it was.
using ChangeText = std::function<Result<std::string>(std::string text)>;
Status update_state_file(const std::string& path, Durability durability, const ChangeText& change);

// $`variable`/ferry/NAME when that is absolute, else ~/`fallback`/ferry/NAME.
std::string state_file_path(const char* variable, const std::string& fallback, const std::string& name);

}  // namespace ferry::client
