#include "shared/base/seal.h"

#include <sodium.h>

#include <algorithm>
#include <cerrno>

#include "shared/base/check.h"
#include "shared/base/sodium.h"

namespace ferry {

namespace {

constexpr std::size_t kStep = 64;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kKeyBytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;

const unsigned char* as_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string random_bytes(std::size_t size) {
  ensure_sodium();
  std::string bytes(size, '\0');
  ::randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

// The secret with as much behind it as makes whole steps.
Secret padded(std::string_view secret) {
  const std::size_t whole = (secret.size() / kStep + 1) * kStep;
  return Secret::made(whole, [&](char* bytes) {
    std::copy(secret.begin(), secret.end(), bytes);
    std::size_t size = 0;
    const int failed =
        ::sodium_pad(&size, reinterpret_cast<unsigned char*>(bytes), secret.size(), kStep, whole);
    CHECK(failed == 0 && size == whole);
  });
}

}  // namespace

std::string make_salt() {
  return random_bytes(crypto_pwhash_SALTBYTES);
}

Result<Secret> key_of_passphrase(const Secret& passphrase, std::string_view salt, KeyCost cost) {
  ensure_sodium();
  if (salt.size() != crypto_pwhash_SALTBYTES) return fail(Errc::out_of_range, "a salt has 16 bytes");
  const std::string_view text = passphrase.view();
  int failed = 0;
  errno = 0;
  Secret key = Secret::made(kKeyBytes, [&](char* bytes) {
    failed = ::crypto_pwhash(reinterpret_cast<unsigned char*>(bytes), kKeyBytes,
                             text.empty() ? "" : text.data(), text.size(), as_bytes(salt), cost.passes,
                             static_cast<std::size_t>(cost.memory), crypto_pwhash_ALG_ARGON2ID13);
  });
  if (failed == 0) return key;
  if (errno == EINVAL || errno == EFBIG)
    return fail(Errc::out_of_range, "the cost of the passphrase is beyond what Argon2id takes");
  return fail(Errc::no_space, "no memory to turn the passphrase into a key");
}

std::string seal(const Secret& key, std::string_view secret, std::string_view bound) {
  CHECK(key.view().size() == kKeyBytes);
  const Secret plain = padded(secret);
  std::string box = random_bytes(kNonceBytes);
  box.resize(kNonceBytes + plain.view().size() + kTagBytes);
  auto* bytes = reinterpret_cast<unsigned char*>(box.data());
  ::crypto_aead_xchacha20poly1305_ietf_encrypt(bytes + kNonceBytes, nullptr, as_bytes(plain.view()),
                                               plain.view().size(), as_bytes(bound), bound.size(), nullptr,
                                               bytes, as_bytes(key.view()));
  return box;
}

Result<Secret> unseal(const Secret& key, std::string_view box, std::string_view bound) {
  CHECK(key.view().size() == kKeyBytes);
  const auto wrong = [] { return fail(Errc::corrupt, "it was sealed with another key, or was changed"); };
  if (box.size() < kNonceBytes + kTagBytes + kStep) return wrong();
  const std::string_view sealed = box.substr(kNonceBytes);
  int failed = 0;
  const Secret plain = Secret::made(sealed.size() - kTagBytes, [&](char* bytes) {
    failed = ::crypto_aead_xchacha20poly1305_ietf_decrypt(
        reinterpret_cast<unsigned char*>(bytes), nullptr, nullptr, as_bytes(sealed), sealed.size(),
        as_bytes(bound), bound.size(), as_bytes(box), as_bytes(key.view()));
  });
  if (failed != 0) return wrong();
  std::size_t size = 0;
  if (::sodium_unpad(&size, as_bytes(plain.view()), plain.view().size(), kStep) != 0) return wrong();
  return Secret(plain.view().substr(0, size));
}

std::string base64_of(std::string_view bytes) {
  ensure_sodium();
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  ::sodium_bin2base64(text.data(), text.size(), as_bytes(bytes), bytes.size(),
                      sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // the NUL
  return text;
}

std::optional<std::string> bytes_of_base64(std::string_view text) {
  ensure_sodium();
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  std::size_t size = 0;
  const int failed =
      ::sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                          text.size(), nullptr, &size, nullptr, sodium_base64_VARIANT_ORIGINAL);
  if (failed != 0) return std::nullopt;
  bytes.resize(size);
  return bytes;
}

}  // namespace ferry
