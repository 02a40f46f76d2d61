// Is the file at the other end the same? The remote side's digest, by the cheapest means the server has.
// Blocks on the network; a server that computes is given time in proportion to the file.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "client/engine/connection.h"
#include "shared/base/bytes.h"
#include "shared/base/digest.h"

namespace ferry::client {

enum class DigestSource {
  announced,  // the server said it in its 226, computed while the bytes came in
  asked,      // HASH (draft-bryan-ftpext-hash) or XSHA256, XSHA1, XSHA512, XMD5
  read_back,  // the server has no digests: downloaded once more and hashed here
};

struct RemoteDigest {
  std::string hex;  // lower case
  DigestSource source = DigestSource::asked;
};

std::string_view source_words(DigestSource source);  // "computed by the server"

// What a transfer is to prove at its end.
struct VerifyWish {
  enum class How {
    never,
    when_told,  // compare when the server computes digests by itself; never read back for it
    always,     // `kind`, read back if need be
  };
  How how = How::when_told;
  DigestKind kind = DigestKind::sha256;
};

// "auto", "none", "sha256", "sha512", "sha1", "md5".
std::optional<VerifyWish> parse_verify_wish(std::string_view text);

struct Verified {
  DigestKind kind = DigestKind::sha256;
  DigestSource source = DigestSource::asked;
};

// Whether the server computes this one of a file by itself.
bool computes_digest(const Features& features, DigestKind kind);
// The best digest that the server computes by itself: SHA-256, SHA-512, SHA-1 or MD5; nullopt: none.
std::optional<DigestKind> offered_digest(const Features& features);
// Which digest is to be computed here while the bytes pass; nullopt: none.
std::optional<DigestKind> wanted_digest(const VerifyWish& wish, const Features& features);

// "226 Stored; SHA-256=9b1c…" -> the hex digits, lower case.
std::optional<std::string> announced_digest(std::string_view reply_text, DigestKind kind);
// A digest of `kind`'s length among the words of a 213 or 250 text.
std::optional<std::string> digest_in_words(std::string_view reply_text, DigestKind kind);
// The same of HASH's "SHA-256 0-99 9b1c… name", if it is of the bytes [0, length): ProFTPD 1.3.8 does not
// heed RANG, and gives the first byte behind the range as its last. Without a range in it only if there are
// no other bytes.
std::optional<std::string> hash_of_prefix(std::string_view reply_text, DigestKind kind, Bytes length,
                                          bool is_all);

// What the server says of the first `length` bytes of a file; `is_all` if it has no more than these. nullopt:
// it does not tell, for this file or for any part of one.
Result<std::optional<std::string>> remote_prefix_digest(Connection& connection, const std::string& remote,
                                                        DigestKind kind, Bytes length, bool is_all);

// Called with the number of bytes that were read back so far.
using OnReadBack = std::function<void(Bytes)>;

// `size` as far as known. `final_text` is the reply that ended an upload of this file, "" if there was none.
Result<RemoteDigest> remote_digest(Connection& connection, const std::string& remote, DigestKind kind,
                                   std::optional<Bytes> size, const OnReadBack& progress,
                                   std::string_view final_text = {});

// Compares after the last byte of a transfer; `here` is our side's digest, of the kind that wanted_digest()
// chose. nullopt: nothing was to be proven, or the server would not tell. Errc::digest_mismatch names both.
Result<std::optional<Verified>> verify_sides(Connection& connection, const std::string& remote,
                                             const VerifyWish& wish, const Digest* here, Bytes size,
                                             const OnReadBack& progress, std::string_view final_text);

}  // namespace ferry::client
