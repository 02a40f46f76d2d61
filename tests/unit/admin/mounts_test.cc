#include "admin/mounts.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "admin/home_folder.h"
#include "shared/config/run_as.h"
#include "tests/support/temp_dir.h"

namespace ferry::admin {
namespace {

namespace fs = std::filesystem;

TEST(MountPoint, IsTheFifthFieldWithItsEscapesUndone) {
  EXPECT_EQ(mount_point_in("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw"), "/mnt2");
  EXPECT_EQ(mount_point_in(R"(36 35 98:0 / /a\040b\134c\012 rw - ext3 /dev/root rw)"), "/a b\\c\n");
  EXPECT_EQ(mount_point_in("36 35 98:0"), "");
  EXPECT_EQ(mount_point_in(""), "");
}

// Only root may mount, in a namespace of its own that ends with the process.
class Mounted : public testing::Test {
 protected:
  // `see` in a process that has `outside` bound on `home/in/mounted`; 0: true.
  template <typename See>
  void expect_when_bound(See see) const {
    constexpr int kCannot = 77;
    const pid_t pid = ::fork();
    if (pid == 0) {
      if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
          ::mount(outside_.c_str(), (home_ / "in/mounted").c_str(), nullptr, MS_BIND, nullptr) != 0)
        ::_exit(kCannot);
      ::_exit(see() ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == kCannot) GTEST_SKIP() << "this user cannot mount";
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
  void SetUp() override {
    fs::create_directories(home_ / "in/mounted");
    fs::create_directories(outside_);
    std::ofstream(outside_ / "kept") << "x";
  }

  test::TempDir dir_;
  const fs::path home_ = dir_.path() / "home", outside_ = dir_.path() / "outside";
};

TEST_F(Mounted, FoldersAreFoundBeforeAnythingIsDeleted) {
  EXPECT_TRUE(check_nothing_mounted(home_.string()));
  EXPECT_TRUE(check_nothing_mounted((dir_.path() / "missing").string()));
  expect_when_bound([&] {
    const Status found = check_nothing_mounted(home_.string());
    return !found && found.error().kind == Errc::busy &&
           found.error().context.find("in/mounted") != std::string::npos &&
           check_nothing_mounted(outside_.string()) && check_nothing_mounted((home_ / "i").string());
  });
}

TEST_F(Mounted, FoldersOfTheSameFileSystemAreNotEmptied) {
  expect_when_bound([&] {
    const Status deleted = delete_home(home_.string(), current_user());
    return !deleted && deleted.error().kind == Errc::busy;
  });
  EXPECT_TRUE(fs::exists(outside_ / "kept"));
}

}  // namespace
}  // namespace ferry::admin
