// Paths as FTP spells them: bytes, '/' between components, '/' is the account's home. Pure text; whether
// something exists or leads outside is the kernel's business (server/session/home.h), never decided here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"

namespace ferry::ftp {

// Absolute and tidy: joined to `base` unless absolute, empty and "." dropped, ".." takes one away and stops
// at "/". Only for display and keys; resolving goes through the kernel with what the client sent.
std::string join_path(std::string_view base, std::string_view path);

std::string_view parent_path(std::string_view absolute);  // "/a/b" -> "/a", "/a" -> "/", "/" -> "/"
std::string_view leaf_name(std::string_view absolute);    // "/a/b" -> "b", "/" -> ""

// A name that may become a file of ours: no CR, LF or NUL, each component ≤ 255 bytes, all ≤ 4,000.
// Errc::name_refused says why.
Status check_path_bytes(std::string_view path);

// RFC 959 appendix II: "\"/a\"\"b\"" with doubled quotes; unquote takes the first quoted string of a 257
// text.
std::string quote_path(std::string_view path);
Result<std::string> unquote_path(std::string_view reply_text);

// A name out of a foreign listing that is safe to create below a local folder: one component, not empty, "."
// or "..".
bool is_safe_component(std::string_view name);

// Shell-style match of one name with * ? and [a-z]; linear in the text (no exponential backtracking).
bool glob_match(std::string_view pattern, std::string_view name);

}  // namespace ferry::ftp
