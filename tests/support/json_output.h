// What `ferry --json` printed, checked against its own documentation: every line is one JSON object, of a
// type that docs/json.md has a heading for, with no field that it does not name, and the last is the summary.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace ferry::test {

// Fails the running test where the output is not as documented.
std::vector<nlohmann::json> json_lines_of(const std::string& out);

}  // namespace ferry::test
