// Midnight Commander's ftp file system, played by tmux: copying both ways, a folder, making and deleting.
#include <algorithm>

#include "tests/interop/client_fixture.h"
#include "tests/support/tmux_screen.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

class MidnightCommander : public testing::Test, public ForeignClient {
 protected:
  MidnightCommander() {
    make_tree(
        local("panel"),
        {{"folder", {}}, {"folder/a", "1"}, {"folder/sub", {}}, {"folder/sub/日本語 b", "22"}, {"up", up_}});
    server_.put_file("mika", "down", down_);
    const std::string panel = local("panel").string();
    screen_.emplace(dir_.path(), local("panel"), fmt::format("exec mc -u -b -a '{0}' '{0}'", panel));
  }
  // In the left panel; the right one stays where it is.
  void log_in() {
    ASSERT_TRUE(screen_->shows("/folder"));
    screen_->press({fmt::format("cd /ftp://mika@127.0.0.1:{}/", port()), "Enter"});
    ASSERT_TRUE(screen_->shows("Password required for mika"));
    screen_->paste_secret(kPassword);
    screen_->press({"Enter"});
    ASSERT_TRUE(screen_->shows("<- ftp://mika@127.0.0.1"));
  }
  // Copies the entry that `keys` lead to.
  void copy(Strings keys, const std::string& title) {
    keys.push_back("F5");
    screen_->press(keys);
    ASSERT_TRUE(screen_->shows(title));
    screen_->press({"Enter"});
  }

  const std::string up_ = some_bytes(1'000'003), down_ = some_bytes(700'001);
  std::optional<TmuxScreen> screen_;
};

TEST_F(MidnightCommander, CopiesBothWaysMakesAFolderAndDeletes) {
  ASSERT_NO_FATAL_FAILURE(log_in());
  ASSERT_NO_FATAL_FAILURE(copy({"Home", "Down"}, "Copy file \"down\""));
  EXPECT_TRUE(wait_until([&] { return read_bytes(local("panel/down")) == down_; })) << screen_->text();

  ASSERT_NO_FATAL_FAILURE(copy({"Tab", "Home", "Down"}, "Copy directory \"folder\""));
  const Tree folder = {{"a", "1"}, {"sub", {}}, {"sub/日本語 b", "22"}};
  EXPECT_TRUE(wait_until([&] { return bool{same_tree(folder, read_tree(remote("folder")))}; }))
      << screen_->text();
  ASSERT_NO_FATAL_FAILURE(copy({"End"}, "Copy file \"up\""));
  EXPECT_TRUE(wait_until([&] { return fs::exists(remote("up")); })) << screen_->text();
  EXPECT_TRUE(read_bytes(remote("up")) == up_);

  screen_->press({"Tab", "F7"});
  ASSERT_TRUE(screen_->shows("Enter directory name"));
  screen_->press({"C-u", "made", "Enter"});
  EXPECT_TRUE(wait_until([&] { return fs::is_directory(remote("made")); })) << screen_->text();
  screen_->press({"End", "F8"});
  ASSERT_TRUE(screen_->shows("Delete file"));
  screen_->press({"Enter"});
  EXPECT_TRUE(wait_until([&] { return !fs::exists(remote("up")); })) << screen_->text();

  screen_->press({"F10"});
  EXPECT_TRUE(wait_until([&] { return screen_->is_over(); })) << screen_->text();
  EXPECT_TRUE(did("200 SITE CHMOD"));
  expect_logins_over(Wire::clear);
  EXPECT_EQ(server_.usage("mika"), (Usage{3, 2}));  // what is left of what came through the server
}

}  // namespace
}  // namespace ferry::test
