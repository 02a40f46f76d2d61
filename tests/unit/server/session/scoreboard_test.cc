#include "server/session/scoreboard.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <thread>
#include <vector>

namespace ferry {
namespace {

constexpr Scoreboard::Limits kNoLimits{};

std::unique_ptr<Scoreboard> board_of(int slots) {
  return std::move(*Scoreboard::create(slots));
}

TEST(Scoreboard, ShowsWhatASessionPublishes) {
  const auto board = board_of(4);
  const int seat = *board->enter(0x8f2c01d4, "192.0.2.7", kNoLimits, false);
  ASSERT_TRUE(board->log_in(seat, "anna", kNoLimits).has_value());
  board->set_tls(seat, true);
  board->set_state(seat, "upload", "/a/b.bin");
  board->set_bytes(seat, 12345);
  const auto views = board->list();
  ASSERT_EQ(views.size(), 1U);
  EXPECT_EQ(views[0].session, 0x8f2c01d4U);
  EXPECT_EQ(views[0].pid, ::getpid());
  EXPECT_EQ(views[0].user, "anna");
  EXPECT_EQ(views[0].address, "192.0.2.7");
  EXPECT_TRUE(views[0].tls);
  EXPECT_EQ(views[0].state, "upload");
  EXPECT_EQ(views[0].path, "/a/b.bin");
  EXPECT_EQ(views[0].bytes, 12345);
  EXPECT_GT(views[0].since.time_since_epoch().count(), 0);
  board->set_tls(seat, false);  // CCC
  EXPECT_FALSE(board->list()[0].tls);
}

TEST(Scoreboard, ANewStateBeginsAtZeroBytesWithoutPath) {
  const auto board = board_of(4);
  const int seat = *board->enter(1, "::1", kNoLimits, true);
  board->set_state(seat, "download", "/x");
  board->set_bytes(seat, 99);
  board->set_state(seat, "idle");
  EXPECT_EQ(board->list()[0].bytes, 0);
  EXPECT_EQ(board->list()[0].path, "");
  EXPECT_EQ(board->list()[0].state, "idle");
}

TEST(Scoreboard, ALongPathKeepsItsEndWholeCharacters) {
  const auto board = board_of(1);
  const int seat = *board->enter(1, "::1", kNoLimits, false);
  std::string path;
  for (int i = 0; i < 200; ++i) path += "\xc3\xa4";
  board->set_state(seat, "upload", path + "/end.txt");
  const std::string shown = board->list()[0].path;
  EXPECT_LE(shown.size(), 200U);
  EXPECT_TRUE(shown.starts_with("...\xc3\xa4")) << shown;
  EXPECT_TRUE(shown.ends_with("/end.txt"));
}

TEST(Scoreboard, TheLastSeatIsTheLimitOfTheServer) {
  const auto board = board_of(2);
  const int first = *board->enter(1, "::1", kNoLimits, false);
  ASSERT_TRUE(board->enter(2, "::1", kNoLimits, false).has_value());
  const auto refused = board->enter(3, "::1", kNoLimits, false);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, Errc::busy);
  EXPECT_EQ(refused.error().context, "too many sessions");
  board->leave(first);
  EXPECT_TRUE(board->enter(3, "::1", kNoLimits, false).has_value());
  EXPECT_EQ(board->count(), 2);
}

TEST(Scoreboard, OneAddressHasItsOwnLimit) {
  const auto board = board_of(10);
  const Scoreboard::Limits limits{.per_address = 2};
  ASSERT_TRUE(board->enter(1, "192.0.2.1", limits, false).has_value());
  ASSERT_TRUE(board->enter(2, "192.0.2.1", limits, false).has_value());
  const auto refused = board->enter(3, "192.0.2.1", limits, false);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().context, "too many sessions from your address");
  EXPECT_TRUE(board->enter(4, "192.0.2.2", limits, false).has_value());
}

TEST(Scoreboard, OneUserHasAnOwnLimitThatLogOutAndAnotherLoginGiveBack) {
  const auto board = board_of(10);
  const Scoreboard::Limits limits{.per_user = 1};
  const int a = *board->enter(1, "::1", limits, false);
  const int b = *board->enter(2, "::1", limits, false);
  ASSERT_TRUE(board->log_in(a, "anna", limits).has_value());
  EXPECT_TRUE(board->log_in(a, "anna", limits).has_value()) << "the same session may log in again";
  EXPECT_EQ(board->log_in(b, "anna", limits).error().kind, Errc::busy);
  ASSERT_TRUE(board->log_in(a, "bert", limits).has_value());
  EXPECT_TRUE(board->log_in(b, "anna", limits).has_value());
  EXPECT_FALSE(board->log_in(b, "bert", limits).has_value());
  EXPECT_EQ(board->list()[1].user, "anna") << "a refused login changes nothing";
  board->log_out(a);
  EXPECT_EQ(board->list()[0].user, "");
  EXPECT_TRUE(board->log_in(b, "bert", limits).has_value());
}

TEST(Scoreboard, AReusedSeatForgetsItsPredecessor) {
  const auto board = board_of(1);
  const int seat = *board->enter(1, "192.0.2.1", kNoLimits, true);
  ASSERT_TRUE(board->log_in(seat, "anna", kNoLimits).has_value());
  board->set_state(seat, "upload", "/secret");
  board->leave(seat);
  EXPECT_TRUE(board->list().empty());
  ASSERT_TRUE(board->enter(2, "192.0.2.2", kNoLimits, false).has_value());
  const auto view = board->list()[0];
  EXPECT_EQ(view.user + view.path, "");
  EXPECT_EQ(view.address, "192.0.2.2");
  EXPECT_FALSE(view.tls);
}

TEST(Scoreboard, ThreadsNeverGetMoreSeatsThanThereAre) {
  const auto board = board_of(50);
  const Scoreboard::Limits limits{.per_address = 20};
  std::atomic<int> entered{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 30; ++n) {
        const auto seat = board->enter(static_cast<std::uint64_t>(i * 100 + n), "::1", limits, false);
        if (seat) ++entered;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(entered.load(), 20);
  EXPECT_EQ(board->count(), 20);
}

TEST(Scoreboard, AReaderSeesWholeTextsWhileTheyChange) {
  const auto board = board_of(1);
  const int seat = *board->enter(1, "::1", kNoLimits, false);
  board->set_state(seat, "a", std::string(150, 'a'));
  std::atomic<bool> stop{false};
  std::atomic<int> reads{0};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      const char letter = static_cast<char>('a' + i % 26);
      board->set_state(seat, std::string(1, letter),
                       std::string(static_cast<std::size_t>(50 + i % 100), letter));
      board->set_bytes(seat, i);
      // A reader gives up after so many looks: now and then there is a moment between two writes.
      const int before = reads;
      while (i % 8 == 0 && reads == before && !stop) std::this_thread::yield();
    }
  });
  for (int i = 0; i < 3000; ++i) {
    const auto view = board->list().at(0);
    EXPECT_EQ(view.path, std::string(view.path.size(), view.state.at(0)));
    ++reads;
  }
  stop = true;
  writer.join();
}

// Runs `life` in a forked process and waits for its end.
template <typename Life>
pid_t in_process(Life life) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    life();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return pid;
}

TEST(Scoreboard, ProcessesShareTheLimits) {
  const auto board = board_of(10);
  in_process([&] {
    for (std::uint64_t i = 0; i < 6; ++i) static_cast<void>(board->enter(i, "::1", kNoLimits, false));
  });
  for (std::uint64_t i = 0; i < 4; ++i) EXPECT_TRUE(board->enter(i, "::1", kNoLimits, false).has_value());
  EXPECT_FALSE(board->enter(9, "::1", kNoLimits, false).has_value());
}

TEST(Scoreboard, TheSeatsOfADeadProcessAreCleared) {
  const auto board = board_of(10);
  const int ours = *board->enter(1, "::1", kNoLimits, false);
  const pid_t dead = in_process([&] {
    const int seat = *board->enter(2, "::1", kNoLimits, false);
    static_cast<void>(board->log_in(seat, "anna", kNoLimits));
  });
  EXPECT_EQ(board->count(), 2);
  board->clear_process(dead);
  EXPECT_EQ(board->count(), 1);
  EXPECT_EQ(board->list()[0].pid, ::getpid());
  EXPECT_TRUE(board->log_in(ours, "anna", {.per_user = 1}).has_value());
}

// A worker that an attacker has taken over could keep the lock for ever; many of these are stopped with it.
TEST(Scoreboard, AProcessStoppedAnywhereDoesNotHoldUpTheMaster) {
  const auto board = board_of(4);
  for (int round = 0; round < 30; ++round) {
    const pid_t dead = in_process([&] { static_cast<void>(board->enter(1, "::2", kNoLimits, false)); });
    const pid_t pid = ::fork();
    if (pid == 0) {
      for (;;) {
        const auto seat = board->enter(7, "::1", kNoLimits, false);
        if (seat) board->leave(*seat);
      }
    }
    ::usleep(static_cast<useconds_t>(200 + 37 * round));
    ::kill(pid, SIGSTOP);
    ::waitpid(pid, nullptr, WUNTRACED);
    board->clear_process(dead);
    for (const SessionView& view : board->list()) EXPECT_NE(view.pid, dead);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    board->clear_process(pid);
    ASSERT_EQ(board->count(), 0);
  }
}

// Kills processes that do nothing but take and leave seats, most of them while they hold the lock or write a
// seat.
TEST(Scoreboard, AProcessKilledAnywhereLeavesAWorkingBoard) {
  const auto board = board_of(8);
  for (int round = 0; round < 40; ++round) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      for (;;) {
        const auto seat = board->enter(7, "192.0.2.1", kNoLimits, false);
        if (!seat) ::_exit(1);
        static_cast<void>(board->log_in(*seat, "anna", kNoLimits));
        board->set_state(*seat, "upload", "/path");
        board->leave(*seat);
      }
    }
    while (board->list().empty() && round % 2 == 0) std::this_thread::yield();
    ::usleep(static_cast<useconds_t>(200 + 37 * round));
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    board->clear_process(pid);
    ASSERT_EQ(board->count(), 0);
    const auto seat = board->enter(1, "::1", {.per_address = 1}, false);
    ASSERT_TRUE(seat.has_value()) << seat.error().context;
    ASSERT_EQ(board->list().at(0).address, "::1");
    board->leave(*seat);
  }
}

TEST(Scoreboard, AnUnknownClientCountsForTheServerAndNoAddress) {
  const auto board = board_of(4);
  const Scoreboard::Limits one{.per_address = 1};
  const int first = *board->enter_unknown(1, "10.0.0.5", false),
            second = *board->enter_unknown(2, "10.0.0.5", true);
  EXPECT_EQ(board->list()[0].address, "10.0.0.5");
  EXPECT_EQ(board->list()[0].state, "arriving");
  EXPECT_TRUE(board->list()[1].tls);
  EXPECT_TRUE(board->enter(3, "10.0.0.5", one, false)) << "those that wait are not the balancer's own";
  ASSERT_TRUE(board->admit(first, "192.0.2.7", one));
  EXPECT_EQ(board->list()[0].address, "192.0.2.7");
  EXPECT_EQ(board->list()[0].state, "login");
  const auto refused = board->admit(second, "192.0.2.7", one);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Errc::busy);
  EXPECT_FALSE(board->admit(second, "10.0.0.5", one)) << "as itself it counts";
  EXPECT_TRUE(board->enter_unknown(4, "10.0.0.5", false));
  EXPECT_FALSE(board->enter_unknown(5, "10.0.0.5", false)) << "no seat is left";
  board->leave(second);
  EXPECT_TRUE(board->enter_unknown(6, "10.0.0.5", false));
}

TEST(Scoreboard, ALongAddressIsCountedToo) {
  const auto board = board_of(4);
  const std::string address = "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff%interface-name1";
  ASSERT_TRUE(board->enter(1, address, {.per_address = 1}, false));
  EXPECT_EQ(board->list()[0].address, address);
  EXPECT_FALSE(board->enter(2, address, {.per_address = 1}, false));
}

}  // namespace
}  // namespace ferry
