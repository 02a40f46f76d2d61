// Secrets at rest: a key from a passphrase (Argon2id) and boxes that only that key makes and opens
// (XChaCha20-Poly1305), all libsodium's. The format of files is their owner's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "shared/base/bytes.h"
#include "shared/base/result.h"
#include "shared/base/secret.h"

namespace ferry {

// RFC 9106 §4, the second choice: what a program that only moves a file may take. It costs the owner once, and
// whoever guesses each time.
struct KeyCost {
  unsigned passes = 3;
  Bytes memory = 64 * 1024 * 1024;
};

std::string make_salt();  // random

// Blocks as KeyCost says. Errc::no_space when the memory cannot be had, Errc::out_of_range when Argon2id does
// not take such a cost or salt.
Result<Secret> key_of_passphrase(const Secret& passphrase, std::string_view salt, KeyCost cost);

// A box can be opened only with the same `bound` text, which it does not hold. Its size tells that of the
// secret in steps of 64 bytes.
std::string seal(const Secret& key, std::string_view secret, std::string_view bound);
// Errc::corrupt: another key, another `bound`, or bytes that were changed.
Result<Secret> unseal(const Secret& key, std::string_view box, std::string_view bound);

std::string base64_of(std::string_view bytes);
std::optional<std::string> bytes_of_base64(std::string_view text);

}  // namespace ferry
