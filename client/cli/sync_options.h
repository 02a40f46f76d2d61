// Options of `ferry sync`. How to add one: as in option_groups.h.
#pragma once

#include <string>

#include "client/line/options.h"

namespace CLI {
class App;
}

namespace ferry::client {

// What CLI11 fills before it is checked.
struct SyncTexts {
  std::string compare;
};

// All must outlive the parsing.
void add_sync_options(CLI::App& app, SyncWish& wish, SyncTexts& texts);
// What is wrong, "" when nothing is.
std::string convert_sync(const SyncTexts& texts, SyncWish& wish);

}  // namespace ferry::client
