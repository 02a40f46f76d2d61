#include "client/engine/saved_site.h"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "client/engine/charset.h"
#include "client/engine/saved_site_internal.h"
#include "shared/base/terminal_text.h"
#include "shared/base/utf8.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestFile = 1024 * 1024;

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

std::string take_text(const toml::node& value, std::string& text) {
  const auto* string = value.as_string();
  if (string == nullptr) return "a text in quotes is needed";
  if (string->get().empty()) return "it is empty; leave the line out";
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::ranges::any_of(string->get(), is_control)) return "a control character cannot be part of it";
  text = string->get();
  return "";
}

std::string take_host(const toml::node& value, SavedSite& site) {
  if (auto wrong = take_text(value, site.host); !wrong.empty()) return wrong;
  const bool is_ipv6 = site.host.find(':') != std::string::npos && site.host.front() != '[';
  const auto parsed = ftp::parse_url(is_ipv6 ? "[" + site.host + "]" : site.host);
  if (!parsed || parsed->user || parsed->port != 0 || !parsed->path.empty()) return "no host name or address";
  site.host = canonical_host(parsed->host);
  return "";
}

std::string take_port(const toml::node& value, SavedSite& site) {
  const auto* number = value.as_integer();
  if (number == nullptr || number->get() < 1 || number->get() > 65535) return "a number from 1 to 65535";
  site.port = static_cast<std::uint16_t>(number->get());
  return "";
}

std::string take_tls(const toml::node& value, SavedSite& site) {
  std::string mode;
  if (auto wrong = take_text(value, mode); !wrong.empty()) return wrong;
  if (mode == "required") site.security = ftp::Security::explicit_tls;
  if (mode == "implicit") site.security = ftp::Security::implicit_tls;
  if (mode == "off") site.security = ftp::Security::clear;
  return mode == "required" || mode == "implicit" || mode == "off" ? "" : "required, implicit or off";
}

std::optional<std::string> give_tls(const SavedSite& site) {
  if (site.security == ftp::Security::explicit_tls) return std::nullopt;
  return site.security == ftp::Security::implicit_tls ? "implicit" : "off";
}

std::string take_active(const toml::node& value, SavedSite& site) {
  const auto* is_active = value.as_boolean();
  if (is_active == nullptr) return "true or false";
  site.active = is_active->get();
  return "";
}

std::string take_pin(const toml::node& value, SavedSite& site) {
  std::string text;
  if (auto wrong = take_text(value, text); !wrong.empty()) return wrong;
  auto pin = parse_fingerprint(text);
  if (!pin) return pin.error().context;
  site.pin = *pin;
  return "";
}

std::optional<std::string> give_pin(const SavedSite& site) {
  return site.pin.empty() ? std::nullopt : std::optional(spell_fingerprint(site.pin));
}

std::string take_ca(const toml::node& value, SavedSite& site) {
  if (auto wrong = take_text(value, site.ca_file); !wrong.empty()) return wrong;
  return site.ca_file.front() == '/' ? "" : "an absolute path is needed";
}

std::string take_charset(const toml::node& value, SavedSite& site) {
  if (auto wrong = take_text(value, site.charset); !wrong.empty()) return wrong;
  const auto charset = Charset::create(site.charset);
  return charset ? "" : charset.error().context;
}

// clang-format off
constexpr std::array kKeys{
    SiteKey{"host", true, take_host, [](const SavedSite& site) { return unless_empty(site.host); },
            [](SavedSite& site) { site.host.clear(); }},
    SiteKey{"port", false, take_port,
            [](const SavedSite& site) { return site.port == 0 ? std::nullopt : std::optional(std::to_string(site.port)); },
            [](SavedSite& site) { site.port = 0; }},
    SiteKey{"tls", true, take_tls, give_tls,
            [](SavedSite& site) { site.security = ftp::Security::explicit_tls; }},
    SiteKey{"user", true, [](const toml::node& value, SavedSite& site) { return take_text(value, site.user); },
            [](const SavedSite& site) { return unless_empty(site.user); },
            [](SavedSite& site) { site.user.clear(); }},
    SiteKey{"folder", true, [](const toml::node& value, SavedSite& site) { return take_text(value, site.folder); },
            [](const SavedSite& site) { return unless_empty(site.folder); },
            [](SavedSite& site) { site.folder.clear(); }},
    SiteKey{"active", false, take_active,
            [](const SavedSite& site) { return site.active ? std::optional<std::string>("true") : std::nullopt; },
            [](SavedSite& site) { site.active = false; }},
    SiteKey{"pin", true, take_pin, give_pin, [](SavedSite& site) { site.pin.clear(); }},
    SiteKey{"ca", true, take_ca, [](const SavedSite& site) { return unless_empty(site.ca_file); },
            [](SavedSite& site) { site.ca_file.clear(); }},
    SiteKey{"charset", true, take_charset, [](const SavedSite& site) { return unless_empty(site.charset); },
            [](SavedSite& site) { site.charset.clear(); }},
};
// clang-format on

tl::unexpected<Error> bad(const toml::source_position& where, const std::string& what) {
  return fail(Errc::bad_syntax, fmt::format("{}:{}: {}", where.line, where.column, what));
}

Result<SavedSite> read_site(std::string_view name, const toml::source_position& where,
                            const toml::node& node) {
  const toml::table* table = node.as_table();
  if (table == nullptr)
    return bad(where, "there is no setting " + std::string(name) + "; a site begins with [NAME]");
  if (!is_site_name(name)) return bad(where, std::string(name) + ": cannot be the name of a site");
  SavedSite site;
  site.name = name;
  for (const auto& [key, value] : *table) {
    const auto row = std::ranges::find(kKeys, key.str(), &SiteKey::name);
    if (row == kKeys.end())
      return bad(key.source().begin, "there is no key " + std::string(key.str()) + " of a site");
    if (const std::string wrong = row->take(value, site); !wrong.empty())
      return bad(key.source().begin, std::string(key.str()) + ": " + wrong);
  }
  if (site.host.empty()) return bad(where, site.name + ": the site has no host");
  return site;
}

bool is_ipv6(std::string_view text) {
  in6_addr ignored;
  return ::inet_pton(AF_INET6, std::string(text.substr(0, text.find('%'))).c_str(), &ignored) == 1;
}

}  // namespace

std::span<const SiteKey> site_keys() {
  return kKeys;
}

std::string toml_value(const SiteKey& key, const std::string& value) {
  if (!key.is_text) return value;
  std::string quoted = "\"";
  for (const char c : value) {  // no control characters: take_text refuses them
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

Status unset_key(SavedSite& site, std::string_view name) {
  const auto row = std::ranges::find(kKeys, name, &SiteKey::name);
  if (row == kKeys.end() || name == "host")
    return fail(Errc::bad_syntax, "a site has no key " + std::string(name) + " that can be taken away");
  row->reset(site);
  return {};
}

Site SavedSite::site() const {
  Site site;
  site.saved_as = name;
  site.host = host;
  site.port = ftp::Url{security, "", port, {}, ""}.effective_port();
  site.security = security;
  site.active = active;
  site.ca_file = ca_file;
  site.pinned = pin;
  site.charset = charset;
  return site;
}

bool is_site_name(std::string_view name) {
  if (name.size() < 2 || name.size() > kLongestName || name == "ftp" || name == "ftps") return false;
  if (name.front() == '-' || name.front() == '.') return false;
  if (name.find_first_of(" :/\\@[]\"'#") != std::string_view::npos) return false;
  return terminal_safe(name) == name;
}

std::optional<SiteOperand> parse_site_operand(std::string_view operand) {
  if (operand.find("://") != std::string_view::npos) return std::nullopt;
  const auto colon = operand.find(':');
  if (colon == std::string_view::npos || !is_site_name(operand.substr(0, colon))) return std::nullopt;
  if (is_ipv6(operand.substr(0, operand.find('/')))) return std::nullopt;
  return SiteOperand{std::string(operand.substr(0, colon)), std::string(operand.substr(colon + 1))};
}

std::string path_on_site(const SavedSite& site, const std::string& path) {
  if (site.folder.empty() || (!path.empty() && path.front() == '/')) return path;
  return site.folder + (site.folder.back() == '/' ? "" : "/") + path;
}

Result<toml::table> parse_toml(std::string_view text) {
  if (text.size() > kLongestFile) return fail(Errc::bad_syntax, "1:1: longer than any list of sites");
  auto table = parse_toml_text(text);
  if (!table)
    return fail(Errc::bad_syntax,
                fmt::format("{}:{}: {}", table.error().line, table.error().column, table.error().what));
  return std::move(*table);
}

Result<std::vector<SavedSite>> parse_sites(std::string_view text) {
  auto table = parse_toml(text);
  if (!table) return tl::unexpected(table.error());
  std::vector<std::pair<toml::source_index, SavedSite>> found;
  for (const auto& [key, node] : *table) {
    auto site = read_site(key.str(), key.source().begin, node);
    if (!site) return tl::unexpected(site.error());
    found.emplace_back(key.source().begin.line, std::move(*site));
  }
  std::ranges::stable_sort(found, {}, [](const auto& row) { return row.first; });
  std::vector<SavedSite> sites;
  for (auto& row : found) sites.push_back(std::move(row.second));
  return sites;
}

std::vector<std::pair<std::string, std::string>> site_lines(const SavedSite& site) {
  std::vector<std::pair<std::string, std::string>> lines;
  for (const SiteKey& key : kKeys) {
    if (auto value = key.give(site)) lines.emplace_back(key.name, std::move(*value));
  }
  return lines;
}

}  // namespace ferry::client
