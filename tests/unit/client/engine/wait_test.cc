#include "client/engine/wait.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <thread>

namespace ferry::client {
namespace {

using std::chrono::milliseconds;

struct Pair {
  Pair() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    near = net::Stream(UniqueFd(ends[0]));
    far.reset(ends[1]);
  }
  net::Stream near{UniqueFd()};
  UniqueFd far;
};

TEST(Wait, EndsAtItsDeadline) {
  Pair pair;
  std::array<char, 8> buffer;
  const auto got = read_some(pair.near, buffer, Deadline::after(milliseconds(20)), nullptr);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Errc::timeout);
}

TEST(Wait, EndsAtItsDeadlineThoughThePeerSendsOn) {
  Pair pair;
  ASSERT_EQ(::write(pair.far.get(), "abc", 3), 3);
  std::array<char, 8> buffer;
  const auto got =
      read_some(pair.near, buffer, Deadline::at(std::chrono::steady_clock::now() - milliseconds(1)), nullptr);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Errc::timeout);
}

TEST(Wait, EndsWhenAStopIsRequested) {
  Pair pair;
  Cancel cancel;
  std::thread user([&] { cancel.request(); });
  std::array<char, 8> buffer;
  const auto got = read_some(pair.near, buffer, Deadline::after(milliseconds(10'000)), &cancel);
  user.join();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Errc::cancelled);
  cancel.clear();
  EXPECT_FALSE(cancel.requested());
}

TEST(Wait, ReadsWhatThereIsAndSeesTheEnd) {
  Pair pair;
  ASSERT_EQ(::write(pair.far.get(), "abc", 3), 3);
  std::array<char, 8> buffer;
  EXPECT_EQ(read_some(pair.near, buffer, Deadline::after(milliseconds(1000)), nullptr).value(), 3u);
  pair.far.reset();
  EXPECT_EQ(read_some(pair.near, buffer, Deadline::after(milliseconds(1000)), nullptr).value(), 0u);
}

TEST(Wait, GivesUpWritingToAPeerThatStandsStill) {
  Pair pair;
  const std::string much(16 * 1024 * 1024, 'x');
  const auto sent = write_all(pair.near, much, milliseconds(30), nullptr);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().kind, Errc::timeout);
}

TEST(Dial, SaysThatNobodyListens) {
  const auto socket = dial("127.0.0.1", 1, Deadline::after(milliseconds(5000)), nullptr);
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().kind, Errc::refused);
}

}  // namespace
}  // namespace ferry::client
