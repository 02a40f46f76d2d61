// Argon2id password hashes (libsodium). Blocks for tens of milliseconds and takes `memory` bytes per call;
// callers cap how many run at once (server/session/login.cc).
#pragma once

#include <string>

#include "shared/base/bytes.h"
#include "shared/base/result.h"
#include "shared/base/secret.h"

namespace ferry {

struct PasswordCost {
  Bytes memory = 19 * 1024 * 1024;  // OWASP's first choice for Argon2id: m = 19 MiB, t = 2
  unsigned passes = 2;
};

// PHC text "$argon2id$v=19$m=…". Errc::no_space when the memory cannot be had.
Result<std::string> hash_password(const Secret& password, PasswordCost cost = {});

// True if `password` is the one behind `hash`. An empty or damaged hash never matches, but costs the same
// time as a real one, as does a user that does not exist (pass ""): the answer's time tells nothing.
bool verify_password(const std::string& hash, const Secret& password, PasswordCost cost = {});

// 8..1,024 bytes, no control characters. Errc::name_refused says what is wrong.
Status check_new_password(const Secret& password);

}  // namespace ferry
