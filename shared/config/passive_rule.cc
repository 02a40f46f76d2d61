#include "shared/config/passive_rule.h"

#include <fmt/core.h>

#include <algorithm>

#include "shared/base/ascii.h"
#include "shared/base/check.h"
#include "shared/net/address.h"

namespace ferry {

namespace {

constexpr std::size_t kMaxName = 253, kMaxLabel = 63;  // RFC 1035 §2.3.4

bool is_label(std::string_view label) {
  const auto is_letter_or_digit = [](char c) {
    return is_ascii_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, [&](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; });
}

// A last label of digits alone is an address gone wrong ("192.0.2.300"), no name.
bool is_host_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.size() > kMaxName) return false;
  std::string_view last;
  while (true) {
    const std::size_t dot = text.find('.');
    last = text.substr(0, dot);
    if (!is_label(last)) return false;
    if (dot == std::string_view::npos) break;
    text.remove_prefix(dot + 1);
  }
  return !std::ranges::all_of(last, is_ascii_digit);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

}  // namespace

Result<PassiveTarget> parse_passive_target(std::string_view text) {
  if (text.empty() || text == "local") return PassiveTarget{};
  if (const auto address = net::Address::parse(text, 0)) {
    if (address->is_ipv6() || address->is_unspecified())
      return fail(Errc::bad_syntax, fmt::format("{} cannot be told in the answer to PASV", text));
    return PassiveTarget{PassiveTarget::Kind::address, address->ip()};
  }
  if (!is_host_name(text)) return fail(Errc::bad_syntax, fmt::format("'{}' is no address and no name", text));
  return PassiveTarget{PassiveTarget::Kind::name, lower(text)};
}

Result<PassiveRule> parse_passive_rule(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals + 1 == text.size())
    return fail(Errc::bad_syntax, fmt::format("'{}' is not NETWORK=WHERE", text));
  auto clients = net::Network::parse(text.substr(0, equals));
  if (!clients) return tl::unexpected(clients.error());
  if (clients->is_ipv6()) return fail(Errc::bad_syntax, "PASV is for IPv4");
  auto target = parse_passive_target(text.substr(equals + 1));
  if (!target) return tl::unexpected(target.error());
  return PassiveRule{*clients, std::move(*target)};
}

std::vector<PassiveRule> passive_rules(const Options& options) {
  std::vector<PassiveRule> rules;
  const auto add = [&](const std::string& text) {
    auto rule = parse_passive_rule(text);
    CHECK(rule.has_value());
    rules.push_back(std::move(*rule));
  };
  for (const std::string& text : options.passive_address_for) add(text);
  add("0.0.0.0/0=" + (options.passive_address.empty() ? "local" : options.passive_address));
  return rules;
}

std::vector<std::string> passive_names(const Options& options) {
  std::vector<std::string> names;
  for (const PassiveRule& rule : passive_rules(options)) {
    if (rule.target.kind == PassiveTarget::Kind::name &&
        std::ranges::find(names, rule.target.text) == names.end())
      names.push_back(rule.target.text);
  }
  return names;
}

}  // namespace ferry
