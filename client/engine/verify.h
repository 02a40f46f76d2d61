// Is the file at the other end the same? The remote side's digest, by the cheapest means the server has.
// Blocks on the network.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client/engine/transfer.h"
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

// "226 Stored; SHA-256=9b1c…" -> the hex digits, lower case.
std::optional<std::string> announced_digest(std::string_view reply_text, DigestKind kind);
// A digest of `kind`'s length among the words of a 213 or 250 text.
std::optional<std::string> digest_in_words(std::string_view reply_text, DigestKind kind);

// `final_text` is the reply that ended an upload of this file, "" if there was none. `progress` hears of
// reading back.
Result<RemoteDigest> remote_digest(Connection& connection, const std::string& remote, DigestKind kind,
                                   const OnProgress& progress, std::string_view final_text = {});

}  // namespace ferry::client
