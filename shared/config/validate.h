// Rules between options. What concerns one option alone is in its row. Internal to shared/config.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "shared/config/options.h"

namespace ferry::config {

struct Conflict {
  std::string_view key;  // the option to name, with where it was set
  std::string sentence;
};

std::optional<Conflict> validate(const Options& options);

}  // namespace ferry::config
