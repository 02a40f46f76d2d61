// The journal of a queue as a file system, or another program of the same user, may have left it.
#include <cstdint>
#include <string>
#include <string_view>

#include "client/queue/ledger.h"
#include "client/queue/live.h"
#include "shared/base/check.h"

using namespace ferry;
using namespace ferry::client;

namespace {

Ledger read_all(std::string_view text, bool must_be_good) {
  Ledger ledger;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto applied = ledger.apply(text.substr(0, end));
    CHECK(applied || !must_be_good);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return ledger;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Ledger ledger = read_all(text, false);
  for (const auto& item : ledger.items()) {
    CHECK(item->id > 0 && item->id < ledger.next_id() && ledger.find(item->id) == item);
    CHECK(item->local.front() == '/' && (item->from_login || item->remote.front() == '/'));
    CHECK(item->local.find('\0') == item->local.npos && item->remote.find('\0') == item->remote.npos);
    CHECK(!item->site.host.empty() && item->site.port != 0 && item->site.timeout.count() > 0);
    CHECK(item->bytes_done >= 0 && item->bytes_total.value_or(0) >= 0);
    CHECK(Ledger::changed(*item, *item).empty());
  }
  // What is written anew says the same.
  const std::string again = ledger.text();
  CHECK(read_all(again, true).text() == again);
  CHECK(parse_live(format_live(parse_live(text))) == parse_live(text));
  return 0;
}
