// What people read about the options, made from the table.
#include <fmt/core.h>

#include "shared/base/check.h"
#include "shared/config/options.h"
#include "shared/config/table.h"

namespace ferry {

namespace {

using config::Kind;
using config::Row;

Options installed_defaults() {
  auto options = load_options({}, {});
  CHECK(options.has_value());
  return *options;
}

// Lines of at most `columns`, each behind "# ".
std::string as_comment(std::string_view text) {
  constexpr std::size_t kColumns = 100;
  std::string out;
  while (!text.empty()) {
    std::size_t cut = text.size();
    if (cut > kColumns) {
      cut = text.rfind(' ', kColumns);
      if (cut == std::string_view::npos) cut = kColumns;
    }
    out += fmt::format("# {}\n", text.substr(0, cut));
    text.remove_prefix(std::min(text.size(), cut + 1));
  }
  return out;
}

std::string comment_of(const Row& row) {
  std::string allowed = config::allowed_text(row);
  return as_comment(row.meaning) +
         as_comment("Allowed: " + allowed + (row.reloadable ? "." : ". Counts from the next start."));
}

std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string default_text(const Row& row, const Options& defaults) {
  const std::string standard = config::value_toml(row, defaults);
  if (row.checkout.empty()) return standard;
  return fmt::format("{} (from a checkout: {})", standard, row.checkout);
}

}  // namespace

std::string dump_options(const Options& options) {
  std::string out;
  for (const Row& row : config::rows()) {
    out += fmt::format("{}{}{} = {}\n", out.empty() ? "" : "\n", comment_of(row), row.name,
                       config::value_toml(row, options));
  }
  return out;
}

std::string options_sample() {
  const Options defaults = installed_defaults();
  std::string out =
      "# Configuration of ferryd, see ferryd.toml(5). What is commented out shows the default.\n"
      "# `ferryd --check` looks for mistakes, `systemctl reload ferryd` puts changes to work.\n";
  for (const Row& row : config::rows()) {
    out += fmt::format("\n{}#{} = {}\n", comment_of(row), row.name, config::value_toml(row, defaults));
  }
  return out;
}

std::string options_man_section() {
  const Options defaults = installed_defaults();
  std::string out = ".SH OPTIONS\n";
  for (const Row& row : config::rows()) {
    out += fmt::format(".TP\n.B {}\n{}\n.br\nAllowed: {}.\n.br\nDefault: {}.\n", row.name, roff(row.meaning),
                       roff(config::allowed_text(row)), roff(default_text(row, defaults)));
    if (!row.reloadable) out += ".br\nA change counts from the next start.\n";
  }
  return out;
}

}  // namespace ferry
