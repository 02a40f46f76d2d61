// Exit codes of ferry, for scripts: documented in ferry(1), never renumbered. Pure.
#pragma once

#include <span>

#include "client/engine/job.h"
#include "shared/base/result.h"

namespace ferry::client {

enum ExitCode : int {
  kExitDone = 0,
  kExitFailure = 1,  // anything without a number of its own
  kExitUsage = 2,    // the command line is wrong, or an answer is needed and nobody can be asked
  kExitNotFound = 3,
  kExitLogin = 4,         // user or password not accepted
  kExitPermission = 5,    // permission or policy
  kExitNetwork = 6,       // not reached, broken off, timed out: trying later may help
  kExitTrust = 7,         // certificate unknown or changed, or no encryption to be had
  kExitSpace = 8,         // no space or over quota
  kExitDigest = 9,        // both sides have the file, but not the same one
  kExitSomeFailed = 10,   // some items done, some failed
  kExitExists = 11,       // a target is there, and the conflict policy is `fail`; a sync has kept something
  kExitDifferences = 12,  // what was compared is not the same: an answer, no failure
  kExitInterrupted = 130,
  kExitTerminated = 143,
};

// All of them, in order, in words for people: `ferry help exit-codes`, ferry(1).
struct ExitCodeRow {
  ExitCode code;
  const char* meaning;
};
std::span<const ExitCodeRow> exit_code_rows();

int exit_code(const Error& error);
int exit_code(const Tally& tally);  // kExitSomeFailed only if nothing stopped the whole

}  // namespace ferry::client
