// ferryd's master, with the real program: who lives, who replaces whom, what survives a reload, how it ends.
#include "tests/integration/master_fixture.h"

#include <algorithm>
#include <csignal>
#include <set>

namespace ferry {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using nlohmann::json;
using test::wait_until;

using MasterTest = MasterFixture;

bool is_alive(pid_t pid) {
  return ::kill(pid, 0) == 0;
}

TEST_F(MasterTest, GreetsOnThePortItNames) {
  start({"--set", "banner=hello there"});
  EXPECT_EQ(read_line(connect().get()), "220 hello there\r\n");
  EXPECT_TRUE(log_has("listening on " + address_lines().at(0)));
}

TEST_F(MasterTest, AKilledWorkerIsReplacedWhileTheListenersStayOpen) {
  start();
  const auto before = workers();
  ASSERT_EQ(before.size(), 2U);
  ASSERT_EQ(::kill(before[0], SIGKILL), 0);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(read_line(connect().get()).starts_with("220 "));
  ASSERT_TRUE(wait_until([&] {
    const auto now = workers();
    return now.size() == 2 && std::ranges::find(now, before[0]) == now.end();
  }));
  EXPECT_TRUE(log_has("(process " + std::to_string(before[0]) + ") was ended by signal 9"));
}

TEST_F(MasterTest, TheSessionsOfAKilledWorkerLeaveTheBoard) {
  start({"--set", "workers=1"});
  const UniqueFd client = connect();
  EXPECT_TRUE(read_line(client.get()).starts_with("220 "));
  EXPECT_EQ(sessions(), 1U);
  ASSERT_EQ(::kill(workers().at(0), SIGKILL), 0);
  EXPECT_TRUE(wait_until([&] { return sessions() == 0; }));
}

TEST_F(MasterTest, AReloadPutsTheNewConfigurationToWorkAndDropsNoSession) {
  start();
  const UniqueFd client = connect();
  EXPECT_TRUE(read_line(client.get()).starts_with("220 "));
  configure("banner = \"second\"\nmax_sessions = 7\n");
  ferryd_->send_signal(SIGHUP);
  ASSERT_TRUE(wait_until([&] { return log_has("reloaded, generation 2"); }));
  EXPECT_TRUE(wait_until([&] { return read_line(connect().get()) == "220 second\r\n"; }));
  EXPECT_TRUE(log_has("the new value of max_sessions counts from the next start"));
  ASSERT_EQ(::send(client.get(), "NOOP\r\n", 6, MSG_NOSIGNAL), 6);
  EXPECT_TRUE(read_line(client.get()).starts_with("200 "));
}

TEST_F(MasterTest, WorkersOfTheOldGenerationEndWithTheirLastSession) {
  start();
  const auto old = workers();
  UniqueFd client = connect();
  EXPECT_TRUE(read_line(client.get()).starts_with("220 "));
  EXPECT_EQ(ask({{"request", "reload"}}), json({{"ok", true}}));
  EXPECT_TRUE(wait_until([&] { return workers().size() == 3; }))
      << "two new ones, and the one with the session";
  client.reset();
  EXPECT_TRUE(wait_until([&] { return workers().size() == 2; }));
  for (const pid_t pid : workers()) EXPECT_EQ(std::ranges::find(old, pid), old.end());
}

TEST_F(MasterTest, AReloadOfABadFileKeepsTheOldOptions) {
  start({"--set", "banner=first"});
  const auto before = workers();
  configure("banner = \"second\"\nworkers = 4000\n");
  ferryd_->send_signal(SIGHUP);
  ASSERT_TRUE(wait_until([&] { return log_has("not reloaded, the old configuration stays: "); }));
  EXPECT_EQ(workers(), before);
  EXPECT_EQ(read_line(connect().get()), "220 first\r\n");
  const json answer = ask({{"request", "reload"}});
  EXPECT_EQ(answer["ok"], false);
  EXPECT_NE(answer.value("error", "").find("ferryd.toml"), std::string::npos);
}

TEST_F(MasterTest, ANewCertificateAloneMakesAGeneration) {
  start();
  for (const char* file : {"db/ferryd.crt", "db/ferryd.key"}) fs::remove(path(file));
  ferryd_->send_signal(SIGHUP);
  EXPECT_TRUE(wait_until([&] { return log_has("reloaded, generation 2"); }));
}

TEST_F(MasterTest, ReloadsAreRefusedWhileTooManyOldWorkersLive) {
  start({"--set", "workers=1"});
  std::vector<UniqueFd> clients;
  json answer{{"ok", true}};
  for (int i = 0; i < 20 && answer["ok"] == true; ++i) {
    clients.push_back(connect());
    ASSERT_TRUE(read_line(clients.back().get()).starts_with("220 "));
    answer = ask({{"request", "reload"}});
  }
  EXPECT_GE(clients.size(), 9U);  // more if one came to a worker that had not yet heard of its retirement
  EXPECT_NE(answer.value("error", "").find("wait for their last sessions"), std::string::npos) << answer;
  EXPECT_TRUE(read_line(connect().get()).starts_with("220 "));
  clients.clear();
  EXPECT_TRUE(wait_until([&] { return ask({{"request", "reload"}})["ok"] == true; }));
}

TEST_F(MasterTest, LogsAreReopenedBySighupInOldWorkersToo) {
  start();
  const UniqueFd client = connect();
  EXPECT_TRUE(read_line(client.get()).starts_with("220 "));
  for (const char* log : {"log/ferryd.log", "log/operate.log"})
    fs::rename(path(log), path(log).string() + ".1");
  ferryd_->send_signal(SIGHUP);
  ASSERT_TRUE(wait_until([&] { return log_has("logs opened anew"); }));
  EXPECT_EQ(ask({{"request", "status"}})["generation"], 1) << "nothing has changed";
  const auto is_in_new_log = [&] {
    EXPECT_EQ(::send(client.get(), "NOOP\r\n", 6, MSG_NOSIGNAL), 6);
    read_line(client.get());
    return content_of(path("log/operate.log")).find("NOOP") != std::string::npos;
  };
  EXPECT_TRUE(wait_until(is_in_new_log));
}

TEST_F(MasterTest, SigtermEndsInOrder) {
  start();
  const auto pids = workers();
  const UniqueFd client = connect();
  EXPECT_TRUE(read_line(client.get()).starts_with("220 "));
  const std::string address = address_lines().at(0);
  EXPECT_EQ(ferryd_->terminate(10s), 0);
  EXPECT_TRUE(read_line(client.get()).starts_with("421 "));
  for (const pid_t pid : pids) EXPECT_FALSE(is_alive(pid));
  EXPECT_FALSE(fs::exists(path("run/ferryd.addresses")));
  EXPECT_FALSE(fs::exists(path("run/ferryd.sock")));
  EXPECT_FALSE(net::connect_to(*net::Address::parse_listen(address), Deadline::after(1s)).has_value());
  EXPECT_TRUE(log_has("ferryd ended"));
}

TEST_F(MasterTest, AWorkerThatDoesNotObeyIsKilledAfterTheDrain) {
  start({"--set", "drain_timeout=0s"});
  const auto pids = workers();
  for (const pid_t pid : pids) ASSERT_EQ(::kill(pid, SIGSTOP), 0);
  EXPECT_EQ(ferryd_->terminate(20s), 0);
  for (const pid_t pid : pids) EXPECT_FALSE(is_alive(pid));
}

TEST_F(MasterTest, ASecondSigtermEndsAtOnce) {
  start({"--set", "drain_timeout=1h"});
  for (const pid_t pid : workers()) ASSERT_EQ(::kill(pid, SIGSTOP), 0);
  ferryd_->send_signal(SIGTERM);
  ASSERT_TRUE(wait_until([&] { return log_has("stopping"); }));
  EXPECT_TRUE(ferryd_->running());
  EXPECT_EQ(ferryd_->terminate(10s), 0);
}

TEST_F(MasterTest, WorkersDieWithTheMaster) {
  start();
  const auto pids = workers();
  ferryd_->send_signal(SIGKILL);
  EXPECT_TRUE(wait_until([&] { return std::ranges::none_of(pids, is_alive); }));
}

TEST_F(MasterTest, AfterAKillItStartsAgainInTheSameFolders) {
  start();
  const auto pids = workers();
  ferryd_->send_signal(SIGKILL);
  ASSERT_TRUE(wait_until([&] { return std::ranges::none_of(pids, is_alive); }));
  fs::remove(path("run/ferryd.addresses"));
  start();
  EXPECT_TRUE(read_line(connect().get()).starts_with("220 "));
}

TEST_F(MasterTest, ASecondOneOnTheSameFoldersIsRefused) {
  start();
  const auto same = test::run(command());
  EXPECT_EQ(same.exit_code, 1);
  EXPECT_NE(same.err.find("another ferryd (process " + std::to_string(ferryd_->pid()) + ") runs here"),
            std::string::npos)
      << same.err;
  const auto same_store = test::run(command({"--set", "run_dir=" + path("run2").string()}));
  EXPECT_EQ(same_store.exit_code, 1);
  EXPECT_NE(same_store.err.find("ferry.db.lock"), std::string::npos) << same_store.err;
  EXPECT_TRUE(read_line(connect().get()).starts_with("220 "));
}

TEST_F(MasterTest, APortInUseIsRefusedByName) {
  const auto taken = net::listen_on(*net::Address::parse("127.0.0.1", 0));
  const std::string address = net::Address::local_of(taken->get())->to_string();
  const auto refused = test::run(command({"--set", "listen=" + address}));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("cannot listen on " + address), std::string::npos) << refused.err;
}

TEST_F(MasterTest, ConfigurationAndUsageErrorsAreExitCodeTwoAndOpenNothing) {
  EXPECT_EQ(test::run(command({"--set", "workers=x"})).exit_code, 2);
  EXPECT_EQ(test::run(command({"--set", "nonsense=1"})).exit_code, 2);
  EXPECT_EQ(test::run({ferryd_program(), "--no-such-flag"}).exit_code, 2);
  EXPECT_EQ(test::run({ferryd_program(), "-c", path("none.toml").string()}).exit_code, 2);
  EXPECT_EQ(test::run({ferryd_program(), "--check", "--dump-config"}).exit_code, 2);
  EXPECT_FALSE(fs::exists(path("run")));
}

TEST_F(MasterTest, CheckAndDumpAnswerWithoutStarting) {
  const auto check = test::run(command({"--check"}));
  EXPECT_EQ(check.exit_code, 0) << check.err;
  const auto dump = test::run(command({"--dump-config"}));
  EXPECT_EQ(dump.exit_code, 0);
  EXPECT_NE(dump.out.find("\nworkers = 2\n"), std::string::npos) << dump.out;
  EXPECT_EQ(test::run({ferryd_program(), "--version"}).out, "ferryd 0.1.0\n");
  EXPECT_FALSE(fs::exists(path("run")));
}

// What a process has open, by kind: sockets and pipes without their numbers.
std::multiset<std::string> open_files(pid_t pid) {
  std::multiset<std::string> all;
  for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    const int fd = std::stoi(entry.path().filename().string());
    std::error_code gone;
    std::string target = fs::read_symlink(entry.path(), gone).string();
    if (fd <= 2 || gone) continue;
    if (target.starts_with("socket:")) target = "socket";
    all.insert(target.starts_with('/') ? fs::path(target).filename().string() : target);
  }
  return all;
}

TEST_F(MasterTest, WorkersHoldNothingOfTheMasters) {
  start({"--set", "listen=127.0.0.1:0,127.0.0.1:0"});
  for (const pid_t pid : workers()) {
    // Two of the four listeners, and the link.
    ASSERT_TRUE(wait_until([&] { return open_files(pid).count("socket") == 3; }));
    const auto files = open_files(pid);
    EXPECT_EQ(files.count("socket"), 3U);
    EXPECT_EQ(files.count("anon_inode:[signalfd]"), 0U);
    EXPECT_EQ(files.count("ferryd.lock") + files.count("ferry.db.lock"), 0U);
    for (const char* log : {"ferryd.log", "login.log", "operate.log", "transfer.log"})
      EXPECT_EQ(files.count(log), 1U) << log;
  }
  const auto files = open_files(ferryd_->pid());
  EXPECT_EQ(files.count("ferry.db"), 0U) << "the master never opens the store";
  EXPECT_EQ(files.count("ferryd.lock") + files.count("ferry.db.lock"), 2U);
  EXPECT_EQ(files.count("anon_inode:[signalfd]"), 1U);
}

TEST_F(MasterTest, WorkersAreUnprivilegedAndNamed) {
  start();
  for (const pid_t pid : workers()) {
    std::string status;
    EXPECT_TRUE(wait_until([&] {
      status = content_of("/proc/" + std::to_string(pid) + "/status");
      return status.find("NoNewPrivs:\t1") != std::string::npos;
    }));
    EXPECT_NE(status.find("CapEff:\t0000000000000000"), std::string::npos);
    EXPECT_NE(status.find("CapPrm:\t0000000000000000"), std::string::npos);
    EXPECT_EQ(status.find("Uid:\t0\t"), std::string::npos);
    EXPECT_TRUE(content_of("/proc/" + std::to_string(pid) + "/cmdline").starts_with("ferryd: worker "));
  }
  EXPECT_TRUE(
      content_of("/proc/" + std::to_string(ferryd_->pid()) + "/cmdline").starts_with("ferryd: master"));
}

TEST_F(MasterTest, AKickEndsOneSession) {
  start();
  const UniqueFd one = connect(), other = connect();
  EXPECT_TRUE(read_line(one.get()).starts_with("220 "));
  EXPECT_TRUE(read_line(other.get()).starts_with("220 "));
  ASSERT_EQ(sessions(), 2U);
  const json list = ask({{"request", "sessions"}});
  EXPECT_EQ(ask({{"request", "kick"}, {"session", list["sessions"][0]["session"]}}), json({{"ok", true}}));
  EXPECT_TRUE(wait_until([&] { return sessions() == 1; }));
  EXPECT_EQ(ask({{"request", "kick"}, {"session", "0000000000000001"}})["error"], "no such session");
}

TEST_F(MasterTest, MakesItsCertificateOnceAndLogsItsFingerprint) {
  start();
  EXPECT_TRUE(log_has("certificate SHA-256 "));
  const std::string certificate = content_of(path("db/ferryd.crt"));
  EXPECT_NE(certificate, "");
  EXPECT_EQ(ferryd_->terminate(10s), 0);
  start();
  EXPECT_EQ(content_of(path("db/ferryd.crt")), certificate);
}

TEST_F(MasterTest, MakesItsCertificateAnewWhenHalfOfItIsMissing) {
  start();
  for (const char* half : {"db/ferryd.crt", "db/ferryd.key"}) {
    EXPECT_EQ(ferryd_->terminate(10s), 0);
    fs::remove(path(half));
    start();
    EXPECT_TRUE(fs::exists(path("db/ferryd.crt")) && fs::exists(path("db/ferryd.key"))) << half;
  }
}

TEST_F(MasterTest, ALockThatIsNoNumberIsNotShown) {
  start();
  std::ofstream(path("run/ferryd.lock")) << "\x1b[2Jboo\n";
  const auto refused = test::run(command());
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("another ferryd (process unknown) runs here"), std::string::npos) << refused.err;
}

}  // namespace
}  // namespace ferry
