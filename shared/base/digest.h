// Running digests of file content (OpenSSL EVP). Not for passwords.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "shared/base/bytes.h"
#include "shared/base/result.h"

namespace ferry {

enum class DigestKind { sha256, sha512, sha1, md5 };

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
  std::string hex() const;  // lower case, of what came so far; more may follow
  DigestKind kind() const { return kind_; }

 private:
  struct State;
  DigestKind kind_;
  std::unique_ptr<State> state_;
};

// Digest of bytes [0, length) of an open file, with pread; length < 0 means to its end. Blocks on the disk.
// Errc::io, Errc::out_of_range if the file is shorter than `length`.
Result<std::string> digest_of_file(int fd, DigestKind kind, Bytes length = -1);

// As above, but leaves the running state, so that a resumed upload goes on with it.
Result<Digest> digest_prefix(int fd, DigestKind kind, Bytes length);

}  // namespace ferry
