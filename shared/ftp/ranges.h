// Which bytes of a file a command means: the arguments of RANG (draft-bryan-ftp-range) and of the digest
// commands that older clients know (XCRC, XMD5, XSHA1, ... with "path" [start [end]]). Pure text; what exists
// is looked up by the caller.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/bytes.h"
#include "shared/base/result.h"

namespace ferry::ftp {

// Bytes [first, end) of a file, never empty.
struct ByteRange {
  Bytes first = 0;
  Bytes end = 0;
  Bytes length() const { return end - first; }
  bool operator==(const ByteRange&) const = default;
};

// "first last", both counted from 0 and both meant; nullopt for "1 0", the whole file again.
// Errc::bad_syntax, also when the end is before the start.
Result<std::optional<ByteRange>> parse_range(std::string_view argument);

// One way to read the argument of XCRC and its kind. The end is the first byte that is not meant.
struct DigestArgument {
  std::string path;
  std::optional<Bytes> start, end;
  bool operator==(const DigestArgument&) const = default;
};

// A quoted path (quotes in it doubled) can be read in one way only; in a bare one the numbers may belong to
// the name. All ways, the one that is right if such a file exists first. Errc::bad_syntax: no way.
Result<std::vector<DigestArgument>> parse_digest_argument(std::string_view argument);

}  // namespace ferry::ftp
