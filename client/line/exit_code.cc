#include "client/line/exit_code.h"

#include <array>

namespace ferry::client {
namespace {

constexpr std::array kRows{
    ExitCodeRow{kExitDone, "done, or nothing had to be done"},
    ExitCodeRow{kExitFailure, "any other failure"},
    ExitCodeRow{kExitUsage, "wrong usage, or nobody could be asked"},
    ExitCodeRow{kExitNotFound, "not found"},
    ExitCodeRow{kExitLogin, "login refused"},
    ExitCodeRow{kExitPermission, "permission or policy"},
    ExitCodeRow{kExitNetwork, "network: not reached, broken off, timed out; later it may work"},
    ExitCodeRow{kExitTrust, "certificate not trusted, or no encryption"},
    ExitCodeRow{kExitSpace, "no space left, or over quota"},
    ExitCodeRow{kExitDigest, "the digests of both sides differ"},
    ExitCodeRow{kExitSomeFailed, "some items failed, some were done"},
    ExitCodeRow{kExitExists, "a target is there, and the policy is fail; sync kept a difference"},
    ExitCodeRow{kExitDifferences, "what was compared differs"},
    ExitCodeRow{kExitInterrupted, "stopped by Ctrl-C; the same command goes on"},
    ExitCodeRow{kExitTerminated, "stopped by SIGTERM; the same command goes on"},
};

}  // namespace

std::span<const ExitCodeRow> exit_code_rows() {
  return kRows;
}

int exit_code(const Error& error) {
  switch (error.kind) {
    case Errc::not_found:
      return kExitNotFound;
    case Errc::login_refused:
      return kExitLogin;
    case Errc::permission:
    case Errc::outside:
    case Errc::name_refused:
      return kExitPermission;
    case Errc::timeout:
    case Errc::closed:
    case Errc::reset:
    case Errc::refused:
      return kExitNetwork;
    case Errc::tls:
    case Errc::untrusted:
      return kExitTrust;
    case Errc::no_space:
    case Errc::over_quota:
      return kExitSpace;
    case Errc::digest_mismatch:
      return kExitDigest;
    case Errc::exists:
      return kExitExists;
    case Errc::cancelled:
      return kExitInterrupted;
    default:
      return kExitFailure;
  }
}

int exit_code(const Tally& tally) {
  if (tally.stopped_by) return exit_code(*tally.stopped_by);
  if (tally.failed == 0) return kExitDone;
  if (tally.done > 0 || !tally.first_error) return kExitSomeFailed;
  return exit_code(*tally.first_error);
}

}  // namespace ferry::client
