// PROXY headers: the answer depends on the header's bytes alone, not on how many have come or what follows.
#include <cstdint>
#include <memory>
#include <string_view>

#include "shared/base/check.h"
#include "shared/net/proxy_header.h"

using namespace ferry;

namespace {

// In memory of its own that ends where the text does, so that one byte too far is seen.
Result<std::optional<net::ProxyHeader>> parse(std::string_view text) {
  const std::unique_ptr<char[]> exact(new char[text.size()]);
  text.copy(exact.get(), text.size());
  return net::parse_proxy_header({exact.get(), text.size()});
}

bool same(const std::optional<net::Address>& a, const std::optional<net::Address>& b) {
  return a.has_value() == b.has_value() && (!a || a->to_string() == b->to_string());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto whole = parse(text);
  // What the pieces say, one byte more each time, until they say something.
  for (std::size_t length = 0; length <= size; ++length) {
    const auto part = parse(text.substr(0, length));
    if (part && !*part) continue;
    CHECK(part.has_value() == whole.has_value());
    if (!part) return 0;
    CHECK(whole->has_value() && (*part)->size == length && (*whole)->size == length);
    CHECK(length <= net::kMaxProxyHeader);
    CHECK((*part)->source.has_value() == (*part)->destination.has_value());
    CHECK(same((*part)->source, (*whole)->source) && same((*part)->destination, (*whole)->destination));
    return 0;
  }
  CHECK(whole.has_value() && !whole->has_value());
  return 0;
}
