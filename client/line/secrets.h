// Where passwords come from beside the login: a file, and the two questions for a new one. Blocks.
#pragma once

#include <functional>
#include <string>

#include "shared/base/secret.h"

namespace ferry::client {

// Its first line.
Result<Secret> secret_of_file(const std::string& path);

// Asks twice through `ask` (a prompt without echo). Errc::bad_syntax when the two differ.
Result<Secret> ask_new_password(const std::function<Result<Secret>(const std::string& prompt)>& ask);

}  // namespace ferry::client
