// A tree of some 60 files whose names break clients and servers: CJK, both Unicode forms, blanks at either
// end, quotes, leading dashes, what shells, patterns, URLs and listings give a meaning to, 255 bytes; empty
// files and folders, 20 folders deep, a few megabytes. Lives in memory; used by the tests of foreign clients.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ferry::test {

// Path below the root to content; nothing is a folder.
using Tree = std::map<std::string, std::optional<std::string>>;

// All of it but the paths in `left_out` and what lies below them.
Tree difficult_tree(const std::vector<std::string>& left_out = {});
void make_tree(const std::filesystem::path& folder, const Tree& tree);
Tree read_tree(const std::filesystem::path& folder);

// Names whatever is missing, too much, or of another content.
testing::AssertionResult same_tree(const Tree& expected, const Tree& found);

}  // namespace ferry::test
