#include "shared/base/password.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "shared/base/sodium.h"

namespace ferry {

namespace {

constexpr std::size_t kShortestPassword = 8;
constexpr std::size_t kLongestPassword = 1024;

// Whether libsodium can take the hash apart, so that comparing with it does the full work.
bool is_well_formed(const std::string& hash, PasswordCost cost) {
  if (hash.size() >= crypto_pwhash_STRBYTES || hash.find('\0') != hash.npos) return false;
  return ::crypto_pwhash_str_needs_rehash(hash.c_str(), cost.passes, static_cast<std::size_t>(cost.memory)) >=
         0;
}

}  // namespace

Result<std::string> hash_password(const Secret& password, PasswordCost cost) {
  ensure_sodium();
  const std::string_view text = password.view();
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  errno = 0;
  const int failed =
      ::crypto_pwhash_str_alg(hash.data(), text.empty() ? "" : text.data(), text.size(), cost.passes,
                              static_cast<std::size_t>(cost.memory), crypto_pwhash_ALG_ARGON2ID13);
  if (failed == 0) return std::string(hash.data());
  if (errno == EINVAL || errno == EFBIG)
    return fail(Errc::out_of_range, "password cost is beyond what Argon2id takes");
  return fail(Errc::no_space, "no memory to hash the password");
}

bool verify_password(const std::string& hash, const Secret& password, PasswordCost cost) {
  ensure_sodium();
  if (!is_well_formed(hash, cost)) {
    // Hashing is the same Argon2id run as comparing; only its result is thrown away.
    static_cast<void>(hash_password(password, cost));
    return false;
  }
  const std::string_view text = password.view();
  return ::crypto_pwhash_str_verify(hash.c_str(), text.empty() ? "" : text.data(), text.size()) == 0;
}

Status check_new_password(const Secret& password) {
  const std::string_view text = password.view();
  if (text.size() < kShortestPassword) return fail(Errc::name_refused, "password is shorter than 8 bytes");
  if (text.size() > kLongestPassword) return fail(Errc::name_refused, "password is longer than 1,024 bytes");
  const bool has_control = std::any_of(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  if (has_control) return fail(Errc::name_refused, "password holds a control character");
  return {};
}

}  // namespace ferry
