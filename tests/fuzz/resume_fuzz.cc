// What ferry goes on by: a partial's journal as a file system may have left it, and what a stranger's server
// says of digests and of unfinished uploads.
#include <cstdint>
#include <string>
#include <string_view>

#include "client/engine/breakpoint.h"
#include "client/engine/part_journal.h"
#include "client/engine/verify.h"
#include "shared/base/check.h"

using namespace ferry;
using namespace ferry::client;

namespace {

void read_a_journal(std::string_view text) {
  const auto journal = parse_journal(text);
  if (!journal) return;
  CHECK(journal->synced >= 0 && journal->size.value_or(0) >= 0);
  CHECK(parse_journal(format_journal(*journal)).value() == *journal);
  const Bytes trusted = trusted_bytes(*journal, 1000, "now");
  CHECK(trusted >= 0 && trusted <= 1000);
}

void read_a_breakpoint(std::string_view text) {
  ftp::Reply reply{213, {""}};
  for (const char c : text) {
    if (c == '\n') reply.lines.emplace_back();
    if (c != '\n') reply.lines.back() += c;
  }
  const auto breakpoint = parse_breakpoint(reply, "/name");
  if (!breakpoint) return;
  CHECK(breakpoint->offset >= 0 && breakpoint->expected.value_or(0) >= 0 && breakpoint->path.front() == '/');
  CHECK(!breakpoint->sha256 || breakpoint->sha256->size() == 64);
}

void read_digests(std::string_view text) {
  for (const DigestKind kind : kDigestKinds) {
    const auto length = Digest(kind).hex().size();
    for (const auto& digest :
         {announced_digest(text, kind), digest_in_words(text, kind), hash_of_prefix(text, kind, 100, true),
          hash_of_prefix(text, kind, 100, false)}) {
      CHECK(!digest ||
            (digest->size() == length && digest->find_first_not_of("0123456789abcdef") == std::string::npos));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_a_journal(text);
  read_a_breakpoint(text);
  read_digests(text);
  return 0;
}
