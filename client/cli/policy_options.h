// Options of get and put about what is there already and what a copy keeps. How to add one: as in
// option_groups.h.
#pragma once

#include <string>
#include <string_view>

#include "client/line/options.h"

namespace CLI {
class App;
}

namespace ferry::client {

// What CLI11 fills before it is checked.
struct PolicyTexts {
  std::string if_exists, preserve, links, min_free;
  bool no_fit_check = false;
};

// The texts and options must outlive the parsing. What a queued item cannot keep is for get and put alone.
void add_policy_options(CLI::App& app, Options& options, PolicyTexts& texts, std::string_view command);
// What is wrong, "" when nothing is.
std::string convert_policies(const PolicyTexts& texts, Options& options);

}  // namespace ferry::client
