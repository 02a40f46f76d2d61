// kill -9 of any process of ferryd at any moment: what got 226 is there whole, what was under way can be
// resumed, and quota and disk agree again without anybody's help.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <random>
#include <set>
#include <thread>

#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

Deadline soon() {
  return Deadline::after(30s);
}

// The worker that has a partial of this home open.
pid_t uploading_worker(const FerrydServer& server, const std::string& account) {
  const std::string reserved = (server.home(account) / ".ferry/").string();
  for (const pid_t worker : server.worker_pids()) {
    std::error_code gone;
    for (fs::directory_iterator at(fmt::format("/proc/{}/fd", worker), gone), end; !gone && at != end;
         at.increment(gone)) {
      std::error_code closed;
      if (fs::read_symlink(at->path(), closed).string().starts_with(reserved)) return worker;
    }
  }
  return 0;
}

class Crash : public testing::TestWithParam<bool> {
 protected:
  static constexpr std::size_t kSent = 2 << 20;

  Crash() : bytes_(some_bytes(3 << 20)) { server_.add_account("mika", {.quota = 64 << 20}); }

  FtpTalker connect() { return FtpTalker::logged_in(server_, "mika", GetParam()); }
  // Begins an upload of bytes_ and waits until a good part of it is on the disk.
  FtpTalker::Started begin_upload(FtpTalker& talker) {
    auto started = talker.begin("STOR file");
    EXPECT_TRUE(started.data->write_all(std::string_view(bytes_).substr(0, kSent), soon()));
    EXPECT_TRUE(wait_until([&] { return server_.disk_usage("mika").bytes >= Bytes{1 << 20}; }));
    return started;
  }
  void resume_upload() {
    FtpTalker talker = connect();
    const auto size = talker.ask("SIZE file");
    ASSERT_TRUE(answers(size, 213));
    const auto there = std::stoull(size.text());
    EXPECT_GE(there, std::size_t{1} << 20);
    EXPECT_LE(there, kSent);
    talker.expect(fmt::format("REST {}", there), 350);
    EXPECT_TRUE(answers(talker.store("file", std::string_view(bytes_).substr(there)), 226));
    EXPECT_TRUE(read_bytes(server_.home("mika") / "file") == bytes_);
    EXPECT_TRUE(server_.is_settled("mika"));
    EXPECT_EQ(server_.usage("mika"), (Usage{3 << 20, 1}));
  }

  const std::string bytes_;
  FerrydServer server_;
};
INSTANTIATE_TEST_SUITE_P(Wire, Crash, testing::Bool(),
                         [](const auto& wire) { return wire.param ? "tls" : "clear"; });

TEST_P(Crash, WorkerKilledInAnUpload) {
  FtpTalker talker = connect();
  auto started = begin_upload(talker);
  const auto before = server_.worker_pids();
  const pid_t victim = uploading_worker(server_, "mika");
  ASSERT_NE(victim, 0);
  ASSERT_EQ(::kill(victim, SIGKILL), 0);
  EXPECT_TRUE(talker.is_closed());
  connect().expect("NOOP", 200);
  EXPECT_TRUE(wait_until([&] {
    const auto now = server_.worker_pids();
    return now.size() == before.size() && std::ranges::find(now, victim) == now.end();
  }));
  EXPECT_TRUE(server_.is_settled("mika"));
  resume_upload();
}

TEST_P(Crash, MasterKilledInAnUpload) {
  FtpTalker talker = connect();
  auto started = begin_upload(talker);
  const auto workers = server_.worker_pids();
  ASSERT_EQ(workers.size(), 2U);
  server_.kill_master();
  EXPECT_TRUE(wait_until([&] { return std::ranges::none_of(workers, is_alive); }));
  EXPECT_TRUE(talker.is_closed());
  server_.start();
  EXPECT_TRUE(server_.is_settled("mika"));
  resume_upload();
}

TEST_P(Crash, IdleSessionsOfOtherWorkersLiveOn) {
  std::vector<FtpTalker> talkers;
  for (int i = 0; i < 20; ++i) talkers.push_back(connect());
  const auto workers = server_.worker_pids();
  ASSERT_EQ(workers.size(), 2U);
  ASSERT_EQ(::kill(workers.front(), SIGKILL), 0);
  int alive = 0;
  for (FtpTalker& talker : talkers) {
    try {
      alive += talker.code("NOOP") == 200;
    } catch (const std::runtime_error&) {  // it was the dead worker's
    }
  }
  EXPECT_GT(alive, 0);
  EXPECT_LT(alive, 20);
}

// Small files as fast as they go, until the connection breaks; some are removed, one is overwritten again and
// again. Knows what was promised.
class BusyClient {
 public:
  BusyClient(FerrydServer& server, bool tls, int round) : server_(server), tls_(tls), round_(round) {}

  void run() {
    try {
      FtpTalker talker = FtpTalker::logged_in(server_, "mika", tls_);
      for (int i = 0;; ++i) one_round(talker, i);
    } catch (const std::runtime_error&) {  // the crash
    }
  }

  void verify() {
    for (const auto& [name, version] : stored_) {
      EXPECT_TRUE(read_bytes(path(name)) == content(name, version)) << name << " was promised";
    }
    for (const std::string& name : removed_) EXPECT_FALSE(fs::exists(path(name))) << name << " is back";
    if (hot_acknowledged_ < 0) return;
    const std::string hot = read_bytes(path(hot_name()));
    bool is_whole = false;
    for (int version = hot_acknowledged_; version <= hot_started_; ++version)
      is_whole = is_whole || hot == content(hot_name(), version);
    EXPECT_TRUE(is_whole) << hot_name() << " has " << hot.size() << " bytes";
  }
  std::size_t promises() const { return stored_.size() + removed_.size(); }

 private:
  std::string hot_name() const { return fmt::format("hot-{}-{}", round_, tls_); }
  fs::path path(const std::string& name) const { return server_.home("mika") / name; }
  static std::string content(const std::string& name, int version) {
    return some_bytes(
        1000 + static_cast<std::size_t>(version) % 7 * 3000,
        static_cast<std::uint32_t>(std::hash<std::string>()(name)) + static_cast<std::uint32_t>(version));
  }
  void one_round(FtpTalker& talker, int i) {
    const std::string name = fmt::format("f-{}-{}-{}", round_, tls_, i);
    if (talker.store(name, content(name, i)).code == 226) stored_[name] = i;
    hot_started_ = i;
    if (talker.store(hot_name(), content(hot_name(), i)).code == 226) hot_acknowledged_ = i;
    if (i % 3 != 0) return;
    stored_.erase(name);  // from here it may be there or not
    if (talker.code("DELE " + name) == 250) removed_.insert(name);
  }

  FerrydServer& server_;
  const bool tls_;
  const int round_;
  std::map<std::string, int> stored_;
  std::set<std::string> removed_;
  int hot_started_ = -1, hot_acknowledged_ = -1;
};

TEST(CrashInCommits, WhatWasPromisedIsThere) {
  FerrydServer server;
  server.add_account("mika");
  std::mt19937 random(20'26);
  std::size_t promises = 0;
  for (int round = 0; round < 20; ++round) {
    BusyClient in_clear(server, false, round), with_tls(server, true, round);
    std::thread first([&] { in_clear.run(); }), second([&] { with_tls.run(); });
    // The one sleep of these tests: the moment is what is being drawn.
    std::this_thread::sleep_for(std::chrono::milliseconds(60 + random() % 120));
    const bool kills_master = round % 2 == 1;
    if (kills_master) server.kill_master();
    if (!kills_master)
      for (const pid_t worker : server.worker_pids()) ::kill(worker, SIGKILL);
    first.join();
    second.join();
    if (kills_master) server.start();
    EXPECT_TRUE(server.is_settled("mika")) << "round " << round;
    in_clear.verify();
    with_tls.verify();
    promises += in_clear.promises() + with_tls.promises();
    if (HasFailure()) break;
  }
  EXPECT_GT(promises, 40U);
}

}  // namespace
}  // namespace ferry::test
