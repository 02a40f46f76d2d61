// "Did you mean …?" Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ferry::client {

// The candidate with the least edits from `word`; "" when none is near.
std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace ferry::client
