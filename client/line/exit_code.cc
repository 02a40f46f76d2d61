#include "client/line/exit_code.h"

namespace ferry::client {

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
