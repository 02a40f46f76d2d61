#include "tests/interop/difficult_tree.h"

#include "tests/support/bytes.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBig = 3'000'001;
constexpr int kDepth = 20;

const char* const kNames[] = {
    "日本語/写真集.txt",
    "日本語/夏祭り 2026/花火.jpg",
    "中文/简体与繁體.md",
    "한국어/파일.txt",
    "emoji/🚢 ferry.txt",
    "caf\u00e9 composed.txt",
    "cafe\u0301 decomposed.txt",
    "two  spaces.txt",
    " leading blank",
    "trailing blank ",
    "blank folder /in it ",
    "it's.txt",
    "say \"hi\".txt",
    "\"",
    "'",
    "''\"\"",
    "-dash",
    "-rf/-la",
    "--help",
    "-a -l/ -b",
    "#hash.txt",
    "50%.txt",
    "%41%2F.txt",
    "[ab]*.txt",
    "[",
    "*",
    "que?stion",
    "semi;colon;",
    "a&b=c",
    "$HOME",
    "`tick`",
    "back\\slash",
    "~",
    "~mika",
    "pipe|",
    "|pipe first",
    "{a,b}",
    "(paren)",
    "<lt>gt",
    "!bang",
    "a:b",
    "comma,",
    "at@host",
    "a+b",
    "^caret",
    "type=dir;size=1; x",
    "a -> b",
    "total 12",
    "Nov 21 04:30 x",
    ".hidden",
    ".hidden folder/.x",
    "...",
    "..two",
    "README",
    "readme",
    "ReadMe",
};
const char* const kEmptyFiles[] = {"empty", "日本語/empty"};
const char* const kEmptyFolders[] = {"empty folder", "nested empty/a/b", "-", "日本語/空"};

void add(Tree& tree, const std::string& path, std::optional<std::string> content) {
  for (std::size_t slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1))
    tree.emplace(path.substr(0, slash), std::nullopt);
  tree.emplace(path, std::move(content));
}

bool lies_in(const std::string& path, const std::string& folder) {
  return path == folder || path.starts_with(folder + "/");
}

}  // namespace

Tree difficult_tree(const std::vector<std::string>& left_out) {
  Tree tree;
  for (const char* name : kNames) add(tree, name, std::string("content of ") + name);
  for (const char* name : kEmptyFiles) add(tree, name, "");
  for (const char* name : kEmptyFolders) add(tree, name, std::nullopt);
  add(tree, std::string(251, 'n') + ".txt", "255 bytes of name");
  std::string wide, deep = "deep";
  for (int i = 0; i < 85; ++i) wide += "海";  // 255 bytes as well
  add(tree, wide, "85 characters");
  for (int i = 1; i <= kDepth; ++i) deep += "/d" + std::to_string(i);
  add(tree, deep + "/bottom", "so deep");
  add(tree, "big", some_bytes(kBig));
  add(tree, "lines", std::string("a\r\nb\nc\r\xff\xff\xf4\0\r\n", 13));
  for (const std::string& path : left_out)
    std::erase_if(tree, [&](const auto& entry) { return lies_in(entry.first, path); });
  return tree;
}

// In the order of the map a folder comes before what lies in it.
void make_tree(const fs::path& folder, const Tree& tree) {
  fs::create_directories(folder);
  for (const auto& [path, content] : tree) {
    if (content) {
      write_bytes(folder / path, *content);
    } else {
      fs::create_directory(folder / path);
    }
  }
}

Tree read_tree(const fs::path& folder) {
  Tree tree;
  if (!fs::exists(folder)) return tree;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path = entry.path().lexically_relative(folder).string();
    if (entry.is_directory()) {
      tree.emplace(path, std::nullopt);
    } else {
      tree.emplace(path, read_bytes(entry.path()));
    }
  }
  return tree;
}

testing::AssertionResult same_tree(const Tree& expected, const Tree& found) {
  std::string differences;
  for (const auto& [path, content] : expected) {
    const auto at = found.find(path);
    if (at == found.end()) {
      differences += "missing: '" + path + "'\n";
    } else if (at->second != content) {
      differences += "differs: '" + path + "'\n";
    }
  }
  for (const auto& [path, content] : found) {
    if (!expected.contains(path)) differences += "too much: '" + path + "'\n";
  }
  if (differences.empty()) return testing::AssertionSuccess();
  return testing::AssertionFailure() << differences;
}

}  // namespace ferry::test
