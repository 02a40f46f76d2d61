#include "client/cli/policy_options.h"

#include <CLI/CLI.hpp>

namespace ferry::client {

void add_policy_options(CLI::App& app, Options& /*options*/, PolicyTexts& texts) {
  app.add_option("--preserve", texts.preserve, "what files keep: time (the default), mode, both, or none")
      ->type_name("time,mode");
}

std::string convert_policies(const PolicyTexts& texts, Options& options) {
  if (!texts.preserve.empty()) {
    const auto preserve = parse_preserve(texts.preserve);
    if (!preserve) return "--preserve: time, mode, time,mode or none, not " + texts.preserve;
    options.preserve = *preserve;
  }
  return "";
}

}  // namespace ferry::client
