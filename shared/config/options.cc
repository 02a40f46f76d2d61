#include "shared/config/options.h"

#include <fmt/core.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "shared/base/check.h"
#include "shared/base/toml_text.h"
#include "shared/config/table.h"
#include "shared/config/validate.h"

namespace ferry {

namespace {

using config::Kind;
using config::RawValue;
using config::Row;

// Where each option was set last ("ferryd.toml:12", "--set"), for the error sentences.
using Origins = std::map<std::string_view, std::string>;

tl::unexpected<Error> refuse(const std::string& origin, std::string_view key, std::string_view sentence) {
  return fail(Errc::bad_syntax, fmt::format("{}{}{}: {}", origin, origin.empty() ? "" : ": ", key, sentence));
}

tl::unexpected<Error> refuse_unknown(const std::string& origin, std::string_view key) {
  std::string names;
  for (const Row& row : config::rows()) names += fmt::format("{}{}", names.empty() ? "" : ", ", row.name);
  return refuse(origin, key, "unknown option; allowed: " + names);
}

bool takes_integer(Kind kind) {
  return kind == Kind::integer || kind == Kind::size || kind == Kind::duration || kind == Kind::ports;
}

// TOML's own type must be the one of the kind: a number in quotes is no number. Sizes, durations and ports
// are texts, and a plain integer says the same without a doubt (bytes, seconds, one port).
std::optional<std::string> scalar_text(Kind kind, const toml::node& node) {
  if (const auto* boolean = node.as_boolean(); boolean != nullptr && kind == Kind::boolean) {
    return boolean->get() ? "true" : "false";
  }
  if (const auto* integer = node.as_integer(); integer != nullptr && takes_integer(kind)) {
    return std::to_string(integer->get());
  }
  const auto* text = node.as_string();
  if (text == nullptr || kind == Kind::boolean || kind == Kind::integer) return std::nullopt;
  return text->get();
}

std::optional<RawValue> raw_from_toml(const Row& row, const toml::node& node) {
  if (!config::is_list(row.kind)) {
    auto text = scalar_text(row.kind, node);
    if (!text) return std::nullopt;
    return RawValue{std::move(*text)};
  }
  const auto* array = node.as_array();
  if (array == nullptr) return std::nullopt;
  RawValue items;
  for (const toml::node& item : *array) {
    auto text = scalar_text(row.kind, item);
    if (!text) return std::nullopt;
    items.push_back(std::move(*text));
  }
  return items;
}

Status apply_node(const Row& row, const toml::node& node, const std::string& base, const std::string& origin,
                  Options& options) {
  const auto raw = raw_from_toml(row, node);
  if (!raw) return refuse(origin, row.name, "wrong type; allowed: " + config::allowed_text(row));
  const auto done = config::read_value(row, *raw, base, options);
  if (!done) return refuse(origin, row.name, done.error().context);
  return {};
}

void apply_defaults(const OptionSource& source, Options& options) {
  const bool in_checkout = !source.checkout.empty();
  for (const Row& row : config::rows()) {
    const std::string_view text = in_checkout && !row.checkout.empty() ? row.checkout : row.standard;
    const auto done =
        config::read_value(row, config::raw_value(row, text), in_checkout ? source.checkout : "/", options);
    CHECK(done.has_value());
  }
}

// toml++ answers a missing and an unreadable file alike, so the file is opened here first.
Status check_readable(const std::string& file) {
  std::FILE* opened = std::fopen(file.c_str(), "re");
  if (opened == nullptr) return fail_errno(errno, "cannot read " + file);
  std::fclose(opened);
  std::error_code failure;
  if (std::filesystem::is_directory(file, failure))
    return fail(Errc::is_directory, "cannot read " + file + ": it is a folder");
  return {};
}

Status apply_file(const std::string& file, Options& options, Origins& origins) {
  if (auto readable = check_readable(file); !readable) return readable;
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  const auto parsed = parse_toml_text(text.str());
  if (!parsed)
    return fail(Errc::bad_syntax, fmt::format("{}:{}: {}", file, parsed.error().line, parsed.error().what));
  std::error_code failure;
  const std::string base = std::filesystem::absolute(file, failure).parent_path().string();
  for (const auto& [key, node] : *parsed) {
    const std::string origin = fmt::format("{}:{}", file, key.source().begin.line);
    const Row* row = config::find_row(key.str());
    if (row == nullptr) return refuse_unknown(origin, key.str());
    if (auto done = apply_node(*row, node, base, origin, options); !done) return done;
    origins[row->name] = origin;
  }
  return {};
}

// "text" and ["list"] are TOML; [::1]:21 is a bare address, and so is the rest.
bool is_toml(const Row& row, std::string_view value) {
  if (value.starts_with('"') || value.starts_with('\'')) return true;
  return config::is_list(row.kind) && value.starts_with('[') && value.ends_with(']');
}

Status apply_quoted(const Row& row, std::string_view value, const std::string& base, Options& options) {
  const auto parsed = parse_toml_text(fmt::format("value = {}", value));
  if (!parsed || parsed->size() != 1) {
    return refuse("--set", row.name, "not a TOML value; allowed: " + config::allowed_text(row));
  }
  return apply_node(row, *parsed->get("value"), base, "--set", options);
}

Status apply_set(std::string_view set, const std::string& base, Options& options, Origins& origins) {
  const auto equals = set.find('=');
  const std::string_view key = set.substr(0, equals);
  if (equals == std::string_view::npos) return refuse("--set", key, "no value; allowed: KEY=VALUE");
  const Row* row = config::find_row(key);
  if (row == nullptr) return refuse_unknown("--set", key);
  const std::string_view value = set.substr(equals + 1);
  origins[row->name] = "--set";
  if (is_toml(*row, value)) return apply_quoted(*row, value, base, options);
  const auto done = config::read_value(*row, config::raw_value(*row, value), base, options);
  if (!done) return refuse("--set", row->name, done.error().context);
  return {};
}

}  // namespace

Result<Options> load_options(const OptionSource& source, const std::vector<std::string>& sets) {
  Options options;
  Origins origins;
  apply_defaults(source, options);
  if (!source.file.empty()) {
    if (auto done = apply_file(source.file, options, origins); !done) return tl::unexpected(done.error());
  }
  std::error_code failure;
  const std::string here = std::filesystem::current_path(failure).string();
  for (const std::string& set : sets) {
    if (auto done = apply_set(set, here, options, origins); !done) return tl::unexpected(done.error());
  }
  if (const auto conflict = config::validate(options)) {
    const auto origin = origins.find(conflict->key);
    return refuse(origin == origins.end() ? source.file : origin->second, conflict->key, conflict->sentence);
  }
  return options;
}

std::vector<std::string> changed_but_not_reloadable(const Options& before, const Options& after) {
  std::vector<std::string> names;
  for (const Row& row : config::rows()) {
    if (!row.reloadable && !config::same_value(row, before, after)) names.emplace_back(row.name);
  }
  return names;
}

Status keep_not_reloadable(const Options& running, Options& loaded) {
  for (const Row& row : config::rows()) {
    if (!row.reloadable) config::copy_value(row, running, loaded);
  }
  const auto conflict = config::validate(loaded);
  if (conflict) return refuse("with what only a restart changes", conflict->key, conflict->sentence);
  return {};
}

}  // namespace ferry
