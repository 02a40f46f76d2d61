#include "shared/store/account.h"

#include <algorithm>

#include "shared/base/ascii.h"
#include "shared/base/utf8.h"

namespace ferry::store {

namespace {

bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0);
}

bool is_blank(char32_t code) {
  return code == U' ' || code == U'\u00A0' || code == U'\u3000';
}

Status refuse(const char* rule) {
  return fail(Errc::name_refused, std::string("an account's name ") + rule);
}

}  // namespace

std::optional<Bytes> Account::bytes_left() const {
  if (!quota_bytes) return std::nullopt;
  return std::max<Bytes>(0, *quota_bytes - used_bytes - pending_bytes);
}

Result<std::string> parse_fingerprint(std::string_view text) {
  constexpr std::size_t kBytes = 32;
  std::string hex;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == ':' && at % 3 == 2) continue;
    hex += text[at];
  }
  const bool has_colons = text.size() == kBytes * 3 - 1;
  if (hex.size() != kBytes * 2 || (!has_colons && text.size() != hex.size()) ||
      hex.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
    return fail(Errc::bad_syntax, "not a SHA-256 fingerprint of 64 hexadecimal digits");
  }
  std::string fingerprint;
  for (std::size_t at = 0; at < hex.size(); at += 2) {
    if (at > 0) fingerprint += ':';
    fingerprint += ascii_upper(hex.substr(at, 2));
  }
  return fingerprint;
}

bool is_guest_name(std::string_view name) {
  return name == "anonymous" || name == "ftp" || name == kGuestAccount;
}

Status check_account_name(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  if (name.empty()) return refuse("must not be empty");
  if (name.size() > kLongest) return refuse("has at most 64 bytes");
  if (name[0] == '-' || name[0] == '.') return refuse("must not start with '-' or '.'");
  Utf8Char last;
  for (std::size_t at = 0; at < name.size(); at += last.length) {
    last = decode_utf8(name.substr(at));
    if (!last.is_valid) return refuse("must be UTF-8");
    if (last.code == U'/') return refuse("must not contain '/'");
    if (is_control(last.code)) return refuse("must not contain control characters");
  }
  if (is_blank(decode_utf8(name).code) || is_blank(last.code)) {
    return refuse("must not start or end with a blank");
  }
  return {};
}

}  // namespace ferry::store
