// The files about servers that a person, an editor or a disk may have left in any state: saved sites, sealed
// passwords, pinned certificates; and operands that may name a site.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "client/engine/saved_site.h"
#include "client/engine/sealed_passwords.h"
#include "client/engine/trust.h"
#include "shared/base/check.h"

using namespace ferry;
using namespace ferry::client;

namespace {

// What an edit gives back is what was asked for, whatever the text looked like.
void edit_sites(std::string_view text) {
  const auto sites = parse_sites(text);
  CHECK(sites || sites.error().kind == Errc::bad_syntax);
  if (!sites) return;
  for (SavedSite site : *sites) {
    CHECK(is_site_name(site.name) && !site.host.empty());
    CHECK(parse_site_operand(site.name + ":x"));
    site.folder = "/fuzz";
    site.port = 2121;
    site.user.clear();
    if (const auto edited = put_site(std::string(text), site)) {
      const auto again = parse_sites(*edited);
      CHECK(again && again->size() == sites->size());
      CHECK(std::count(again->begin(), again->end(), site) == 1);
    }
    if (const auto dropped = drop_site(std::string(text), site.name)) {
      CHECK(parse_sites(*dropped)->size() + 1 == sites->size());
    }
  }
  SavedSite fresh;
  fresh.name = "fuzz-fresh";
  fresh.host = "h";
  if (const auto added = put_site(std::string(text), fresh)) CHECK(added->find("[fuzz-fresh]") != added->npos);
}

void read_passwords(std::string_view text) {
  const auto passwords = SealedPasswords::parse(text);
  if (passwords) CHECK(passwords->text() == text);
}

void read_pins(std::string_view text) {
  const auto pins = parse_pins(text);
  if (!pins) return;
  const auto again = parse_pins(format_pins(*pins));
  CHECK(again && again->size() == pins->size());
  for (std::size_t i = 0; i < pins->size(); ++i) {
    CHECK((*again)[i].server == (*pins)[i].server && (*again)[i].fingerprint == (*pins)[i].fingerprint);
  }
}

void read_operand(std::string_view text) {
  const auto operand = parse_site_operand(text);
  if (operand) CHECK(operand->name + ":" + operand->path == text && is_site_name(operand->name));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  edit_sites(text);
  read_passwords(text);
  read_pins(text);
  read_operand(text);
  return 0;
}
