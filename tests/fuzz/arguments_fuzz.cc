// Arguments of REST, RANG, XCRC and its kind, MFF and SITE UTIME as a stranger sends them. What parses must
// mean something: bytes that exist, in order, of a path that stood there.
#include <cstdint>
#include <string_view>

#include "shared/base/bytes.h"
#include "shared/base/check.h"
#include "shared/ftp/fact_changes.h"
#include "shared/ftp/ranges.h"

using namespace ferry;

namespace {

void try_positions(std::string_view text) {
  if (const auto offset = parse_number(text)) CHECK(*offset >= 0);
  const auto range = ftp::parse_range(text);
  if (!range || !*range) return;
  CHECK((*range)->first >= 0 && (*range)->length() > 0);
}

void try_digest(std::string_view text) {
  const auto ways = ftp::parse_digest_argument(text);
  if (!ways) return;
  CHECK(!ways->empty() && ways->size() <= 3);
  for (const ftp::DigestArgument& way : *ways) {
    CHECK(!way.path.empty() && way.path.size() <= text.size());
    CHECK(!way.end || (way.start && 0 <= *way.start && *way.start <= *way.end));
  }
}

void try_facts(std::string_view text) {
  if (const auto change = ftp::parse_fact_change(text)) {
    CHECK(!change->path.empty() && (change->modified || change->unix_mode));
    CHECK(!change->unix_mode || *change->unix_mode <= 0777);
    const auto again = ftp::parse_fact_change(ftp::format_fact_change(*change));
    CHECK(again.has_value() && again->path == change->path && again->unix_mode == change->unix_mode);
  }
  if (const auto change = ftp::parse_utime(text)) CHECK(!change->path.empty() && change->modified);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try_positions(text);
  try_digest(text);
  try_facts(text);
  return 0;
}
