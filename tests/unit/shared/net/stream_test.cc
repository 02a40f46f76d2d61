#include "shared/net/stream.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <csignal>
#include <thread>

#include "shared/net/socket.h"
#include "tests/unit/shared/net/pairs.h"

namespace ferry::net {
namespace {

using State = Progress::State;
using test::at_once;
using test::read_text;
using test::soon;

TEST(Stream, IsSmall) {
  EXPECT_LE(sizeof(Stream), 2 * sizeof(void*));
}

TEST(Stream, TriesWithoutWaiting) {
  test::Pair pair = test::connected_pair();
  char buffer[8];
  EXPECT_EQ(pair.server.try_read(buffer)->state, State::want_read);
  const auto written = pair.client.try_write("abc");
  ASSERT_TRUE(written);
  EXPECT_EQ(written->state, State::done);
  EXPECT_EQ(written->bytes, 3u);
  const auto got = pair.server.try_read(buffer);
  EXPECT_EQ(got->state, State::done);
  EXPECT_EQ(std::string(buffer, got->bytes), "abc");
}

TEST(Stream, WantsToWriteWhenThePeerDoesNotRead) {
  test::Pair pair = test::connected_pair();
  const std::string block(256 * 1024, 'x');
  auto written = pair.client.try_write(block);
  while (written && written->state == State::done) written = pair.client.try_write(block);
  ASSERT_TRUE(written);
  EXPECT_EQ(written->state, State::want_write);
  const auto all = pair.client.write_all(block, at_once());
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().kind, Errc::timeout);
}

TEST(Stream, FinOfThePeerIsTheEndAndOurDirectionGoesOn) {
  test::Pair pair = test::connected_pair();
  ASSERT_TRUE(pair.client.write_all("bye", soon()));
  ASSERT_TRUE(pair.client.finish(soon()));
  EXPECT_EQ(read_text(pair.server), "bye");
  char buffer[8];
  EXPECT_EQ(pair.server.try_read(buffer)->state, State::end);
  EXPECT_EQ(*pair.server.read(buffer, soon()), 0u);
  ASSERT_TRUE(pair.server.write_all("still here", soon()));
  EXPECT_EQ(read_text(pair.client), "still here");
}

TEST(Stream, WritingToAClosedPeerIsResetAndRaisesNoSignal) {
  struct sigaction old {};
  struct sigaction fatal {};
  fatal.sa_handler = SIG_DFL;
  ::sigaction(SIGPIPE, &fatal, &old);
  test::Pair pair = test::connected_pair();
  { const Stream gone = std::move(pair.server); }
  const auto written = pair.client.write_all("x", soon());
  ::sigaction(SIGPIPE, &old, nullptr);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, Errc::reset);
}

TEST(Stream, ABrokenConnectionIsReset) {
  const auto listener = listen_on(*Address::parse("127.0.0.1", 0));
  Stream client(*connect_to(*Address::local_of(listener->get()), soon()));
  ASSERT_TRUE(wait_for(listener->get(), POLLIN, soon()));
  UniqueFd server = std::move(accept_now(listener->get())->socket);
  const linger at_close{.l_onoff = 1, .l_linger = 0};
  ASSERT_EQ(::setsockopt(server.get(), SOL_SOCKET, SO_LINGER, &at_close, sizeof at_close), 0);
  server.reset();
  char buffer[8];
  const auto got = client.read(buffer, soon());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Errc::reset);
}

TEST(Stream, ReadGivesUpAtItsDeadline) {
  test::Pair pair = test::connected_pair();
  char buffer[8];
  const auto got = pair.server.read(buffer, at_once());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Errc::timeout);
}

TEST(Stream, InterruptWakesAReaderInAnotherThread) {
  test::Pair pair = test::connected_pair();
  Result<std::size_t> got = std::size_t{99};
  std::thread reader([&] {
    char buffer[8];
    got = pair.server.read(buffer, soon());
  });
  pair.server.interrupt();
  reader.join();
  ASSERT_TRUE(got);
  EXPECT_EQ(*got, 0u);
}

TEST(Stream, CarriesManyBytesBothWays) {
  test::Pair pair = test::connected_pair();
  const std::string sent(5'000'000, 'q');
  std::thread writer([&] {
    EXPECT_TRUE(pair.client.write_all(sent, soon()));
    EXPECT_TRUE(pair.client.finish(soon()));
  });
  std::size_t total = 0;
  char buffer[65536];
  for (;;) {
    const auto got = pair.server.read(buffer, soon());
    ASSERT_TRUE(got);
    if (*got == 0) break;
    total += *got;
  }
  writer.join();
  EXPECT_EQ(total, sent.size());
}

TEST(Stream, MovesAndGivesItsSocketAway) {
  test::Pair pair = test::connected_pair();
  Stream moved = std::move(pair.client);
  EXPECT_EQ(pair.client.fd(), -1);
  ASSERT_TRUE(moved.write_all("m", soon()));
  EXPECT_EQ(read_text(pair.server), "m");
  const UniqueFd socket = moved.release();
  EXPECT_GE(socket.get(), 0);
  EXPECT_EQ(moved.fd(), -1);
  EXPECT_FALSE(moved.has_buffered());
}

TEST(Stream, EmptyBuffersAreNoEnd) {
  test::Pair pair = test::connected_pair();
  EXPECT_EQ(pair.server.try_read({})->state, State::done);
  EXPECT_EQ(pair.server.try_write({})->state, State::done);
}

}  // namespace
}  // namespace ferry::net
