// Copying both ways through the queue, and what the queue survives.
#include "tests/tui/fixture.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class Copying : public FullScreen {};

TEST_F(Copying, BothWaysWithFoldersAndBars) {
  fs::create_directories(here() / "tree/sub");
  write_file(here() / "tree/sub/夏.txt", "summer");
  write_noise(here() / "tree/big", 3'000'000, 1);
  server_.put_file("mika", "from server", std::nullopt);
  server_.put_file("mika", "from server/a b.txt", "down");
  log_in();
  ASSERT_TRUE(screen_->shows("/tree"));
  screen_->press({"F5"});
  ASSERT_TRUE(wait_until(
      [&] { return is_same("tree/big", "tree/big") && is_same("tree/sub/夏.txt", "tree/sub/夏.txt"); }));
  ASSERT_TRUE(screen_->shows("TOTAL 1/1"));
  screen_->press({"Tab", "g", "g", "F5"});
  ASSERT_TRUE(wait_until([&] { return is_same("from server/a b.txt", "from server/a b.txt"); }));
}

TEST_F(Copying, AsksBeforeItReplaces) {
  write_file(here() / "same.txt", "mine");
  write_file(here() / "only here.txt", "new");
  server_.put_file("mika", "same.txt", "theirs");
  log_in();
  ASSERT_TRUE(screen_->shows(":/ ─"));
  screen_->press({"A", "F5"});
  ASSERT_TRUE(screen_->shows("1 of 2 are there already"));
  screen_->press({"2"});  // skip those
  ASSERT_TRUE(wait_until([&] { return is_same("only here.txt", "only here.txt"); }));
  EXPECT_EQ(read_file(there() / "same.txt"), "theirs");
  ASSERT_TRUE(wait_until([&] { return count_on_screen("2 items") == 2; }));
  screen_->press({"A", "F5"});
  ASSERT_TRUE(screen_->shows("2 of 2 are there already"));
  screen_->press({"1"});
  ASSERT_TRUE(wait_until([&] { return is_same("same.txt", "same.txt"); }));
}

TEST_F(Copying, MovesOnlyWhatIsProven) {
  write_noise(here() / "away", 100'000, 3);
  const std::string bytes = read_file(here() / "away");
  log_in();
  ASSERT_TRUE(screen_->shows("away"));
  screen_->press({"F6"});
  ASSERT_TRUE(wait_until([&] { return !fs::exists(here() / "away"); }));
  EXPECT_EQ(read_file(there() / "away"), bytes);
}

// Killed in mid-file and started again: the same row, and nothing is sent twice or mixed.
TEST_F(Copying, GoesOnAfterKill9) {
  write_noise(here() / "large", 200'000'000, 5);
  log_in();
  ASSERT_TRUE(screen_->shows("large"));
  screen_->press({"F5"});
  const auto partial_bytes = [&]() -> std::uintmax_t {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(there() / ".ferry", none)) return entry.file_size(none);
    return 0;
  };
  ASSERT_TRUE(wait_until([&] { return partial_bytes() > 20'000'000; }));
  ::kill(screen_->program(), SIGKILL);
  log_in();
  ASSERT_TRUE(wait_until([&] { return is_same("large", "large"); }, 60s));
  ASSERT_TRUE(screen_->shows("TOTAL 1/1"));
}

class FullAccount : public FullScreen {
 protected:
  FullAccount() : FullScreen({}, {.quota = 50'000}) {}
};

TEST_F(FullAccount, ShowsTheServersWordsInTheRow) {
  write_noise(here() / "too large", 90'000, 7);
  write_file(here() / "small", "fits");
  log_in();
  ASSERT_TRUE(screen_->shows("too large"));
  screen_->press({"A", "F5"});
  ASSERT_TRUE(wait_until([&] { return is_same("small", "small"); }));
  ASSERT_TRUE(screen_->shows("1 failed"));
  screen_->press({"w", "j", "Enter"});
  ASSERT_TRUE(screen_->shows("552"));
}

TEST_F(Copying, AsksBeforeItLeavesAQueueAndKeepsIt) {
  write_noise(here() / "file", 100'000, 9);
  log_in();
  ASSERT_TRUE(screen_->shows("file"));
  for (const pid_t worker : server_.worker_pids()) ::kill(worker, SIGSTOP);
  screen_->press({"F5"});
  ASSERT_TRUE(screen_->shows("TOTAL 0/1"));
  screen_->press({"q"});
  ASSERT_TRUE(screen_->shows("Quit?"));
  screen_->press({"Enter"});  // keep
  ASSERT_TRUE(wait_until([&] { return screen_->is_over(); }));
  for (const pid_t worker : server_.worker_pids()) ::kill(worker, SIGCONT);
  log_in();
  ASSERT_TRUE(wait_until([&] { return is_same("file", "file"); }, 30s));
}

TEST_F(Copying, ResizingAllTheTimeHarmsNothing) {
  write_noise(here() / "large", 60'000'000, 11);
  log_in();
  ASSERT_TRUE(screen_->shows("large"));
  screen_->press({"F5"});
  const std::pair<int, int> sizes[] = {{80, 24}, {40, 10}, {20, 5}, {10, 3}, {200, 60}, {72, 20}, {120, 40}};
  for (int i = 0; i < 28; ++i) screen_->resize(sizes[i % 7].first, sizes[i % 7].second);
  ASSERT_TRUE(wait_until([&] { return is_same("large", "large"); }, 30s));
  screen_->resize(80, 24);
  ASSERT_TRUE(screen_->shows("TOTAL 1/1"));
}

}  // namespace
}  // namespace ferry::test
