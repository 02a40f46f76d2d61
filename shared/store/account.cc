#include "shared/store/account.h"

#include <algorithm>

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
