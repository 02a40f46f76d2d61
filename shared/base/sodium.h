// libsodium made ready, once per process, whoever needs it first. Inside base only.
#pragma once

namespace ferry {

// Safe from any thread. Throws std::runtime_error if the system has no source of random numbers.
void ensure_sodium();

}  // namespace ferry
