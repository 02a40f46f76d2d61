// Replies as a stranger's server sends them to ferry, in pieces of any size: the first byte says how large.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "shared/base/check.h"
#include "shared/ftp/path.h"
#include "shared/ftp/reply.h"

using namespace ferry;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = data[0] + 1u;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  ftp::ReplyParser parser;
  while (!rest.empty() && parser.feed(rest.substr(0, piece))) {
    rest.remove_prefix(std::min(piece, rest.size()));
    while (const auto reply = parser.next()) {
      CHECK(reply->code >= 100 && reply->code <= 599 && !reply->lines.empty());
      static_cast<void>(ftp::unquote_path(reply->lines.front()));
      ftp::ReplyParser second;
      CHECK(second.feed(ftp::format_reply(*reply)).has_value());
      const auto again = second.next();
      CHECK(again.has_value() && again->code == reply->code && again->lines.size() == reply->lines.size());
    }
  }
  return 0;
}
