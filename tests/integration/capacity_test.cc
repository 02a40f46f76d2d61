// Many sessions: waiting ones own no thread, and those that wait too long are ended.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <deque>
#include <thread>

#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

using namespace std::chrono_literals;

void raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::size_t threads_of(const FerrydServer& server) {
  std::size_t most = 0;
  for (const pid_t worker : server.worker_pids()) most = std::max(most, count_threads(worker));
  return most;
}

// Loads the machine: runs while nothing else does.
TEST(CapacityAlone, ThousandIdleSessionsThenFiftyTransfers) {
  constexpr int kIdle = 1000, kFew = 10, kTransfers = 50;
  // The kernel gives threads back only after a while: this many may still be there from the logins.
  constexpr std::size_t kSpare = 4;
  raise_descriptor_limit();
  FerrydServer server({"max_sessions=2000"});
  server.add_account("mika");
  std::deque<FtpTalker> idle;
  const auto add = [&](int count) {
    for (int i = 0; i < count; ++i) idle.push_back(FtpTalker::logged_in(server, "mika", i % 2 == 1));
  };
  add(kFew);
  // A thread that has nothing to do leaves after some seconds.
  std::size_t with_few = threads_of(server);
  add(kIdle - kFew);
  EXPECT_TRUE(wait_until([&] { return threads_of(server) <= with_few + kSpare; }, 20s))
      << threads_of(server) << " threads with " << kIdle << " sessions, " << with_few << " with " << kFew;

  std::atomic<int> failures = 0;
  std::vector<std::thread> transfers;
  for (int i = 0; i < kTransfers; ++i) {
    transfers.emplace_back([&, i] {
      try {
        FtpTalker& talker = idle[static_cast<std::size_t>(i * kIdle / kTransfers)];
        const std::string bytes = some_bytes(500'000, static_cast<std::uint32_t>(i));
        const std::string name = fmt::format("file-{}", i);
        failures += talker.store(name, bytes).code != 226;
        failures += talker.fetch(name).bytes != bytes;
      } catch (const std::runtime_error& error) {
        ADD_FAILURE() << error.what();
      }
    });
  }
  for (std::thread& transfer : transfers) transfer.join();
  EXPECT_EQ(failures, 0);
  EXPECT_TRUE(server.is_settled("mika"));
  EXPECT_EQ(server.usage("mika"), (Usage{kTransfers * 500'000, kTransfers}));
  for (FtpTalker& talker : idle) ASSERT_TRUE(answers(talker.ask("NOOP"), 200));
  // And all places are free again when they have gone.
  idle.clear();
  EXPECT_TRUE(wait_until([&] { return FtpTalker(server).reply().code == 220; }));
}

TEST(Timeouts, IdleSessionIsClosed) {
  FerrydServer server({"idle_timeout=1s"});
  server.add_account("mika");
  for (const bool tls : {false, true}) {
    FtpTalker talker = FtpTalker::logged_in(server, "mika", tls);
    EXPECT_TRUE(answers(talker.reply(10s), 421));
    EXPECT_TRUE(talker.is_closed());
  }
}

TEST(Timeouts, CommandsKeepASessionAlive) {
  FerrydServer server({"idle_timeout=2s"});
  server.add_account("mika");
  FtpTalker talker = FtpTalker::logged_in(server, "mika");
  const Deadline end = Deadline::after(4s);
  while (!end.passed()) {
    ASSERT_TRUE(answers(talker.ask("NOOP"), 200));
    std::this_thread::sleep_for(100ms);  // what is tested is that time passes
  }
}

TEST(Timeouts, TransferIsNotIdle) {
  FerrydServer server({"idle_timeout=1s"});
  server.add_account("mika");
  FtpTalker talker = FtpTalker::logged_in(server, "mika");
  auto started = talker.begin("STOR slow");
  ASSERT_TRUE(started.data);
  const Deadline end = Deadline::after(2500ms);
  std::size_t sent = 0;
  for (; !end.passed(); ++sent) {
    ASSERT_TRUE(started.data->write_all("x", Deadline::after(1s)));
    std::this_thread::sleep_for(50ms);
  }
  ASSERT_TRUE(started.data->finish(Deadline::after(1s)));
  EXPECT_TRUE(answers(talker.reply(), 226));
  EXPECT_EQ(server.usage("mika"), (Usage{static_cast<Bytes>(sent), 1}));
}

TEST(Timeouts, LoginMustComeInTimeWhateverIsSaidMeanwhile) {
  FerrydServer server({"login_timeout=2s"});
  FtpTalker silent(server), talkative(server);
  EXPECT_TRUE(answers(silent.reply(), 220));
  EXPECT_TRUE(answers(talkative.reply(), 220));
  bool refused = false;
  try {
    for (const Deadline end = Deadline::after(10s); !end.passed() && !refused;) {
      refused = talkative.ask("NOOP").code == 421;
      std::this_thread::sleep_for(50ms);
    }
  } catch (const std::runtime_error&) {
    refused = true;  // hung up between our line and its reply
  }
  EXPECT_TRUE(refused) << "small talk keeps a session without login open";
  EXPECT_TRUE(answers(silent.reply(), 421));
  EXPECT_TRUE(silent.is_closed());
}

// Half a TLS handshake holds neither a thread nor a session for ever.
TEST(Timeouts, UnfinishedHandshakeEndsWithTheLoginTimeout) {
  FerrydServer server({"login_timeout=1s", "threads_per_worker=4", "workers=1"});
  server.add_account("mika");
  std::deque<FtpTalker> stuck;
  for (int i = 0; i < 20; ++i) {
    stuck.emplace_back(server);
    EXPECT_TRUE(answers(stuck.back().reply(), 220));
    stuck.back().expect("AUTH TLS", 234);
    stuck.back().send_raw("\x16\x03\x01");  // the beginning of a record
  }
  FtpTalker::logged_in(server, "mika", true).expect("NOOP", 200);
  for (FtpTalker& talker : stuck) EXPECT_TRUE(talker.is_closed());
}

}  // namespace
}  // namespace ferry::test
