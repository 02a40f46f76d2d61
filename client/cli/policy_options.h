// Options of get and put about what is there already and what a copy keeps. How to add one: as in
// option_groups.h.
#pragma once

#include <string>

#include "client/line/options.h"

namespace CLI {
class App;
}

namespace ferry::client {

// What CLI11 fills before it is checked.
struct PolicyTexts {
  std::string preserve;
};

// All must outlive the parsing.
void add_policy_options(CLI::App& app, Options& options, PolicyTexts& texts);
// What is wrong, "" when nothing is.
std::string convert_policies(const PolicyTexts& texts, Options& options);

}  // namespace ferry::client
