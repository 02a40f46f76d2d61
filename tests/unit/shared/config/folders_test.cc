#include "shared/config/folders.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "shared/config/run_as.h"
#include "tests/support/temp_dir.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;
using test::TempDir;

Options options_in(const fs::path& root) {
  Options options;
  options.store = (root / "lib/deep/ferry.db").string();
  options.home_root = (root / "lib/home").string();
  options.log_dir = (root / "log").string();
  options.run_dir = (root / "run").string();
  return options;
}

struct stat status_of(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status;
}

class FoldersTest : public ::testing::Test {
 protected:
  FoldersTest() : user_(::geteuid() == 0 ? *resolve_user(named("nobody"), {}) : current_user()) {}
  static Options named(const char* user) {
    Options options;
    options.user = user;
    return options;
  }

  TempDir dir_;
  RunAs user_;
};

TEST_F(FoldersTest, MakesWhatIsMissingForTheUserAlone) {
  const auto made = make_folders(options_in(dir_.path()), {}, user_);
  ASSERT_TRUE(made.has_value()) << made.error().context;
  for (const char* folder : {"lib/deep", "lib/home", "log", "run"}) {
    const auto status = status_of(dir_.path() / folder);
    EXPECT_EQ(status.st_uid, user_.uid) << folder;
    EXPECT_EQ(status.st_mode & 07777U, 0750U) << folder;
  }
  EXPECT_TRUE(make_folders(options_in(dir_.path()), {}, user_).has_value());
}

TEST_F(FoldersTest, AFileInTheWayIsAnError) {
  fs::create_directories(dir_.path() / "lib");
  fs::create_symlink("/dev/null", dir_.path() / "log");
  EXPECT_FALSE(make_folders(options_in(dir_.path()), {}, user_).has_value());
}

TEST_F(FoldersTest, NamesTheFolderTheUserCannotEnter) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, who alone changes users";
  fs::create_directories(dir_.path() / "closed/lib/deep");
  ::chmod((dir_.path() / "closed").c_str(), 0700);
  const auto made = make_folders(options_in(dir_.path() / "closed"), {}, user_);
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().kind, Errc::permission);
  EXPECT_NE(made.error().context.find("user nobody cannot enter " + (dir_.path() / "closed").string() +
                                      ", where the option store leads"),
            std::string::npos)
      << made.error().context;
}

TEST_F(FoldersTest, NamesTheFolderTheUserCannotWriteIn) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, who alone changes users";
  fs::create_directories(dir_.path() / "log");
  const auto made = make_folders(options_in(dir_.path()), {}, user_);
  ASSERT_FALSE(made.has_value());
  EXPECT_NE(made.error().context.find("cannot write in " + (dir_.path() / "log").string()), std::string::npos)
      << made.error().context;
}

TEST_F(FoldersTest, RootsFoldersBelowTheCheckoutsVarAreGivenToTheUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, who alone changes users";
  const fs::path var = dir_.path() / "var";
  fs::create_directories(var / "lib/deep");
  const auto made = make_folders(options_in(var), {"", dir_.path().string()}, user_);
  ASSERT_TRUE(made.has_value()) << made.error().context;
  EXPECT_EQ(status_of(var / "lib/deep").st_uid, user_.uid);
  EXPECT_EQ(status_of(var).st_uid, 0U);
}

TEST_F(FoldersTest, ALinkThatLeadsOutOfVarIsNotGivenAway) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, who alone changes users";
  const fs::path var = dir_.path() / "var";
  fs::create_directories(var / "lib/deep");
  fs::create_directories(dir_.path() / "elsewhere");
  fs::create_symlink(dir_.path() / "elsewhere", var / "log");
  EXPECT_FALSE(make_folders(options_in(var), {"", dir_.path().string()}, user_).has_value());
  EXPECT_EQ(status_of(dir_.path() / "elsewhere").st_uid, 0U);
}

TEST_F(FoldersTest, ActAsIsThatUserAndThenRootAgain) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, who alone changes users";
  {
    const ActAs acting(user_);
    EXPECT_EQ(::geteuid(), user_.uid);
    EXPECT_EQ(::faccessat(AT_FDCWD, dir_.path().c_str(), W_OK, AT_EACCESS), -1);
  }
  EXPECT_EQ(::geteuid(), 0U);
  EXPECT_EQ(::faccessat(AT_FDCWD, dir_.path().c_str(), W_OK, AT_EACCESS), 0);
}

}  // namespace
}  // namespace ferry
