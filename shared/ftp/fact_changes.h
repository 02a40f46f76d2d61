// Arguments of the commands that change what is known of a file: MFF (draft-somers-ftp-mfxx §5) and SITE
// UTIME in its two forms. Pure text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace ferry::ftp {

struct FactChange {
  std::optional<WallTime> modified;
  std::optional<unsigned> unix_mode;  // 0..0777
  std::string path;
};

// "modify=20200101000000;UNIX.mode=0644; path", facts in any case and order, each once. Errc::bad_syntax;
// Errc::unsupported for a fact that cannot be changed.
Result<FactChange> parse_fact_change(std::string_view argument);
std::string format_fact_change(const FactChange& change);  // "Modify=...;UNIX.mode=0644; path"

// "YYYYMMDDhhmm[ss] path", or "path atime mtime ctime UTC" (of the three only mtime is taken).
// Errc::bad_syntax.
Result<FactChange> parse_utime(std::string_view argument);

// "0644", "755": octal permission bits up to 777; nullopt for anything else.
std::optional<unsigned> parse_permissions(std::string_view text);

}  // namespace ferry::ftp
