#include "client/engine/compare.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace ferry::client {
namespace {

namespace fs = std::filesystem;

struct Heard : CompareObserver {
  void file(const std::string&, std::int64_t, std::int64_t) override {}
  void difference(const Difference& difference) override {
    all.push_back(std::string(difference_word(difference.kind)) + " " + difference.name +
                  (difference.is_folder ? "/" : ""));
  }
  void failed(const Error& error) override { failures.push_back(error.context); }
  void note(const std::string& text) override { notes.push_back(text); }
  std::vector<std::string> all, failures, notes;
};

class CompareTest : public testing::Test {
 protected:
  CompareTest() {
    fs::create_directories(a());
    fs::create_directories(b());
  }
  fs::path a() const { return dir_.path() / "a"; }
  fs::path b() const { return dir_.path() / "b"; }
  static void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  Comparison compare() { return compare(a(), b()); }
  Comparison compare(const fs::path& first, const fs::path& second) {
    heard_ = {};
    auto result = compare_sides(*local_side(first, cancel_), *local_side(second, cancel_), std::nullopt,
                                cancel_, heard_);
    EXPECT_TRUE(result);
    return result.value_or(Comparison{});
  }

  test::TempDir dir_;
  Cancel cancel_;
  Heard heard_;
};

TEST_F(CompareTest, FindsNothingInTwoOfAKind) {
  for (const auto& root : {a(), b()}) {
    write(root / "x", "same");
    write(root / "deep/er/y", "");
  }
  const Comparison comparison = compare();
  EXPECT_EQ(comparison.same, 2);
  EXPECT_EQ(comparison.different, 0);
  EXPECT_TRUE(heard_.all.empty());
}

TEST_F(CompareTest, TellsEachKindOfDifference) {
  write(a() / "content", "abc");
  write(b() / "content", "abd");
  write(a() / "size", "abc");
  write(b() / "size", "abcd");
  write(a() / "here", "");
  write(b() / "there", "");
  write(a() / "kind", "");
  write(b() / "kind/inside", "");
  const Comparison comparison = compare();
  EXPECT_EQ(heard_.all, (std::vector<std::string>{"digest content", "only-in-a here", "type kind/",
                                                  "size size", "only-in-b there"}));
  EXPECT_EQ(comparison.different, 5);
  EXPECT_EQ(comparison.same, 0);
}

TEST_F(CompareTest, TellsAFolderThatIsMissingOnce) {
  write(a() / "dir/one", "");
  write(a() / "dir/two/three", "");
  write(a() / "dir two/four", "");
  write(a() / "dir.txt", "");
  compare();
  EXPECT_EQ(heard_.all,
            (std::vector<std::string>{"only-in-a dir/", "only-in-a dir two/", "only-in-a dir.txt"}));
}

TEST_F(CompareTest, ComparesTwoFiles) {
  write(a() / "x", "same");
  write(b() / "y", "same");
  EXPECT_EQ(compare(a() / "x", b() / "y").same, 1);
  write(b() / "y", "sane");
  EXPECT_EQ(compare(a() / "x", b() / "y").different, 1);
  EXPECT_EQ(compare(a() / "x", b()).different, 1) << "a file is no folder";
  EXPECT_EQ(heard_.all, std::vector<std::string>{"type /"});
}

TEST_F(CompareTest, IsNoAnswerWhereSomethingCannotBeRead) {
  if (::geteuid() == 0) {
    write(a() / "x", "same");
    write(b() / "x", "same");
    cancel_.request();
    const Comparison stopped = compare();
    EXPECT_TRUE(stopped.is_stopped);
    EXPECT_EQ(stopped.failed, 1);
    EXPECT_EQ(stopped.first_error->kind, Errc::cancelled);
    return;
  }
  write(a() / "x", "same");
  write(b() / "x", "same");
  fs::permissions(a() / "x", fs::perms::none);
  EXPECT_EQ(compare().failed, 1);
}

TEST_F(CompareTest, SaysWhatIsNotThere) {
  auto result = compare_sides(*local_side(a() / "nowhere", cancel_), *local_side(b(), cancel_), std::nullopt,
                              cancel_, heard_);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Errc::not_found);
}

}  // namespace
}  // namespace ferry::client
