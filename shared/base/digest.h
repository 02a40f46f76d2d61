// Running digests of file content (OpenSSL EVP, and CRC-32 of our own). Not for passwords.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "shared/base/bytes.h"
#include "shared/base/result.h"

namespace ferry {

enum class DigestKind { sha256, sha512, sha1, md5, crc32 };
inline constexpr DigestKind kDigestKinds[] = {DigestKind::sha256, DigestKind::sha512, DigestKind::sha1,
                                              DigestKind::md5, DigestKind::crc32};

std::string_view digest_name(DigestKind kind);  // "SHA-256", as in HASH (draft-bryan-ftpext-hash)
std::optional<DigestKind> parse_digest_kind(
    std::string_view text);  // "sha256", "SHA-256", "md5", …; case ignored

class Digest {
 public:
  explicit Digest(DigestKind kind);
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  ~Digest();

  void update(std::string_view bytes);
  std::string hex() const;  // lower case, full width, of what came so far; more may follow
  DigestKind kind() const { return kind_; }

 private:
  struct State;
  DigestKind kind_;
  std::unique_ptr<State> state_;
};

// Feeds bytes [from, to) of an open file, with pread, and calls `after_piece` with the bytes of each piece
// until it fails; its error is returned. Blocks on the disk. Errc::io, Errc::out_of_range if the file ends
// before `to`.
Status digest_range(int fd, Bytes from, Bytes to, Digest& digest,
                    const std::function<Status(Bytes)>& after_piece);

// Digest of bytes [0, length) of an open file, with pread; length < 0 means to its end. Blocks on the disk.
// Errc::io, Errc::out_of_range if the file is shorter than `length`.
Result<std::string> digest_of_file(int fd, DigestKind kind, Bytes length = -1);

// As above, but leaves the running state, so that a resumed upload goes on with it.
Result<Digest> digest_prefix(int fd, DigestKind kind, Bytes length);

}  // namespace ferry
