// Whether a command line without a sub-command means the full screen.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ferry::client {

// `ferry`, on a terminal, and `ferry SITE|URL …`: the words with "open" in front. nullopt: it is something
// else.
std::optional<std::vector<std::string>> full_screen_words(int argc, char** argv);

}  // namespace ferry::client
