#include "shared/ftp/path.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

namespace ferry::ftp {
namespace {

TEST(JoinPath, IsAbsoluteAndTidy) {
  const struct {
    std::string_view base, path, joined;
  } rows[] = {{"/", "", "/"},
              {"/a", "b", "/a/b"},
              {"/a", "/b", "/b"},
              {"/a/", "b/", "/a/b"},
              {"/a", "..", "/"},
              {"/a", "../../../etc", "/etc"},
              {"/a", "./b/./../c//d", "/a/c/d"},
              {"", "x", "/x"},
              {"/", "...", "/..."},
              {"/", "..a/.b", "/..a/.b"},
              {"/a b", " c ", "/a b/ c "},
              {"/", "\\..\\x", "/\\..\\x"}};
  for (const auto& row : rows)
    EXPECT_EQ(join_path(row.base, row.path), row.joined) << row.base << " + " << row.path;
}

TEST(JoinPath, NeverHasDotsLeft) {
  std::mt19937 random(8);
  for (int round = 0; round < 5'000; ++round) {
    std::string path;
    for (auto left = random() % 12; left > 0; --left) path += "./a"[random() % 3];
    const std::string joined = join_path("/x/y", path);
    EXPECT_EQ(joined.front(), '/');
    EXPECT_EQ((joined + "/").find("/../"), std::string::npos) << path;
    EXPECT_EQ((joined + "/").find("/./"), std::string::npos) << path;
    EXPECT_EQ(joined.find("//"), std::string::npos) << path;
    EXPECT_EQ(join_path("/", joined), joined);
  }
}

TEST(Path, HasAParentAndALeaf) {
  EXPECT_EQ(parent_path("/a/b"), "/a");
  EXPECT_EQ(parent_path("/a"), "/");
  EXPECT_EQ(parent_path("/"), "/");
  EXPECT_EQ(parent_path(""), "/");
  EXPECT_EQ(leaf_name("/a/b"), "b");
  EXPECT_EQ(leaf_name("/a"), "a");
  EXPECT_EQ(leaf_name("/"), "");
}

TEST(CheckPathBytes, RefusesWhatCannotBeAFile) {
  EXPECT_TRUE(check_path_bytes("/a/b c/\xff\t"));
  EXPECT_TRUE(check_path_bytes("/" + std::string(255, 'x') + "/y"));
  std::string longest;
  for (int i = 0; i < 40; ++i) longest += "/" + std::string(99, 'x');
  EXPECT_TRUE(check_path_bytes(longest));
  for (const std::string& path :
       {std::string(), std::string("a\rb"), std::string("a\nb"), std::string("a\0b", 3),
        std::string(256, 'x'), "/" + std::string(256, 'x') + "/y", "/y/" + std::string(256, 'x'),
        longest + "x"}) {
    const auto checked = check_path_bytes(path);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().kind, Errc::name_refused);
    EXPECT_FALSE(checked.error().context.empty());
  }
}

TEST(QuotePath, DoublesQuotesAndIsReadBack) {
  EXPECT_EQ(quote_path("/a\"b"), "\"/a\"\"b\"");
  EXPECT_EQ(quote_path(""), "\"\"");
  for (const std::string_view path : {"", "/", "\"", "\"\"", "/a \"b\" c", "/x\"", "\"x"})
    EXPECT_EQ(unquote_path(quote_path(path) + " is the current directory").value_or("failed"), path);
}

TEST(UnquotePath, TakesTheFirstQuotedText) {
  EXPECT_EQ(unquote_path("Directory \"/a\" created, not \"/b\"").value(), "/a");
  for (const std::string_view text : {"", "/a", "\"", "\"/a", "\"/a\"\"", "x\"\"\""})
    EXPECT_EQ(unquote_path(text).error().kind, Errc::bad_syntax) << text;
}

TEST(IsSafeComponent, RefusesWhatWouldLeaveTheFolder) {
  for (const std::string_view name : {"a", "...", "..a", " ", "a b", "-rf", "\xff", "\\", "~", "C:"})
    EXPECT_TRUE(is_safe_component(name)) << name;
  for (const std::string_view name :
       {std::string_view(""), std::string_view("."), std::string_view(".."), std::string_view("/"),
        std::string_view("a/b"), std::string_view("../x"), std::string_view("a\0b", 3),
        std::string_view("a\nb")})
    EXPECT_FALSE(is_safe_component(name)) << name;
  EXPECT_TRUE(is_safe_component(std::string(255, 'x')));
  EXPECT_FALSE(is_safe_component(std::string(256, 'x')));
}

TEST(GlobMatch, FollowsTheShell) {
  const struct {
    std::string_view pattern, name;
    bool matches;
  } rows[] = {{"", "", true},
              {"", "a", false},
              {"*", "", true},
              {"*", "abc", true},
              {"?", "", false},
              {"?", "a", true},
              {"?", "ab", false},
              {"*.txt", "a.txt", true},
              {"*.txt", ".txt", true},
              {"*.txt", "a.txt2", false},
              {"a*b*c", "aXbYbZc", true},
              {"a*b*c", "aXbYbZ", false},
              {"**", "x", true},
              {"a?c", "abc", true},
              {"[a-c]x", "bx", true},
              {"[a-c]x", "dx", false},
              {"[!a-c]x", "dx", true},
              {"[^a-c]x", "ax", false},
              {"[]]", "]", true},
              {"[!]]", "]", false},
              {"[!]]", "x", true},
              {"[a-]", "-", true},
              {"[-a]", "-", true},
              {"[*]", "*", true},
              {"[*]", "x", false},
              {"[", "[", true},
              {"[a", "[a", true},
              {"[a", "a", false},
              {"a[", "a[", true},
              {"[]", "[]", true},
              {"[]", "x", false},
              {"[!]", "[!]", true},
              {"[z-a]", "m", false},
              {"*[0-9]", "file7", true},
              {"*[0-9]", "file", false},
              {"A", "a", false},
              {"?", "ä", true},
              {"??", "ä", false},
              {"[ä-ü]", "ö", true},
              {"[ä-ü]", "a", false},
              {"?", "\xff", true},
              {"\xff", "\xff", true},
              {"[\xfe-\xff]", "\xff", true},
              {"ÿ", "\xff", false}};
  for (const auto& row : rows)
    EXPECT_EQ(glob_match(row.pattern, row.name), row.matches) << row.pattern << " / " << row.name;
}

// What glob_match should say, told in the simplest way.
bool slow_match(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*')
    return slow_match(pattern.substr(1), name) || (!name.empty() && slow_match(pattern, name.substr(1)));
  return !name.empty() && (pattern[0] == '?' || pattern[0] == name[0]) &&
         slow_match(pattern.substr(1), name.substr(1));
}

TEST(GlobMatch, AgreesWithTheObviousAlgorithm) {
  std::mt19937 random(9);
  for (int round = 0; round < 50'000; ++round) {
    std::string pattern(random() % 7, '\0'), name(random() % 8, '\0');
    for (char& c : pattern) c = "ab*?"[random() % 4];
    for (char& c : name) c = "ab"[random() % 2];
    EXPECT_EQ(glob_match(pattern, name), slow_match(pattern, name)) << pattern << " / " << name;
  }
}

TEST(GlobMatch, DoesNotExplodeOnHostilePatterns) {
  const auto start = std::chrono::steady_clock::now();
  std::string stars;
  for (int i = 0; i < 1'000; ++i) stars += "a*";
  EXPECT_FALSE(glob_match(stars + "b", std::string(255, 'a')));
  EXPECT_FALSE(glob_match("*" + std::string(4'000, '['), std::string(255, '[')));
  EXPECT_FALSE(glob_match("*[" + std::string(4'000, 'a') + "]b", std::string(255, 'a')));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

}  // namespace
}  // namespace ferry::ftp
