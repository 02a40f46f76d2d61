#include "shared/config/validate.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace ferry::config {

namespace {

std::optional<Conflict> check_listeners(const Options& options) {
  if (options.listen.empty() && options.implicit_tls_listen.empty()) {
    return Conflict{"listen",
                    "nothing to listen on; allowed: at least one address here or in implicit_tls_listen"};
  }
  if (options.tls == TlsPolicy::off && !options.implicit_tls_listen.empty()) {
    return Conflict{"implicit_tls_listen",
                    "needs TLS, which tls = \"off\" forbids; allowed: an empty list, or tls = \"offered\" or "
                    "\"required\""};
  }
  std::set<std::string_view> seen;
  for (const auto* list : {&options.listen, &options.implicit_tls_listen}) {
    const std::string_view key = list == &options.listen ? "listen" : "implicit_tls_listen";
    for (const std::string& address : *list) {
      if (address.ends_with(":0") || seen.insert(address).second) continue;
      return Conflict{
          key,
          fmt::format("{} is named twice; allowed: each address once, in listen or in implicit_tls_listen",
                      address)};
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
  for (const auto check : {check_listeners, check_certificate, check_registration, check_resumption,
                           check_client_certificates}) {
    if (auto conflict = check(options)) return conflict;
  }
  return std::nullopt;
}

}  // namespace ferry::config
