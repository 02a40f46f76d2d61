// Bytes on the control connection that no client of good will sends, and packets cut where no one would:
// every line gets one answer, and the session lives.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <thread>

#include "shared/base/sanitized.h"
#include "shared/net/socket.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

class LineNoise : public testing::TestWithParam<bool> {
 protected:
  LineNoise() {
    server_.add_account("mika");
    talker_.emplace(FtpTalker::logged_in(server_, "mika", GetParam()));
    net::set_no_delay(talker_->control().fd());  // pieces travel as they are
  }
  // The codes of the answers to `bytes`, by the NOOP behind them known to be all.
  std::vector<int> answers_to(std::string_view bytes) {
    talker_->send_raw(bytes);
    talker_->send("SITE HELP");
    std::vector<int> codes;
    while (true) {
      const int code = talker_->reply().code;
      if (code == 214) return codes;
      codes.push_back(code);
      if (codes.size() > 20) throw std::runtime_error("no end of replies");
    }
  }

  FerrydServer server_;
  std::optional<FtpTalker> talker_;
};
INSTANTIATE_TEST_SUITE_P(Wire, LineNoise, testing::Bool(),
                         [](const auto& wire) { return wire.param ? "tls" : "clear"; });

const std::pair<std::string, std::vector<int>> kPackets[] = {
    {"NOOP\r\n", {200}},
    {"SYST\r\nPWD\r\n", {215, 257}},
    {"MKD a b\r\nRMD a b\r\n", {257, 250}},
    {"\r\nNOOP\n\r\r\n", {500, 200, 500}},
    {"XYZZY\r\nNOOP x\r\n", {500, 200}},
    {"NO\0OP\r\nNOOP\r\n"s, {500, 200}},
    {"PWD\r\r\n", {500}},
    {"\xff\xf4\xff\xf2"
     "ABOR\r\n",
     {226}},
    {"SITE\r\nSTAT /nowhere\r\n", {501, 550}},
};

TEST_P(LineNoise, PacketsMayBeCutAnywhere) {
  for (const auto& [packet, codes] : kPackets) {
    for (std::size_t cut = 0; cut <= packet.size(); ++cut) {
      talker_->send_raw(std::string_view(packet).substr(0, cut));
      EXPECT_EQ(answers_to(std::string_view(packet).substr(cut)), codes) << packet << " cut at " << cut;
    }
    for (const char byte : packet) talker_->send_raw({&byte, 1});
    EXPECT_EQ(answers_to(""), codes) << packet << " byte by byte";
  }
}

// RFC 854, RFC 1123 §4.1.2.12. What is unfinished swallows what would have finished it, but never a line end.
TEST_P(LineNoise, TelnetSequencesMayStandAnywhere) {
  const std::string line = "NOOP abc\r\n";
  for (const std::string& sequence :
       {"\xff\xf4"s, "\xff\xf2"s, "\xff\xf1"s, "\xff\xfb\x01"s, "\xff\xfd\x06"s}) {
    for (std::size_t at = 0; at < line.size() - 2; ++at) {
      const std::string noisy = line.substr(0, at) + sequence + line.substr(at);
      EXPECT_EQ(answers_to(noisy), std::vector<int>{200}) << "at " << at;
    }
    EXPECT_EQ(answers_to("NOOP" + sequence + "\r\n"), std::vector<int>{200});
  }
  // A byte 255 in a verb is no command; in an argument it is a byte.
  for (std::size_t at = 0; at < line.size() - 2; ++at)
    EXPECT_EQ(answers_to(line.substr(0, at) + "\xff\xff" + line.substr(at)),
              std::vector<int>{at <= 4 ? 500 : 200});
  // Unfinished: IAC and IAC WILL take the byte that follows.
  for (std::size_t at = 0; at < 4; ++at) {
    const auto codes = answers_to(line.substr(0, at) + "\xff" + line.substr(at));
    EXPECT_EQ(codes, std::vector<int>{500}) << at;
  }
  EXPECT_EQ(answers_to("NOOP\xff\r\n"), std::vector<int>{200});
  EXPECT_EQ(answers_to("NOOP\xff\xfd\r\n"), std::vector<int>{200});
  EXPECT_EQ(answers_to("NOOP\xff\xfd\nNOOP\r\n"), (std::vector<int>{200, 200})) << "a line end always counts";
}

TEST_P(LineNoise, EveryFirstByteHasOneAnswer) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string line = std::string(1, static_cast<char>(byte)) + "NOOP\r\n";
    const auto codes = answers_to(line);
    if (byte == '\n') {
      EXPECT_EQ(codes, (std::vector<int>{500, 200}));
    } else if (byte == 255) {
      EXPECT_EQ(codes, std::vector<int>{500}) << "IAC N, and OOP is no command";
    } else {
      EXPECT_EQ(codes, std::vector<int>{500}) << byte;
    }
  }
}

TEST_P(LineNoise, NulAndReturnAreRefusedWhereverTheyStand) {
  const std::string line = "MKD name";
  for (const char byte : {'\0', '\r'}) {
    for (std::size_t at = 0; at <= line.size(); ++at) {
      // One CR directly before the LF belongs to the line end, so here there are two.
      const std::string noisy = line.substr(0, at) + std::string(1, byte) + line.substr(at) + "\r\n";
      EXPECT_EQ(answers_to(noisy), std::vector<int>{500}) << "at " << at;
    }
  }
  EXPECT_TRUE(talker_->list("NLST").empty());
}

TEST_P(LineNoise, MegabyteWithoutLineEndIsHungUpOn) {
  try {
    for (int i = 0; i < 64; ++i) talker_->send_raw(std::string(64 * 1024, i % 2 == 0 ? '\r' : 'a'));
  } catch (const std::runtime_error&) {  // hung up on already
  }
  EXPECT_TRUE(talker_->is_closed());
  EXPECT_TRUE(answers(FtpTalker::logged_in(server_, "mika").ask("NOOP"), 200));
}

TEST_P(LineNoise, ThousandsInOnePacketAreAnsweredInOrder) {
  std::string packet;
  for (int i = 0; i < 5'000; ++i) packet += i % 100 == 99 ? "SYST\r\n" : "NOOP\r\n";
  talker_->send_raw(packet);  // and only then anything is read
  for (int i = 0; i < 5'000; ++i) ASSERT_TRUE(answers(talker_->reply(), i % 100 == 99 ? 215 : 200)) << i;
}

TEST(LineNoiseBeforeLogin, ThousandsInOnePacketAreAnsweredInOrder) {
  FerrydServer server;
  FtpTalker talker(server);
  std::string packet;
  for (int i = 0; i < 5'000; ++i) packet += i % 100 == 99 ? "SYST\r\n" : "PWD\r\n";
  talker.send_raw(packet);
  EXPECT_TRUE(answers(talker.reply(), 220));
  for (int i = 0; i < 5'000; ++i) ASSERT_TRUE(answers(talker.reply(), i % 100 == 99 ? 215 : 530)) << i;
}

// Who is not logged in must take replies as they come: no thread waits for him, and his time is bounded.
TEST(LineNoiseBeforeLogin, WhoReadsNothingIsHungUpOn) {
  FerrydServer server({"workers=1", "threads_per_worker=4", "login_timeout=3s"});
  server.add_account("mika");
  std::vector<FtpTalker> silent;
  for (int i = 0; i < 8; ++i) silent.emplace_back(server);
  std::string packet;
  for (int i = 0; i < 1'000; ++i) packet += "HELP\r\n";
  for (FtpTalker& talker : silent) {
    bool is_ended = false;
    for (int i = 0; i < 200 && !is_ended; ++i) {
      auto progress = const_cast<net::Stream&>(talker.control()).try_write(packet);
      is_ended = !progress;
      if (progress && progress->state != net::Progress::State::done)
        net::wait_for(talker.control().fd(), POLLOUT, Deadline::after(5ms));
    }
  }
  EXPECT_TRUE(answers(FtpTalker::logged_in(server, "mika").ask("NOOP"), 200));
  for (FtpTalker& talker : silent) EXPECT_TRUE(talker.is_closed());
}

// One byte now and then: neither threads nor others' time.
TEST(SlowClients, WhoSendHalfALineHoldNoThread) {
  FerrydServer server({"workers=1", "threads_per_worker=4"});
  server.add_account("mika");
  std::vector<FtpTalker> slow;
  for (int i = 0; i < 40; ++i) slow.push_back(FtpTalker::logged_in(server, "mika", i % 4 == 0));
  for (const char byte : "NOOP abcdef"s) {
    for (FtpTalker& talker : slow) talker.send_raw({&byte, 1});
    EXPECT_TRUE(answers(FtpTalker::logged_in(server, "mika").ask("NOOP"), 200));
  }
  for (const pid_t worker : server.worker_pids())
    EXPECT_LE(count_threads(worker), 4U + 2U + kSanitizerThreads);
  for (FtpTalker& talker : slow) {
    talker.send("");
    EXPECT_TRUE(answers(talker.reply(), 200));
  }
}

// A client that is logged in has some seconds for a reply, which may hold one thread; between two replies a
// full socket waits without a thread, and that counts as idle.
TEST(SlowClients, WhoNeverReadsRepliesIsEnded) {
  FerrydServer server({"workers=1", "threads_per_worker=4", "idle_timeout=5s"});
  server.add_account("mika");
  FtpTalker deaf = FtpTalker::logged_in(server, "mika");
  std::string packet;
  for (int i = 0; i < 1'000; ++i) packet += "HELP\r\n";
  auto& control = const_cast<net::Stream&>(deaf.control());
  const auto logouts = [&] { return server.log("login.log").find(" logout ") != std::string::npos; };
  const Deadline limit = Deadline::after(30s);
  // As much as it takes, until the server's replies fill every buffer.
  while (!limit.passed() && !logouts()) {
    if (const auto progress = control.try_write(packet);
        progress && progress->state == net::Progress::State::done)
      continue;
    FtpTalker other(server);
    EXPECT_TRUE(answers(other.reply(2s), 220)) << "others wait for the deaf one";
    net::wait_for(control.fd(), POLLOUT, Deadline::after(100ms));
  }
  EXPECT_TRUE(logouts());
  EXPECT_FALSE(limit.passed());
}

// Byte upon byte of a line without end, faster than a thread that waits for more would leave.
TEST(SlowClients, WhoDribbleKeepNobodyWaiting) {
  FerrydServer server({"workers=1", "threads_per_worker=4"});
  server.add_account("mika");
  std::vector<FtpTalker> dribbling;
  for (int i = 0; i < 8; ++i) dribbling.emplace_back(server);
  std::atomic<bool> stops = false;
  std::thread sender([&] {
    std::vector<pollfd> polled;
    for (const FtpTalker& talker : dribbling) polled.push_back({talker.control().fd(), POLLRDHUP, 0});
    while (!stops) {
      for (FtpTalker& talker : dribbling) static_cast<void>(talker.control().try_write("a"));
      // A moment in which the server may hang up, which it must not.
      EXPECT_EQ(::poll(polled.data(), polled.size(), 1), 0);
    }
  });
  for (int i = 0; i < 20; ++i) {
    const auto asked = std::chrono::steady_clock::now();
    EXPECT_TRUE(answers(FtpTalker::logged_in(server, "mika").ask("NOOP"), 200));
    EXPECT_LT(std::chrono::steady_clock::now() - asked, 1s);
  }
  stops = true;
  sender.join();
}

// What only the very next line may use is not for the one behind a line that was refused.
TEST(Sequences, AreBrokenByAnyLineBetween) {
  FerrydServer server;
  server.add_account("mika");
  server.put_file("mika", "a", std::string("content"));
  FtpTalker talker = FtpTalker::logged_in(server, "mika");
  for (const std::string& between :
       {"RNFR"s, "RNFR missing"s, "NOOP"s, "\x01"s, std::string(5000, 'x'), ""s}) {
    talker.expect("RNFR a", 350);
    EXPECT_FALSE(answers(talker.ask(between), 350));
    EXPECT_TRUE(answers(talker.ask("RNTO b"), 503)) << between.substr(0, 20);
    talker.expect("SITE PASSWD", 350);
    talker.ask(between);
    EXPECT_FALSE(answers(talker.ask("PASS another-password"), 200)) << between.substr(0, 20);
  }
}

}  // namespace
}  // namespace ferry::test
