#include "shared/base/digest.h"

#include <fmt/core.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <vector>

#include "shared/base/ascii.h"
#include "shared/base/check.h"
#include "shared/base/crc32.h"

namespace ferry {

namespace {

struct KindRow {
  DigestKind kind;
  std::string_view name;     // as in HASH, and for OpenSSL
  std::string_view spelled;  // the other way people write it
};
constexpr std::array<KindRow, 5> kKinds{{{DigestKind::sha256, "SHA-256", "SHA256"},
                                         {DigestKind::sha512, "SHA-512", "SHA512"},
                                         {DigestKind::sha1, "SHA-1", "SHA1"},
                                         {DigestKind::md5, "MD5", "MD5"},
                                         {DigestKind::crc32, "CRC32", "CRC-32"}}};

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

// OpenSSL fails here only without memory, or where the machine's policy forbids an algorithm.
void require(int succeeded) {
  if (succeeded != 1) throw std::runtime_error("OpenSSL refused a digest");
}

// Fetched once per process: an implicit fetch would cost more than digesting a small file.
const EVP_MD* method(DigestKind kind) {
  static const std::array<EVP_MD*, kKinds.size()> methods = [] {
    std::array<EVP_MD*, kKinds.size()> fetched{};
    for (std::size_t i = 0; i < fetched.size(); ++i)
      if (kKinds[i].kind != DigestKind::crc32)
        fetched[i] = EVP_MD_fetch(nullptr, std::string(kKinds[i].name).c_str(), nullptr);
    return fetched;
  }();
  return methods[static_cast<std::size_t>(kind)];
}

Context new_context() {
  Context context(EVP_MD_CTX_new());
  if (!context) throw std::bad_alloc();
  return context;
}

constexpr std::size_t kReadBytes = 128 * 1024;

}  // namespace

std::string_view digest_name(DigestKind kind) {
  return kKinds[static_cast<std::size_t>(kind)].name;
}

std::optional<DigestKind> parse_digest_kind(std::string_view text) {
  for (const auto& row : kKinds)
    if (equals_ignoring_case(text, row.name) || equals_ignoring_case(text, row.spelled)) return row.kind;
  return std::nullopt;
}

struct Digest::State {
  Context context;  // null for CRC-32
  Crc32 crc;
};

Digest::Digest(DigestKind kind) : kind_(kind), state_(std::make_unique<State>()) {
  if (kind == DigestKind::crc32) return;
  state_->context = new_context();
  require(EVP_DigestInit_ex2(state_->context.get(), method(kind), nullptr));
}

Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;
Digest::~Digest() = default;

void Digest::update(std::string_view bytes) {
  CHECK(state_ != nullptr);
  if (kind_ == DigestKind::crc32) return state_->crc.update(bytes);
  require(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()));
}

std::string Digest::hex() const {
  CHECK(state_ != nullptr);
  if (kind_ == DigestKind::crc32) return fmt::format("{:08x}", state_->crc.value());
  const Context copy = new_context();
  require(EVP_MD_CTX_copy_ex(copy.get(), state_->context.get()));
  std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
  unsigned size = 0;
  require(EVP_DigestFinal_ex(copy.get(), value.data(), &size));
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += kHex[value[i] >> 4];
    text += kHex[value[i] & 0x0F];
  }
  return text;
}

Status digest_range(int fd, Bytes from, Bytes to, Digest& digest,
                    const std::function<Status(Bytes)>& after_piece) {
  std::vector<char> buffer(kReadBytes);
  while (from < to) {
    const auto wanted = static_cast<std::size_t>(std::min<Bytes>(to - from, kReadBytes));
    const ssize_t count = ::pread(fd, buffer.data(), wanted, from);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno(errno, "cannot read the file for its digest");
    if (count == 0) return fail(Errc::out_of_range, "the file is shorter than what is to be digested");
    digest.update({buffer.data(), static_cast<std::size_t>(count)});
    from += count;
    if (auto goes_on = after_piece(count); !goes_on) return goes_on;
  }
  return {};
}

Result<std::string> digest_of_file(int fd, DigestKind kind, Bytes length) {
  auto digest = digest_prefix(fd, kind, length);
  if (!digest) return tl::unexpected(digest.error());
  return digest->hex();
}

Result<Digest> digest_prefix(int fd, DigestKind kind, Bytes length) {
  Digest digest(kind);
  const Bytes to = length < 0 ? INT64_MAX : length;
  const Status fed = digest_range(fd, 0, to, digest, [](Bytes) -> Status { return {}; });
  const bool met_its_end = length < 0 && !fed && fed.error().kind == Errc::out_of_range;
  if (!fed && !met_its_end) return tl::unexpected(fed.error());
  return digest;
}

}  // namespace ferry
