#include "admin/home_folder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "shared/base/unique_fd.h"
#include "shared/config/run_as.h"
#include "tests/support/temp_dir.h"

namespace ferry::admin {
namespace {

namespace fs = std::filesystem;

class HomeFolder : public testing::Test {
 protected:
  void write(const fs::path& path, std::size_t size) const {
    fs::create_directories((home_ / path).parent_path());
    std::ofstream(home_ / path) << std::string(size, 'x');
  }
  // Folders in folders, deeper than any path may be long, a file at the bottom.
  void make_deep(int depth) const {
    UniqueFd at(::open(home_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    for (int i = 0; i < depth; ++i) {
      ASSERT_EQ(::mkdirat(at.get(), "a-folder-in-a-folder", 0755), 0);
      at.reset(::openat(at.get(), "a-folder-in-a-folder", O_PATH | O_DIRECTORY | O_CLOEXEC));
      ASSERT_TRUE(at);
    }
    const UniqueFd file(::openat(at.get(), "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_EQ(::write(file.get(), "1234567", 7), 7);
  }

  test::TempDir dir_;
  const fs::path home_ = (fs::create_directory(dir_.path() / "home"), dir_.path() / "home");
  const RunAs user_ = current_user();
};

TEST_F(HomeFolder, CountsRegularFilesInAllFolders) {
  write("a", 10);
  write("b/c/d", 200);
  write("b/\xFF\n", 3);
  write("b/.ferry/x", 5);
  fs::create_symlink("/etc/passwd", home_ / "b/link");
  fs::create_symlink("/etc", home_ / "b/folder-link");
  ASSERT_EQ(::mkfifo((home_ / "fifo").c_str(), 0600), 0);
  const auto content = count_home(home_.string());
  ASSERT_TRUE(content) << content.error().context;
  EXPECT_EQ(content->bytes, 218);
  EXPECT_EQ(content->files, 4);
}

TEST_F(HomeFolder, DoesNotCountPartialsAtItsTop) {
  write(".ferry/partial", 50);
  write("a", 1);
  EXPECT_EQ(count_home(home_.string())->bytes, 1);
}

TEST_F(HomeFolder, IsCountedAndDeletedHoweverDeep) {
  make_deep(1000);
  const auto content = count_home(home_.string());
  ASSERT_TRUE(content) << content.error().context;
  EXPECT_EQ(content->bytes, 7);
  EXPECT_EQ(content->files, 1);
  const Status deleted = delete_home(home_.string(), user_);
  EXPECT_TRUE(deleted) << deleted.error().context;
  EXPECT_FALSE(fs::exists(home_));
}

TEST_F(HomeFolder, IsDeletedWithoutFollowingLinks) {
  fs::create_directories(dir_.path() / "outside/inner");
  std::ofstream(dir_.path() / "outside/kept") << "x";
  write("a/b/c", 1);
  fs::create_directory_symlink(dir_.path() / "outside", home_ / "link");
  fs::create_directory_symlink(dir_.path() / "outside", home_ / "a/b/link");
  fs::create_directory_symlink("..", home_ / "a/up");
  ASSERT_TRUE(delete_home(home_.string(), user_));
  EXPECT_FALSE(fs::exists(home_));
  EXPECT_TRUE(fs::exists(dir_.path() / "outside/kept"));
  EXPECT_TRUE(fs::exists(dir_.path() / "outside/inner"));
}

TEST_F(HomeFolder, IsDeletedWithFoldersNobodyMayEnter) {
  write("a/b/c/d", 1);
  for (const char* folder : {"a/b/c", "a/b", "a"}) fs::permissions(home_ / folder, fs::perms::none);
  const Status deleted = delete_home(home_.string(), user_);
  EXPECT_TRUE(deleted) << deleted.error().context;
  EXPECT_FALSE(fs::exists(home_));
}

TEST_F(HomeFolder, ThatIsMissingIsDeletedAlready) {
  EXPECT_TRUE(delete_home((dir_.path() / "missing").string(), user_));
  EXPECT_TRUE(delete_partials((dir_.path() / "missing").string(), user_));
}

TEST_F(HomeFolder, LosesOnlyItsPartials) {
  write(".ferry/partial", 5);
  write("kept", 1);
  ASSERT_TRUE(delete_partials(home_.string(), user_));
  EXPECT_FALSE(fs::exists(home_ / ".ferry"));
  EXPECT_TRUE(fs::exists(home_ / "kept"));
  EXPECT_TRUE(delete_partials(home_.string(), user_));
}

TEST_F(HomeFolder, KeepsWhatALinkInThePlaceOfItsPartialsLeadsTo) {
  fs::create_directories(dir_.path() / "outside");
  std::ofstream(dir_.path() / "outside/kept") << "x";
  fs::create_directory_symlink(dir_.path() / "outside", home_ / ".ferry");
  EXPECT_FALSE(delete_partials(home_.string(), user_));
  EXPECT_TRUE(fs::exists(dir_.path() / "outside/kept"));
}

TEST_F(HomeFolder, IsMadeWithItsParentsOnce) {
  const std::string folder = (dir_.path() / "x/y/z").string();
  EXPECT_EQ(make_home(folder, user_).value_or(false), true);
  EXPECT_EQ(make_home(folder, user_).value_or(true), false);
  EXPECT_TRUE(fs::is_directory(folder));
  EXPECT_EQ(fs::status(folder).permissions() & fs::perms::others_all, fs::perms::none);
}

TEST_F(HomeFolder, IsNotMadeWhereAFileIs) {
  write("file", 1);
  EXPECT_FALSE(make_home((home_ / "file").string(), user_));
  EXPECT_FALSE(make_home((home_ / "file/below").string(), user_));
}

TEST_F(HomeFolder, IsWithinAnotherByItsRealPath) {
  fs::create_directory_symlink(home_, dir_.path() / "alias");
  const std::string home = home_.string();
  EXPECT_TRUE(is_within(home, home));
  EXPECT_TRUE(is_within(home + "/", home));
  EXPECT_TRUE(is_within(home, home + "/"));
  EXPECT_TRUE(is_within(home + "/new/deeper", home));
  EXPECT_TRUE(is_within(home + "/x/../y", home));
  EXPECT_TRUE(is_within((dir_.path() / "alias/x").string(), home));
  EXPECT_FALSE(is_within(home + "2", home));
  EXPECT_FALSE(is_within(home + "/../other", home));
  EXPECT_FALSE(is_within(dir_.path().string(), home));
}

}  // namespace
}  // namespace ferry::admin
