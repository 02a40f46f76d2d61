// Value-or-error for refusals that are ordinary: the peer is gone, a file is missing, a password is wrong.
// What cannot happen unless we are wrong is CHECK (check.h); a constructor that cannot succeed throws.
// A kind exists only if some caller branches on it.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace ferry {

enum class Errc {
  io,               // anything the operating system refused that has no kind of its own
  not_found,        // ENOENT, no such account, no such row
  exists,           // EEXIST, name taken
  not_empty,        // ENOTEMPTY
  permission,       // EACCES, EPERM, EROFS, a policy of ours
  is_directory,     // EISDIR
  not_directory,    // ENOTDIR
  outside,          // a path that would leave its home (EXDEV from openat2, ELOOP)
  busy,             // another writer holds it
  no_space,         // ENOSPC, EDQUOT: the disk, not our quota
  over_quota,       // the account's own limit
  name_refused,     // a name we do not take (control bytes, too long, reserved)
  too_long,         // input beyond a fixed bound; the parser stays failed
  bad_syntax,       // input that does not parse
  out_of_range,     // parsed, but beyond what is allowed
  timeout,          // a deadline passed
  closed,           // the peer ended the connection in order
  reset,            // the peer broke off without the end mark its protocol has
  cancelled,        // we were told to stop (kick, drain, Ctrl-C)
  refused,          // connection refused, or the peer's protocol said no
  login_refused,    // user or password not accepted
  tls,              // handshake or record failure
  untrusted,        // the peer's certificate is not trusted, or has changed
  digest_mismatch,  // both ends have the file, but not the same one
  corrupt,          // the store or a file of ours is damaged
  unsupported,      // the other end does not offer what is needed
};

struct Error {
  Errc kind = Errc::io;
  std::string context;  // one clause for a person: what was tried and what answered, no trailing full stop
  int reply_code = 0;   // the FTP reply that said so, 0 if none did
  // Where a catalogue has the same sentence in other languages (the server's replies): its row, -1 none, and
  // what stands in its gaps.
  int text = -1;
  std::vector<std::string> arguments = {};
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = tl::expected<void, Error>;

inline tl::unexpected<Error> fail(Errc kind, std::string context, int reply_code = 0) {
  return tl::unexpected<Error>(Error{kind, std::move(context), reply_code});
}

// errno -> Error, here and nowhere else. `context` names the call or the path; the system's text is added
// behind it.
Error errno_error(int error_number, std::string_view context);
inline tl::unexpected<Error> fail_errno(int error_number, std::string_view context) {
  return tl::unexpected<Error>(errno_error(error_number, context));
}

}  // namespace ferry
