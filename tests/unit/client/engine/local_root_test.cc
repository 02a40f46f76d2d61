#include "client/engine/local_root.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/ferry_client.h"
#include "tests/support/temp_dir.h"

namespace ferry::client {
namespace {

namespace fs = std::filesystem;

class LocalRootTest : public testing::Test {
 protected:
  LocalRootTest() {
    fs::create_directories(dir_.path() / "root/a");
    fs::create_directories(dir_.path() / "outside");
    test::write_file(dir_.path() / "outside/f", "theirs");
    fs::create_directory_symlink(dir_.path() / "outside", dir_.path() / "root/link");
  }
  LocalRoot root() const { return std::move(*LocalRoot::open((dir_.path() / "root").native())); }
  fs::path at(const std::string& name) const { return dir_.path() / "root" / name; }

  test::TempDir dir_;
};

TEST_F(LocalRootTest, MakesAndRemoves) {
  EXPECT_TRUE(root().make_folder("a/b"));
  EXPECT_TRUE(root().make_folder("a/b")) << "fine if it is there";
  test::write_file(at("a/b/f"), "x");
  EXPECT_EQ(root().look("a/b/f")->st_size, 1);
  EXPECT_EQ(root().remove_folder("a/b").error().kind, Errc::not_empty);
  EXPECT_TRUE(root().remove_file("a/b/f"));
  EXPECT_TRUE(root().remove_folder("a/b"));
  EXPECT_FALSE(fs::exists(at("a/b")));
  EXPECT_EQ(root().remove_file("a/none").error().kind, Errc::not_found);
}

TEST_F(LocalRootTest, NeverGoesThroughALinkOrUp) {
  EXPECT_EQ(root().remove_file("link/f").error().kind, Errc::outside);
  EXPECT_EQ(root().make_folder("link/new").error().kind, Errc::outside);
  EXPECT_EQ(root().make_folder("link").error().kind, Errc::outside);
  EXPECT_FALSE(root().remove_file("../outside/f"));
  EXPECT_FALSE(root().remove_file("a/../../outside/f"));
  EXPECT_TRUE(S_ISLNK(root().look("link")->st_mode));
  EXPECT_TRUE(fs::exists(dir_.path() / "outside/f"));
  EXPECT_FALSE(fs::exists(dir_.path() / "outside/new"));
}

TEST_F(LocalRootTest, MustBeAFolder) {
  EXPECT_EQ(LocalRoot::open((dir_.path() / "none").native()).error().kind, Errc::not_found);
  EXPECT_EQ(LocalRoot::open((dir_.path() / "outside/f").native()).error().kind, Errc::not_directory);
}

}  // namespace
}  // namespace ferry::client
