// One line of a foreign listing: LIST in any server's form, and MLSD.
#include <cstdint>
#include <string_view>

#include "shared/base/check.h"
#include "shared/ftp/facts.h"
#include "shared/ftp/listing.h"
#include "shared/ftp/path.h"

using namespace ferry;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  static_cast<void>(ftp::parse_list_line(line, WallTime{}));
  static_cast<void>(ftp::parse_fact_selection(line));
  const auto entry = ftp::parse_entry(line);
  if (!entry || !ftp::check_path_bytes(entry->name)) return 0;  // a name that no listing of ours would show
  const auto again = ftp::parse_entry(ftp::format_entry(*entry, ftp::kDefaultFacts));
  CHECK(again.has_value() && again->name == entry->name && again->size == entry->size);
  CHECK(again->type == entry->type && again->perm == entry->perm && again->unix_mode == entry->unix_mode);
  return 0;
}
