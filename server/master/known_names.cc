#include "server/master/known_names.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "shared/base/check.h"

namespace ferry {

namespace {

constexpr std::size_t kMostNames = 256;  // of all configurations since the start

std::string text_of(std::uint32_t ipv4) {
  const std::array<unsigned char, 4> bytes = {
      static_cast<unsigned char>(ipv4 >> 24), static_cast<unsigned char>(ipv4 >> 16),
      static_cast<unsigned char>(ipv4 >> 8), static_cast<unsigned char>(ipv4)};
  return net::Address::from_ip_bytes(bytes, 0).ip();
}

}  // namespace

Result<std::vector<std::size_t>> KnownNames::numbers_of(const std::vector<std::string>& names) {
  std::vector<std::size_t> numbers;
  for (const std::string& name : names) {
    const auto known = std::ranges::find(names_, name, &NamedAddress::name);
    numbers.push_back(static_cast<std::size_t>(known - names_.begin()));
    if (known != names_.end()) continue;
    if (names_.size() >= kMostNames)
      return fail(Errc::busy, "too many host names have been configured since the start: restart ferryd");
    names_.push_back({name, 0});
    fails_.push_back(false);
  }
  return numbers;
}

KnownNames::Note KnownNames::take(const NameAnswer& answer) {
  CHECK(answer.number < names_.size());
  NamedAddress& known = names_[answer.number];
  const bool failed_before = fails_[answer.number];
  fails_[answer.number] = answer.ipv4 == 0;
  if (answer.ipv4 == 0) {
    if (failed_before) return {};
    const std::string meanwhile = known.ipv4 == 0 ? "until it can be, PASV is refused where it counts"
                                                  : "the last answer, " + text_of(known.ipv4) + ", stays";
    return {false, fmt::format("{} cannot be looked up ({}); {}", known.name, answer.reason, meanwhile),
            true};
  }
  const bool is_new = known.ipv4 != answer.ipv4;
  known.ipv4 = answer.ipv4;
  if (!is_new && !failed_before) return {};
  return {is_new, fmt::format("{} is {}", known.name, text_of(known.ipv4)), false};
}

std::uint32_t choose_ipv4(const std::vector<net::Address>& addresses) {
  std::uint32_t lowest = 0;
  for (const net::Address& address : addresses) {
    if (address.is_ipv6()) continue;
    std::uint32_t ipv4 = 0;
    for (const unsigned char byte : address.ip_bytes()) ipv4 = ipv4 << 8 | byte;
    if (lowest == 0 || (ipv4 != 0 && ipv4 < lowest)) lowest = ipv4;
  }
  return lowest;
}

}  // namespace ferry
