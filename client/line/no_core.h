// Passwords pass through buffers of libraries that nobody wipes, so this process leaves no core.
#pragma once

namespace ferry::client {

// No core file (RLIMIT_CORE), none for whoever collects cores through a pipe, and no other process of the
// same user can look into this one's memory (PR_SET_DUMPABLE).
void forbid_core_dumps();

}  // namespace ferry::client
