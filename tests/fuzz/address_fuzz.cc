// Addresses in commands and replies, and URLs.
#include <cstdint>
#include <string_view>

#include "shared/base/check.h"
#include "shared/ftp/host_port.h"
#include "shared/ftp/url.h"

using namespace ferry;

namespace {

bool same(const Result<ftp::HostPort>& read, const ftp::HostPort& written) {
  return read && read->host == written.host && read->port == written.port &&
         read->is_ipv6 == written.is_ipv6 && read->port != 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto address = ftp::parse_port(text)) {
    CHECK(same(ftp::parse_port(ftp::format_port(*address)), *address));
    CHECK(same(ftp::parse_pasv_reply(ftp::format_pasv_reply(*address)), *address));
  }
  if (const auto address = ftp::parse_eprt(text))
    CHECK(same(ftp::parse_eprt(ftp::format_eprt(*address)), *address));
  if (const auto address = ftp::parse_pasv_reply(text))
    CHECK(same(ftp::parse_port(ftp::format_port(*address)), *address));
  if (const auto address = ftp::parse_epsv_reply(text))
    CHECK(same(ftp::parse_epsv_reply(ftp::format_epsv_reply(address->port)), *address));
  const auto url = ftp::parse_url(text);
  if (!url) return 0;
  const auto again = ftp::parse_url(ftp::format_url(*url));
  CHECK(again.has_value() && again->host == url->host && again->path == url->path &&
        again->user == url->user);
  CHECK(again->effective_port() == url->effective_port());
  return 0;
}
