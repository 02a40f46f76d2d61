#include "shared/config/validate.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

namespace ferry::config {

namespace {

struct ListenOption {
  std::string_view key;
  const std::vector<std::string>& addresses;
  bool implicit_tls, proxied;
};

std::array<ListenOption, 4> listen_options(const Options& o) {
  return {ListenOption{"listen", o.listen, false, false},
          ListenOption{"implicit_tls_listen", o.implicit_tls_listen, true, false},
          ListenOption{"proxy_listen", o.proxy_listen, false, true},
          ListenOption{"proxy_implicit_tls_listen", o.proxy_implicit_tls_listen, true, true}};
}

std::optional<Conflict> check_listeners(const Options& options) {
  const auto lists = listen_options(options);
  if (std::ranges::all_of(lists, [](const ListenOption& list) { return list.addresses.empty(); })) {
    return Conflict{"listen",
                    "nothing to listen on; allowed: at least one address here, or in implicit_tls_listen, "
                    "proxy_listen or proxy_implicit_tls_listen"};
  }
  std::set<std::string_view> seen;
  for (const ListenOption& list : lists) {
    if (list.implicit_tls && options.tls == TlsPolicy::off && !list.addresses.empty()) {
      return Conflict{
          list.key,
          "needs TLS, which tls = \"off\" forbids; allowed: an empty list, or tls = \"offered\" or "
          "\"required\""};
    }
    for (const std::string& address : list.addresses) {
      if (address.ends_with(":0") || seen.insert(address).second) continue;
      return Conflict{list.key,
                      fmt::format("{} is named twice; allowed: each address once, in one of the options to "
                                  "listen on",
                                  address)};
    }
  }
  return std::nullopt;
}

// A header from anybody would let anybody be anybody.
std::optional<Conflict> check_proxy(const Options& options) {
  if (!options.proxy_from.empty()) return std::nullopt;
  for (const ListenOption& list : listen_options(options)) {
    if (list.proxied && !list.addresses.empty()) {
      return Conflict{list.key,
                      "needs proxy_from: name the addresses or networks of the load balancers there, such as "
                      "[\"10.0.0.5\"]; allowed without it: an empty list"};
    }
  }
  return std::nullopt;
}

std::optional<Conflict> check_certificate(const Options& options) {
  if (options.tls_certificate.empty() == options.tls_key.empty()) return std::nullopt;
  const bool key_is_missing = options.tls_key.empty();
  return Conflict{key_is_missing ? "tls_certificate" : "tls_key",
                  fmt::format("stands alone; allowed: {} with it, or neither of the two",
                              key_is_missing ? "tls_key" : "tls_certificate")};
}

std::optional<Conflict> check_registration(const Options& options) {
  if (options.tls != TlsPolicy::off || options.registration == Registration::closed) return std::nullopt;
  return Conflict{"registration",
                  "\"open\" needs TLS, which tls = \"off\" forbids: a password must not travel in clear; "
                  "allowed: closed"};
}

std::optional<Conflict> check_resumption(const Options& options) {
  if (options.tls != TlsPolicy::off || options.data_resumption != DataResumption::required)
    return std::nullopt;
  return Conflict{"data_resumption",
                  "\"required\" needs TLS, which tls = \"off\" forbids; allowed: preferred or off"};
}

std::optional<Conflict> check_client_certificates(const Options& options) {
  if (options.client_certificates == ClientCertificates::off) return std::nullopt;
  if (options.tls == TlsPolicy::off) {
    return Conflict{"client_certificates", "needs TLS, which tls = \"off\" forbids; allowed: off"};
  }
  if (options.client_certificates != ClientCertificates::required || !options.client_ca.empty())
    return std::nullopt;
  return Conflict{"client_certificates",
                  "\"required\" needs client_ca, which says whose are believed; allowed: client_ca with it, "
                  "optional or off"};
}

}  // namespace

std::optional<Conflict> validate(const Options& options) {
  for (const auto check : {check_listeners, check_proxy, check_certificate, check_registration,
                           check_resumption, check_client_certificates}) {
    if (auto conflict = check(options)) return conflict;
  }
  return std::nullopt;
}

}  // namespace ferry::config
