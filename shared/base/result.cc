#include "shared/base/result.h"

#include <cerrno>
#include <system_error>

namespace ferry {

namespace {

Errc kind_of(int error_number) {
  switch (error_number) {
    case ENOENT: return Errc::not_found;
    case EEXIST: return Errc::exists;
    case ENOTEMPTY: return Errc::not_empty;
    case EACCES:
    case EPERM:
    case EROFS: return Errc::permission;
    case EISDIR: return Errc::is_directory;
    case ENOTDIR: return Errc::not_directory;
    case EXDEV:
    case ELOOP: return Errc::outside;
    case EBUSY:
    case ETXTBSY: return Errc::busy;
    case ENOSPC:
    case EDQUOT: return Errc::no_space;
    case ENAMETOOLONG:
    case EILSEQ: return Errc::name_refused;
    case ETIMEDOUT: return Errc::timeout;
    case EPIPE:
    case ECONNRESET:
    case ENOTCONN:  // said instead by calls that come later
    case ECONNABORTED: return Errc::reset;
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH: return Errc::refused;
    default: return Errc::io;
  }
}

}  // namespace

Error errno_error(int error_number, std::string_view context) {
  std::string text(context);
  if (!text.empty()) text += ": ";
  text += std::generic_category().message(error_number);
  return Error{kind_of(error_number), std::move(text)};
}

}  // namespace ferry
