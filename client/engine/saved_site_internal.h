// The keys of a site in sites.toml: one table that reading and editing share. How to add one: a member of
// SavedSite, a row in saved_site.cc, its line in man/ferry.1.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "client/engine/saved_site.h"
#include "shared/base/toml_text.h"

namespace ferry::client {

struct SiteKey {
  std::string_view name;
  bool is_text;  // its value stands in quotes
  // What is wrong with the value, "" when nothing is.
  std::string (*take)(const toml::node& value, SavedSite& site);
  // The value, without quotes; nullopt: the default, which needs no line.
  std::optional<std::string> (*give)(const SavedSite& site);
  void (*reset)(SavedSite& site);  // to the default
};

std::span<const SiteKey> site_keys();
std::string toml_value(const SiteKey& key, const std::string& value);

// Errc::bad_syntax with line and column.
Result<toml::table> parse_toml(std::string_view text);

}  // namespace ferry::client
