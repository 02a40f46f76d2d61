#include "server/session/passive_addresses.h"

#include <fmt/core.h>

#include <algorithm>

#include "shared/base/check.h"

namespace ferry {

namespace {

std::string ipv4_text(std::uint32_t ipv4) {
  return fmt::format("{}.{}.{}.{}", ipv4 >> 24, ipv4 >> 16 & 0xff, ipv4 >> 8 & 0xff, ipv4 & 0xff);
}

}  // namespace

PassiveAddresses::PassiveAddresses(const Options& options, const std::vector<NamedAddress>& names) {
  for (const NamedAddress& named : names) answers_.emplace_back(named.ipv4);
  for (PassiveRule& rule : passive_rules(options)) {
    Rule ours{std::move(rule), nullptr};
    if (ours.rule.target.kind == PassiveTarget::Kind::name) {
      const auto named = std::ranges::find(names, ours.rule.target.text, &NamedAddress::name);
      CHECK(named != names.end());
      ours.answer = &answers_[static_cast<std::size_t>(named - names.begin())];
    }
    rules_.push_back(std::move(ours));
  }
}

void PassiveAddresses::learn(std::size_t number, std::uint32_t ipv4) {
  if (number < answers_.size()) answers_[number].store(ipv4, std::memory_order_relaxed);
}

Result<std::string> PassiveAddresses::address_for(const net::Address& client,
                                                  const net::Address& reached) const {
  const auto held = std::ranges::find_if(rules_, [&](const Rule& rule) {
    return &rule == &rules_.back() || rule.rule.clients.contains(client);
  });
  CHECK(held != rules_.end());
  const PassiveTarget& target = held->rule.target;
  if (target.kind == PassiveTarget::Kind::local) return reached.ip();
  if (target.kind == PassiveTarget::Kind::address) return target.text;
  const std::uint32_t ipv4 = held->answer->load(std::memory_order_relaxed);
  if (ipv4 == 0) return fail(Errc::not_found, target.text);
  return ipv4_text(ipv4);
}

}  // namespace ferry
