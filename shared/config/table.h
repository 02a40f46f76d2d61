// The option table: one row per option, and what its kind can do with text. Internal to shared/config;
// everybody else sees options.h. Every value enters through read_text (defaults, file and --set alike) and
// leaves through value_text, so the two cannot drift apart.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "shared/base/bytes.h"
#include "shared/base/result.h"
#include "shared/config/options.h"

namespace ferry::config {

enum class Kind {
  boolean,
  integer,
  size,
  duration,
  words,
  text,
  path,
  optional_path,
  passive_target,
  passive_rules,
  addresses,
  hosts,
  networks,
  ports,
  user
};

constexpr bool is_list(Kind kind) {
  return kind == Kind::addresses || kind == Kind::hosts || kind == Kind::networks ||
         kind == Kind::passive_rules;
}

using Member =
    std::variant<bool Options::*, int Options::*, Bytes Options::*, std::chrono::milliseconds Options::*,
                 TlsPolicy Options::*, DataResumption Options::*, Registration Options::*,
                 ClientCertificates Options::*, UploadEnd Options::*, std::string Options::*,
                 std::vector<std::string> Options::*, PortRange Options::*>;

struct Row {
  std::string_view name;
  Kind kind;
  Member member;
  std::string_view standard;  // default, as text
  std::string_view checkout;  // default of a run from the checkout where it differs, else ""
  std::string_view least;     // range of integer, size and duration, as text
  std::string_view most;
  bool reloadable;  // SIGHUP puts a new value to work
  std::string_view meaning;
};

// In the order of the sample configuration.
std::span<const Row> rows();
const Row* find_row(std::string_view name);

// One value before it is checked: a scalar is one piece of text; a list any number. Quotes are gone.
using RawValue = std::vector<std::string>;

// Bare text (a default, --set): lists are split at commas, everything else is one piece.
RawValue raw_value(const Row& row, std::string_view bare);

// Checks and stores. Relative paths go below `base`. The error is one clause, "… ; allowed: …".
Status read_value(const Row& row, const RawValue& value, const std::string& base, Options& options);

// The option's value as TOML.
std::string value_toml(const Row& row, const Options& options);
// What may stand there, for error sentences and manuals: "0 to 256", "required, offered or off".
std::string allowed_text(const Row& row);

bool same_value(const Row& row, const Options& a, const Options& b);
void copy_value(const Row& row, const Options& from, Options& to);

}  // namespace ferry::config
