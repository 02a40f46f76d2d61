// Digests of files that a client asks for: found in the store, or computed while the control connection is
// watched, with a sign of life now and then. Runs in a worker's thread, which it holds as a transfer does.
#pragma once

#include <string>
#include <string_view>

#include "server/session/session.h"
#include "shared/base/digest.h"

namespace ferry {

// What stands under a name: the complete file, or the partial that waits there.
struct Digestible {
  UniqueFd file;
  Place place;
  FileInfo info;  // of the open file
  bool is_complete = true;
};

// Errc::not_found, Errc::is_directory, Errc::permission, Errc::unsupported (no plain file), Errc::busy (being
// uploaded now).
Result<Digestible> open_for_digest(Session& session, std::string_view path);

// The partial of this row, also where a complete file has its name. Errc::busy: it is being written.
Result<Digestible> open_partial(Session& session, Place place, const store::Partial& partial);

// One reply that may take long. Until its last line it is quiet or a block of lines with its code; what ends
// it has that code too then, whatever happened (RFC 959 §4.2).
class LongReply {
 public:
  LongReply(Session& session, int code) : session_(session), code_(code) {}
  void tell(std::string_view text);  // "213-text"
  void end(int code, std::string_view text);

 private:
  Session& session_;
  const int code_;
  bool has_begun_ = false;
};

// Ends the reply of a digest that did not come about. One that ABOR ended has had its say; ABOR has its own.
void refuse_digest(Session& session, LongReply& reply, const Error& error, bool is_aborted);

// Digest of bytes [first, end) of the file, in lower-case hex. Says how far it is every kTellEvery, and when
// STAT asks. Errc::busy: too many transfers and digests run, or the file changed while it was read;
// Errc::cancelled: `is_aborted` says whether by ABOR, which wants a 226 of its own then.
inline constexpr std::chrono::seconds kTellEvery{5};
Result<std::string> digest_of(Session& session, const Digestible& source, DigestKind kind, Bytes first,
                              Bytes end, LongReply& reply, bool& is_aborted);

}  // namespace ferry
