// What a client may say while data moves, and how long a transfer may take: every line gets its one reply in
// its turn, QUIT waits, a lost control connection ends it, time that nothing moves is bounded.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

#include "shared/net/socket.h"
#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// More than all buffers between two ends that do not read.
constexpr std::size_t kLarge = 48 << 20;

Deadline soon() {
  return Deadline::after(30s);
}

class DuringTransfer : public testing::TestWithParam<bool> {
 protected:
  explicit DuringTransfer(std::vector<std::string> settings = {}) : server_(std::move(settings)) {
    server_.add_account("mika");
    server_.put_file("mika", "large", "");
    std::filesystem::resize_file(server_.home("mika") / "large", kLarge);
  }
  FtpTalker connect() { return FtpTalker::logged_in(server_, "mika", GetParam()); }

  // The transfer runs and stands still, because nobody reads.
  static net::Stream begin_and_stop(FtpTalker& talker, const std::string& command = "RETR large") {
    auto started = talker.begin(command);
    if (!started.data) throw std::runtime_error("refused: " + started.reply.text());
    char first[1000];
    if (!started.data->read(first, soon())) throw std::runtime_error("no data");
    return std::move(*started.data);
  }
  static void finish(net::Stream data) {
    read_to_end(data);
    static_cast<void>(data.finish(soon()));
  }
  int logouts() const {
    const std::string log = server_.log("login.log");
    int found = 0;
    for (std::size_t at = 0; (at = log.find(" logout ", at)) != log.npos; ++at) ++found;
    return found;
  }

  FerrydServer server_;
};
INSTANTIATE_TEST_SUITE_P(Wire, DuringTransfer, testing::Bool(),
                         [](const auto& wire) { return wire.param ? "tls" : "clear"; });

TEST_P(DuringTransfer, EveryLineGetsItsReplyInItsTurn) {
  FtpTalker talker = connect();
  net::Stream data = begin_and_stop(talker);
  talker.send_raw("SYST\r\n\r\nNOOP " + std::string(5000, 'a') + "\r\n\x01 no command\r\n\n" +
                  std::string("PWD\0\r\n", 6) + "NOOP\r\n");
  finish(std::move(data));
  for (const int code : {226, 215, 500, 500, 500, 500, 500, 200}) EXPECT_TRUE(answers(talker.reply(), code));
  EXPECT_TRUE(answers(talker.ask("SYST"), 215)) << "a reply too many";
}

TEST_P(DuringTransfer, TelnetBytesOfAWaitingLineAreStrippedOnce) {
  FtpTalker talker = connect();
  net::Stream data = begin_and_stop(talker);
  talker.send_raw(
      "MKD a\xff\xff\xff\xff"
      "b\r\n");
  finish(std::move(data));
  EXPECT_TRUE(answers(talker.reply(), 226));
  EXPECT_TRUE(answers(talker.reply(), 257));
  talker.expect("DELE large", 250);
  EXPECT_EQ(talker.list("NLST"), std::vector<std::string>{"a\xff\xff"
                                                          "b"});
}

// More than the queue holds: the rest waits in the socket, and nothing is lost.
TEST_P(DuringTransfer, ThousandsOfCommandsAreAnsweredAfterwards) {
  FtpTalker talker = connect();
  net::Stream data = begin_and_stop(talker);
  constexpr int kCommands = 8000;
  std::string packet;
  for (int i = 0; i < kCommands; ++i) packet += i % 1000 == 999 ? "SYST\r\n" : "NOOP\r\n";
  talker.send_raw(packet);
  finish(std::move(data));
  EXPECT_TRUE(answers(talker.reply(), 226));
  for (int i = 0; i < kCommands; ++i) ASSERT_TRUE(answers(talker.reply(), i % 1000 == 999 ? 215 : 200)) << i;
}

TEST_P(DuringTransfer, QuitWaitsForItsEnd) {
  FtpTalker talker = connect();
  net::Stream data = begin_and_stop(talker);
  talker.send("QUIT");
  finish(std::move(data));
  EXPECT_TRUE(answers(talker.reply(), 226));
  EXPECT_TRUE(answers(talker.reply(), 221));
  EXPECT_TRUE(talker.is_closed());
}

TEST_P(DuringTransfer, LostControlConnectionEndsIt) {
  FtpTalker talker = connect();
  const net::Stream data = begin_and_stop(talker);
  talker.disconnect();
  EXPECT_TRUE(wait_until([&] { return logouts() == 1; }, 5s));
}

// With a full queue the server reads no further, so it must hear of the end in another way.
TEST_P(DuringTransfer, LostControlConnectionBehindAFullQueueEndsItToo) {
  FtpTalker talker = connect();
  const net::Stream data = begin_and_stop(talker);
  std::string packet;
  for (int i = 0; i < 5000; ++i) packet += "NOOP\r\n";
  talker.send_raw(packet);
  EXPECT_EQ(::shutdown(talker.control().fd(), SHUT_WR), 0);
  EXPECT_TRUE(wait_until([&] { return logouts() == 1; }, 5s));
}

TEST_P(DuringTransfer, StatusTellsBytesPercentAndRate) {
  FtpTalker talker = connect();
  net::Stream data = begin_and_stop(talker);
  const auto status = talker.ask("STAT");
  EXPECT_TRUE(answers(status, 213));
  EXPECT_NE(status.text().find(fmt::format(" bytes of {} (", kLarge)), std::string::npos) << status.text();
  EXPECT_NE(status.text().find(" %), "), std::string::npos) << status.text();
  EXPECT_NE(status.text().find(" bytes/s"), std::string::npos) << status.text();
  finish(std::move(data));
  EXPECT_TRUE(answers(talker.reply(), 226));
  EXPECT_TRUE(answers(talker.ask("STAT"), 211)) << "nothing runs";
}

// A pattern that matches nothing sends nothing, and is aborted as quickly.
TEST_P(DuringTransfer, ListingThatFindsNothingCanBeAborted) {
  server_.put_file("mika", "folder", std::nullopt);
  for (int i = 0; i < 3000; ++i)
    server_.put_file("mika", "folder/" + fmt::format("{:04}", i) + std::string(250, 'a'), "");
  FtpTalker talker = connect();
  // As slow as a pattern can be.
  auto started = talker.begin("NLST folder/*[" + std::string(248, 'b') + "]c");
  ASSERT_TRUE(started.data);
  talker.send("ABOR");
  EXPECT_TRUE(answers(talker.reply(), 426));
  EXPECT_TRUE(answers(talker.reply(), 226));
  started.data.reset();
  EXPECT_TRUE(answers(talker.ask("NLST *" + std::string(255, 'b')), 553)) << "no name is that long";
}

// --- time ---

class SlowTransfer : public DuringTransfer {
 protected:
  SlowTransfer() : DuringTransfer({"idle_timeout=1s", "data_timeout=2s"}) {}
};
INSTANTIATE_TEST_SUITE_P(Wire, SlowTransfer, testing::Bool(),
                         [](const auto& wire) { return wire.param ? "tls" : "clear"; });

// The reading sets the pace.
TEST_P(SlowTransfer, IsNotIdle) {
  FtpTalker talker = connect();
  auto started = talker.begin("RETR large");
  ASSERT_TRUE(started.data);
  const auto began = steady_clock::now();
  std::array<char, 64 * 1024> buffer;
  std::size_t read = 0;
  for (std::size_t got = 1; got != 0; read += got) {
    std::this_thread::sleep_until(began + read * 2500ms / kLarge);
    const auto piece = started.data->read(buffer, soon());
    ASSERT_TRUE(piece) << piece.error().context;
    got = *piece;
  }
  if (GetParam()) static_cast<void>(started.data->finish(soon()));
  started.data.reset();
  EXPECT_EQ(read, kLarge);
  EXPECT_TRUE(answers(talker.reply(), 226));
}

TEST_P(SlowTransfer, IdleTimeCountsFromItsEnd) {
  FtpTalker talker = connect();
  auto started = talker.begin("STOR slow");
  ASSERT_TRUE(started.data);
  for (const Deadline end = Deadline::after(1500ms); !end.passed();) {
    ASSERT_TRUE(started.data->write_all("x", soon()));
    ASSERT_FALSE(net::wait_for(started.data->fd(), POLLIN, Deadline::after(50ms))) << "the server ended it";
  }
  const auto ended = steady_clock::now();
  ASSERT_TRUE(started.data->finish(soon()));
  EXPECT_TRUE(answers(talker.reply(), 226));
  EXPECT_TRUE(answers(talker.reply(), 421));
  EXPECT_GE(steady_clock::now() - ended, 900ms);
}

TEST_P(SlowTransfer, ThatStandsStillIsGivenUpAndTheSessionLives) {
  FtpTalker talker = connect();
  for (const char* command : {"RETR large", "STOR stalled"}) {
    auto started = talker.begin(command);
    ASSERT_TRUE(started.data);
    EXPECT_TRUE(answers(talker.reply(), 426)) << command;
    EXPECT_TRUE(answers(talker.ask("NOOP"), 200)) << command;
  }
}

// A 213 in front of the 150 would be taken for the transfer's own reply.
TEST_P(DuringTransfer, StatusWaitsForTheFirstReply) {
  FtpTalker talker = connect();
  talker.prepare_data();
  talker.send_raw("RETR large\r\nSTAT\r\nNOOP\r\n");
  EXPECT_TRUE(answers(talker.reply(), 150));
  EXPECT_TRUE(answers(talker.reply(), 213));
  talker.send("ABOR");
  for (const int code : {426, 226, 200}) EXPECT_TRUE(answers(talker.reply(), code));
  talker.expect("EPSV", 229);
  talker.send_raw("RETR missing\r\nSTAT\r\nNOOP\r\n");
  for (const int code : {550, 211, 200}) EXPECT_TRUE(answers(talker.reply(), code));
}

TEST_P(DuringTransfer, AbortWithAnArgumentIsALineLikeOthers) {
  FtpTalker talker = connect();
  net::Stream data = begin_and_stop(talker);
  talker.send("ABOR now");
  finish(std::move(data));
  EXPECT_TRUE(answers(talker.reply(), 226));
  EXPECT_TRUE(answers(talker.reply(), 501));
}

// It holds a thread for as long as it takes: as a transfer does, and ABOR ends it.
TEST_P(DuringTransfer, StatusOfAFolderCanBeAborted) {
  FtpTalker talker = connect();
  server_.put_names("mika", "many", 20'000, 245);
  talker.send_raw("STAT many\r\nNOOP\r\nABOR\r\n");
  const auto listing = talker.reply();
  EXPECT_TRUE(answers(listing, 213));
  EXPECT_LT(listing.lines.size(), 20'000u);
  EXPECT_TRUE(answers(talker.reply(), 226));
  EXPECT_TRUE(answers(talker.reply(), 200));
}

// The second transfer finds the queue as full as the first one left it.
TEST_P(DuringTransfer, FullQueueIsNoLostConnectionForTheNextOne) {
  FtpTalker talker = connect();
  net::Stream data = begin_and_stop(talker);
  std::string packet = "HASH large\r\n";
  for (int i = 0; i < 300; ++i) packet += "NOOP\r\n";
  for (int i = 0; i < 20; ++i) packet += "NOOP " + std::string(4000, 'x') + "\r\n";
  talker.send_raw(packet);
  finish(std::move(data));
  EXPECT_TRUE(answers(talker.reply(), 226));
  EXPECT_TRUE(answers(talker.reply(), 213));
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(answers(talker.reply(), 200)) << i;
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(answers(talker.reply(), 200)) << i;
  EXPECT_TRUE(answers(talker.ask("SYST"), 215));
}

// QUIT and a closed control connection are no way to hold a transfer against the operator.
TEST(LeftTransfer, EndsWhenTheServerMust) {
  FerrydServer server({"drain_timeout=1s"});
  server.add_account("mika");
  FtpTalker talker = FtpTalker::logged_in(server, "mika");
  auto started = talker.begin("STOR file");
  ASSERT_TRUE(started.data);
  talker.send("QUIT");
  talker.disconnect();
  const auto began = steady_clock::now();
  server.stop();
  EXPECT_LT(steady_clock::now() - began, 8s);
  EXPECT_NE(server.log("login.log").find(" logout "), std::string::npos)
      << "its worker was not killed over it";
}

}  // namespace
}  // namespace ferry::test
