// Files of the person who runs ferry, which other programs and editors write as well: ~/.netrc and the trust
// file.
#include <cstdint>
#include <string>
#include <string_view>

#include "client/engine/trust.h"
#include "client/line/netrc.h"
#include "shared/base/check.h"

using namespace ferry;
using namespace ferry::client;

namespace {

void look_up(std::string_view text) {
  for (const char* host : {"example.org", "", "default"}) {
    for (const char* user : {"", "akira"}) {
      const auto entry = find_in_netrc(text, host, user);
      if (!entry) continue;
      CHECK(user[0] == '\0' || entry->user == user);
      CHECK(entry->has_password || entry->password.view().empty());
    }
  }
}

void read_pins(std::string_view text) {
  const auto pins = parse_pins(text);
  if (!pins) return;
  const auto again = parse_pins(format_pins(*pins));
  CHECK(again.has_value() && again->size() == pins->size());
  for (std::size_t i = 0; i < pins->size(); ++i) {
    CHECK((*again)[i].server == (*pins)[i].server && (*again)[i].fingerprint == (*pins)[i].fingerprint);
    CHECK((*again)[i].first_seen == (*pins)[i].first_seen && (*again)[i].last_seen == (*pins)[i].last_seen);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  look_up(text);
  read_pins(text);
  return 0;
}
