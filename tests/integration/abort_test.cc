// ABOR in every state of a transfer, over every kind of control connection, said in every way: the replies
// are exactly two, the session goes on, and it takes less than a tenth of a second.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "shared/net/socket.h"
#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

enum class Wire { clear, tls12, tls13 };
enum class Said { plainly, with_telnet, urgently };  // urgently: Telnet's Synch as TCP urgent data
enum class During { download, upload, list, facts, no_connection, handshake };

struct Case {
  Wire wire;
  Said said;
};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const Wire wire : {Wire::clear, Wire::tls12, Wire::tls13})
    for (const Said said : {Said::plainly, Said::with_telnet, Said::urgently})
      if (wire == Wire::clear || said != Said::urgently) cases.push_back({wire, said});
  return cases;
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  const char* wires[] = {"clear", "tls12", "tls13"};
  const char* ways[] = {"plainly", "telnet", "urgent"};
  return fmt::format("{}_{}", wires[static_cast<int>(info.param.wire)],
                     ways[static_cast<int>(info.param.said)]);
}

class AbortBase : public testing::Test {
 protected:
  AbortBase() {
    server_.add_account("mika");
    server_.put_file("mika", "small", std::string("content"));
    server_.put_file("mika", "large", "");
    std::filesystem::resize_file(server_.home("mika") / "large", 64 << 20);
  }
  void connect(Case wanted) {
    case_ = wanted;
    talker_.emplace(
        FtpTalker::logged_in(server_, "mika", is_tls(),
                             {.version = case_.wire == Wire::tls12 ? TlsVersion::tls12 : TlsVersion::tls13}));
  }
  bool is_tls() const { return case_.wire != Wire::clear; }

  // Enough names that a listing does not fit into the buffers on the way.
  void make_many() { server_.put_names("mika", "many", 20'000, 250); }

  void abort() {
    switch (case_.said) {
      case Said::plainly:
        return talker_->send("ABOR");
      case Said::with_telnet:
        return talker_->send_raw(
            "\xff\xf4\xff\xf2"
            "ABOR\r\n");
      case Said::urgently:
        talker_->send_raw("\xff\xf4\xff");
        ASSERT_EQ(::send(talker_->control().fd(), "\xf2", 1, MSG_OOB), 1);
        return talker_->send("ABOR");
    }
  }

  // Brings a transfer into a state in which nothing moves. The connection is kept open by who gets it.
  std::optional<net::Stream> bring_into(During during) {
    switch (during) {
      case During::download:
      case During::list:
      case During::facts: {
        auto started = talker_->begin(during == During::download ? "RETR large"
                                      : during == During::list   ? "LIST many"
                                                                 : "MLSD many");
        char first[100];
        EXPECT_TRUE(started.data && started.data->read(first, Deadline::after(10s)));
        return std::move(started.data);
      }
      case During::upload: {
        auto started = talker_->begin("STOR upload");
        EXPECT_TRUE(started.data && started.data->write_all("some", Deadline::after(10s)));
        // It counts as received when the server has it.
        EXPECT_TRUE(
            wait_until([&] { return talker_->ask("STAT").text().find(": 4 bytes") != std::string::npos; }));
        return std::move(started.data);
      }
      case During::no_connection:
        talker_->expect("EPSV", 229);
        talker_->send("RETR small");
        return std::nullopt;
      case During::handshake: {
        const std::string text = talker_->ask("EPSV").text();
        const auto port = static_cast<std::uint16_t>(std::stoi(text.substr(text.find("|||") + 3)));
        auto silent = net::connect_to(*net::Address::parse("127.0.0.1", port), Deadline::after(10s));
        EXPECT_TRUE(silent);
        EXPECT_TRUE(answers(talker_->ask("RETR small"), 150));
        return net::Stream(std::move(*silent));
      }
    }
    return std::nullopt;
  }

  steady_clock::duration abort_during(During during) {
    const auto data = bring_into(during);
    const auto sent = steady_clock::now();
    abort();
    EXPECT_TRUE(answers(talker_->reply(), 426));
    EXPECT_TRUE(answers(talker_->reply(), 226));
    return steady_clock::now() - sent;
  }

  FerrydServer server_;
  std::optional<FtpTalker> talker_;
  Case case_{};
};

class Abort : public AbortBase, public testing::WithParamInterface<Case> {
 protected:
  Abort() { connect(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(Cases, Abort, testing::ValuesIn(all_cases()), name_of);

TEST_P(Abort, EndsWhateverRuns) {
  for (const During during : {During::download, During::upload, During::no_connection, During::handshake}) {
    if (during == During::handshake && !is_tls()) continue;
    SCOPED_TRACE(fmt::format("during {}", static_cast<int>(during)));
    abort_during(during);
    EXPECT_TRUE(answers(talker_->ask("NOOP"), 200)) << "a reply too many";
    EXPECT_EQ(talker_->fetch("small").bytes, "content");
  }
  // What an aborted upload brought waits for its resume.
  EXPECT_EQ(talker_->ask("SIZE upload").text(), "4");
  talker_->expect("REST 4", 350);
  EXPECT_TRUE(answers(talker_->store("upload", " more"), 226));
  EXPECT_EQ(talker_->fetch("upload").bytes, "some more");
  EXPECT_EQ(server_.usage("mika"), (Usage{9, 1}));  // what the test put there itself is in no account
}

TEST_P(Abort, WithNothingRunningIsFine) {
  abort();
  EXPECT_TRUE(answers(talker_->reply(), 226));
  // Just behind the end, or just before it: the transfer is told as what it was, and the ABOR gets its own
  // reply.
  for (int i = 0; i < 20; ++i) {
    auto started = talker_->begin("RETR small");
    ASSERT_TRUE(started.data);
    EXPECT_EQ(read_to_end(*started.data), "content");
    abort();
    static_cast<void>(started.data->finish(Deadline::after(10s)));
    started.data.reset();
    const int code = talker_->reply().code;
    EXPECT_TRUE(code == 226 || code == 426) << code;
    EXPECT_TRUE(answers(talker_->reply(), 226));
    EXPECT_TRUE(answers(talker_->ask("NOOP"), 200));
  }
}

TEST_P(Abort, OvertakesCommandsThatWait) {
  const auto data = bring_into(During::download);
  talker_->send_raw("SYST\r\nPWD\r\n");
  abort();
  for (const int code : {426, 226, 215, 257}) EXPECT_TRUE(answers(talker_->reply(), code));
  EXPECT_TRUE(answers(talker_->ask("NOOP"), 200));
}

// The reader takes all it can get, so that the server never waits, only looks now and then.
steady_clock::duration abort_while_it_moves(FtpTalker& talker) {
  auto started = talker.begin("RETR huge");
  EXPECT_TRUE(started.data);
  std::thread reader([&] {
    const auto buffer = std::make_unique<char[]>(1 << 20);
    while (true) {
      const auto got = started.data->read({buffer.get(), 1 << 20}, Deadline::after(10s));
      if (!got || *got == 0) return;
    }
  });
  EXPECT_TRUE(wait_until([&] { return talker.ask("STAT").text().find(": 0 bytes") == std::string::npos; }));
  const auto sent = steady_clock::now();
  talker.send("ABOR");
  EXPECT_TRUE(answers(talker.reply(), 426));
  EXPECT_TRUE(answers(talker.reply(), 226));
  const auto took = steady_clock::now() - sent;
  reader.join();
  return took;
}

// Measures time.
class AbortTimeAlone : public AbortBase {};

TEST_F(AbortTimeAlone, IsLessThanATenthOfASecondWhateverRuns) {
  make_many();
  for (const Case& wanted : all_cases()) {
    connect(wanted);
    for (const During during : {During::download, During::upload, During::list, During::facts,
                                During::no_connection, During::handshake}) {
      if (during == During::handshake && !is_tls()) continue;
      std::vector<steady_clock::duration> times;
      for (int i = 0; i < 5; ++i) {
        times.push_back(abort_during(during));
        talker_->ask("DELE upload");
      }
      std::ranges::sort(times);
      EXPECT_LE(times[times.size() / 2], 100ms)
          << "during " << static_cast<int>(during) << ", wire " << static_cast<int>(wanted.wire) << ", said "
          << static_cast<int>(wanted.said);
    }
  }
}

TEST_F(AbortTimeAlone, IsLessThanATenthOfASecondWhileDataMoves) {
  server_.put_file("mika", "huge", "");
  std::filesystem::resize_file(server_.home("mika") / "huge", std::uintmax_t{1} << 40);
  for (const Wire wire : {Wire::clear, Wire::tls12, Wire::tls13}) {
    connect({wire, Said::plainly});
    std::vector<steady_clock::duration> times;
    for (int i = 0; i < 5; ++i) times.push_back(abort_while_it_moves(*talker_));
    std::ranges::sort(times);
    EXPECT_LE(times[times.size() / 2], 100ms) << "wire " << static_cast<int>(wire);
  }
}

}  // namespace
}  // namespace ferry::test
