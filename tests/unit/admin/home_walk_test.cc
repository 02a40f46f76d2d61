#include "admin/home_walk.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "tests/support/temp_dir.h"

namespace ferry::admin {
namespace {

namespace fs = std::filesystem;

TEST(NameStack, GivesBackTheLastFirst) {
  NameStack names;
  for (const char* name : {"a", "", "c"}) ASSERT_TRUE(names.push(name));
  for (const char* name : {"c", "", "a"}) EXPECT_EQ(*names.pop(), name);
}

TEST(NameStack, KeepsWhatItPutIntoAFile) {
  NameStack names(100);
  std::vector<std::string> expected;
  unsigned state = 1;
  for (int round = 0; round < 20'000; ++round) {
    state = state * 1664525 + 1013904223;
    // More in than out at first, then the other way.
    if (expected.empty() || (state >> 24) % 10 < (round < 10'000 ? 6 : 3)) {
      expected.push_back(std::string((state >> 16) % 200, 'x') + std::to_string(round));
      ASSERT_TRUE(names.push(expected.back()));
    } else {
      ASSERT_EQ(*names.pop(), expected.back());
      expected.pop_back();
    }
  }
  for (; !expected.empty(); expected.pop_back()) ASSERT_EQ(*names.pop(), expected.back());
}

TEST(HomeWalk, TellsEveryFileWithItsPath) {
  const test::TempDir dir;
  const std::set<std::string> files = {"/a", "/b/c/d", "/b/c/e f", "/b/.ferry/x", "/b/\xFF\n", "/z/z"};
  for (const std::string& file : files) {
    fs::create_directories((dir.path() / file.substr(1)).parent_path());
    std::ofstream(dir.path() / file.substr(1)) << file;
  }
  fs::create_directories(dir.path() / ".ferry");
  std::ofstream(dir.path() / ".ferry/partial") << "p";
  fs::create_directory_symlink("b", dir.path() / "link");
  fs::create_directory(dir.path() / "empty");
  std::set<std::string> seen;
  const Status walked =
      HomeWalk::run(dir.path().string(), [&](std::string_view path, const struct stat& found) -> Status {
        EXPECT_EQ(static_cast<std::size_t>(found.st_size), path.size());
        EXPECT_TRUE(seen.emplace(path).second) << path;
        return {};
      });
  ASSERT_TRUE(walked) << walked.error().context;
  EXPECT_EQ(seen, files);
}

TEST(HomeWalk, EndsWithTheVisitorsError) {
  const test::TempDir dir;
  std::ofstream(dir.path() / "a") << "a";
  const Status walked =
      HomeWalk::run(dir.path().string(),
                    [](std::string_view, const struct stat&) -> Status { return fail(Errc::timeout, "no"); });
  ASSERT_FALSE(walked);
  EXPECT_EQ(walked.error().kind, Errc::timeout);
}

// As a client may do: what the walk wants to go back to is somewhere else.
TEST(HomeWalk, NoticesThatItsWayBackHasMoved) {
  const test::TempDir dir;
  fs::create_directories(dir.path() / "a/b");
  std::ofstream(dir.path() / "a/b/file") << "x";
  const Status walked =
      HomeWalk::run(dir.path().string(), [&](std::string_view, const struct stat&) -> Status {
        fs::rename(dir.path() / "a/b", dir.path() / "b");
        return {};
      });
  ASSERT_FALSE(walked);
  EXPECT_EQ(walked.error().kind, Errc::busy);
}

}  // namespace
}  // namespace ferry::admin
