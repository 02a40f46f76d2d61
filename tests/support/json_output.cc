#include "tests/support/json_output.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "shared/config/options.h"

namespace ferry::test {
namespace {

using nlohmann::json;
using Fields = std::set<std::string>;

// The names in back-quotes of a table row's first cell: "| `size`, `mode` | bytes |".
void add_names(const std::string& row, Fields& fields) {
  std::istringstream cell(row.substr(1, row.find('|', 1) - 1));
  std::string between, name;
  while (std::getline(cell, between, '`') && std::getline(cell, name, '`')) fields.insert(name);
}

// Per heading; "" has what every line has.
const std::map<std::string, Fields>& documented() {
  static const std::map<std::string, Fields> all = [] {
    std::map<std::string, Fields> types;
    const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path().native();
    std::ifstream page(find_checkout(program) + "/docs/json.md");
    EXPECT_TRUE(page) << "docs/json.md is not there";
    std::string heading;
    for (std::string line; std::getline(page, line);) {
      if (line.rfind("## ", 0) == 0) types[heading = line.substr(3)];
      if (line.rfind("| `", 0) == 0) add_names(line, types[heading]);
    }
    return types;
  }();
  return all;
}

// The fields of an object are those of `heading`; those of objects in a list, of "heading.field".
void check_fields(const json& object, const std::string& heading) {
  const auto named = documented().find(heading);
  ASSERT_NE(named, documented().end()) << "no heading in docs/json.md: " << heading << " " << object;
  for (const auto& [field, value] : object.items()) {
    const std::string name = field.ends_with("_b64") ? field.substr(0, field.size() - 4) : field;
    EXPECT_TRUE(documented().at("").contains(name) || named->second.contains(name))
        << "docs/json.md does not name " << field << " of " << heading << ": " << object;
    EXPECT_FALSE(value.is_number_float()) << field << object;
    if (!value.is_array()) continue;
    for (const json& inner : value) {
      if (inner.is_object()) check_fields(inner, heading + "." + field);
    }
  }
}

void check(const json& line) {
  ASSERT_TRUE(line.is_object());
  for (const std::string& field : documented().at("")) EXPECT_TRUE(line.contains(field)) << field << line;
  EXPECT_EQ(line["v"], 1);
  check_fields(line, line["type"].get<std::string>());
}

}  // namespace

std::vector<json> json_lines_of(const std::string& out) {
  std::vector<json> lines;
  EXPECT_TRUE(!out.empty() && out.back() == '\n') << "no whole line: " << out;
  std::istringstream all(out);
  for (std::string text; std::getline(all, text);) {
    json line = json::parse(text, nullptr, false);
    EXPECT_FALSE(line.is_discarded()) << "no JSON: " << text;
    if (line.is_discarded()) continue;
    check(line);
    if (!lines.empty()) {
      EXPECT_NE(lines.back()["type"], "summary") << "something comes behind the summary";
    }
    lines.push_back(std::move(line));
  }
  EXPECT_TRUE(!lines.empty() && lines.back()["type"] == "summary") << out;
  return lines;
}

}  // namespace ferry::test
