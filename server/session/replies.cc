#include "server/session/replies.h"

namespace ferry {

namespace {

int code_for(Errc kind) {
  switch (kind) {
    case Errc::not_found:
    case Errc::exists:
    case Errc::not_empty:
    case Errc::permission:
    case Errc::is_directory:
    case Errc::not_directory:
    case Errc::outside:
      return 550;
    case Errc::busy:
      return 450;
    case Errc::no_space:
      return 452;
    case Errc::over_quota:
      return 552;
    case Errc::name_refused:
      return 553;
    case Errc::too_long:
      return 500;
    case Errc::bad_syntax:
      return 501;
    case Errc::out_of_range:
      return 554;
    case Errc::unsupported:
      return 504;
    case Errc::timeout:
    case Errc::closed:
    case Errc::reset:
    case Errc::cancelled:
      return 426;
    case Errc::refused:
      return 425;
    case Errc::tls:
    case Errc::untrusted:
      return 522;
    case Errc::login_refused:
      return 530;
    case Errc::io:
    case Errc::corrupt:
    case Errc::digest_mismatch:
      return 451;
  }
  return 451;
}

}  // namespace

int reply_code_for(const Error& error) {
  return error.reply_code != 0 ? error.reply_code : code_for(error.kind);
}

}  // namespace ferry
