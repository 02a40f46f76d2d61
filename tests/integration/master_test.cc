// ferryd's master, with the real program: who lives, who replaces whom, what survives a reload, how it ends.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "shared/base/clock.h"
#include "shared/net/address.h"
#include "shared/net/socket.h"
#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using nlohmann::json;
using test::ChildOptions;
using test::ChildProcess;
using test::TempDir;
using test::wait_until;

std::string ferryd_program() {
  const char* folder = std::getenv("FERRY_BIN_DIR");
  const fs::path bin =
      folder != nullptr ? fs::path(folder) : fs::read_symlink("/proc/self/exe").parent_path();
  return (bin / "ferryd").string();
}

std::string content_of(const fs::path& file) {
  std::ifstream in(file);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// Up to the end of a line, or what came before the deadline or the end.
std::string read_line(int fd) {
  const Deadline deadline = Deadline::after(10s);
  std::string line;
  for (char c = 0; !line.ends_with('\n') && net::wait_for(fd, POLLIN, deadline);) {
    if (::recv(fd, &c, 1, 0) != 1) break;
    line += c;
  }
  return line;
}

// A folder with a configuration, and the ferryd that runs on it.
class MasterTest : public ::testing::Test {
 protected:
  MasterTest() { configure(""); }

  fs::path path(const char* name) const { return dir_.path() / name; }

  // The folders do not exist before, so that root's ferryd makes them for the user its workers run as.
  void configure(const std::string& more) {
    std::ofstream(path("ferryd.toml")) << "workers = 2\nstore = \"db/ferry.db\"\nhome_root = "
                                          "\"home\"\nlog_dir = \"log\"\nrun_dir = \"run\"\n"
                                       << (::geteuid() == 0 ? "user = \"nobody\"\n" : "") << more;
  }
  std::vector<std::string> command(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> argv{ferryd_program(), "-c", path("ferryd.toml").string(), "--set",
                                  "listen=127.0.0.1:0"};
    argv.insert(argv.end(), more.begin(), more.end());
    return argv;
  }

  void start(const std::vector<std::string>& more = {}, const ChildOptions& options = {}) {
    ferryd_ = std::make_unique<ChildProcess>(command(more), options);
    wait_for_start();
  }
  void wait_for_start() {
    ASSERT_TRUE(wait_until([&] { return fs::exists(path("run/ferryd.addresses")) || !ferryd_->running(); }))
        << ferryd_->err();
    ASSERT_TRUE(ferryd_->running()) << ferryd_->err();
  }

  std::vector<std::string> address_lines() const {
    std::vector<std::string> lines;
    std::ifstream in(path("run/ferryd.addresses"));
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
  UniqueFd connect() const {
    const std::string line = address_lines().at(0);
    const auto address = net::Address::parse_listen(line.substr(0, line.find(' ')));
    auto fd = net::connect_to(*address, Deadline::after(10s));
    EXPECT_TRUE(fd.has_value()) << (fd ? "" : fd.error().context);
    return fd ? std::move(*fd) : UniqueFd();
  }

  // One request over the control socket, through a descriptor of the folder because a path may be too long.
  json ask(const json& request) const {
    const UniqueFd folder(::open(path("run").c_str(), O_PATH | O_CLOEXEC));
    const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, ("/proc/self/fd/" + std::to_string(folder.get()) + "/ferryd.sock").c_str());
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
    const std::string line = request.dump() + "\n";
    EXPECT_EQ(::send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL), static_cast<ssize_t>(line.size()));
    return json::parse(read_line(fd.get()), nullptr, false);
  }
  std::vector<pid_t> workers() const {
    return ask({{"request", "status"}}).value("worker_pids", std::vector<pid_t>{});
  }
  std::size_t sessions() const {
    return ask({{"request", "sessions"}}).value("sessions", json::array()).size();
  }

  bool log_has(const std::string& text) const {
    return content_of(path("log/ferryd.log")).find(text) != std::string::npos;
  }

  TempDir dir_;
  std::unique_ptr<ChildProcess> ferryd_;
};

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

TEST_F(MasterTest, LogsAreReopenedBySighupInOldWorkersToo) {
  start();
  const UniqueFd client = connect();
  EXPECT_TRUE(read_line(client.get()).starts_with("220 "));
  for (const char* log : {"log/ferryd.log", "log/operate.log"})
    fs::rename(path(log), path(log).string() + ".1");
  ferryd_->send_signal(SIGHUP);
  ASSERT_TRUE(wait_until([&] { return log_has("reloaded, generation 2"); }));
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

// A datagram socket in the test's folder, as systemd has one.
class NotifySocket {
 public:
  explicit NotifySocket(const fs::path& folder) : before_(fs::current_path()), path_(folder / "notify") {
    fs::current_path(folder);
    fd_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, "notify");
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    fs::current_path(before_);
  }
  std::string path() const { return path_.string(); }
  // The next message that has `text` in it; "" when none comes in time.
  std::string await(const std::string& text) const {
    const Deadline deadline = Deadline::after(10s);
    while (net::wait_for(fd_.get(), POLLIN, deadline)) {
      std::array<char, 4096> message{};
      const ssize_t size = ::recv(fd_.get(), message.data(), message.size() - 1, MSG_DONTWAIT);
      if (size > 0 && std::string(message.data()).find(text) != std::string::npos) return message.data();
    }
    return "";
  }

 private:
  fs::path before_, path_;
  UniqueFd fd_;
};

TEST_F(MasterTest, TellsSystemdWhatItDoes) {
  const NotifySocket notify(dir_.path());
  if (notify.path().size() > 100) GTEST_SKIP() << "the folder's path is too long for a socket";
  start({}, {.environment = {{"NOTIFY_SOCKET", notify.path()}, {"WATCHDOG_USEC", "400000"}}});
  EXPECT_NE(notify.await("READY=1"), "");
  EXPECT_EQ(workers().size(), 2U);
  EXPECT_NE(notify.await("WATCHDOG=1"), "");
  EXPECT_NE(notify.await("WATCHDOG=1"), "");
  ferryd_->send_signal(SIGHUP);
  EXPECT_NE(notify.await("RELOADING=1").find("MONOTONIC_USEC="), std::string::npos);
  EXPECT_NE(notify.await("READY=1"), "");
  EXPECT_EQ(ferryd_->terminate(10s), 0);
  EXPECT_NE(notify.await("STOPPING=1"), "");
}

// Two listeners as systemd passes them: inherited, moved to descriptors 3 and 4, with LISTEN_PID set by the
// shell that becomes ferryd.
class PassedSockets {
 public:
  PassedSockets() : plain_(listener()), implicit_(listener()) {}
  std::string plain() const { return address_of(plain_); }
  std::string implicit() const { return address_of(implicit_); }

  std::vector<std::string> around(const std::vector<std::string>& command) const {
    const std::string first = std::to_string(plain_.get()), second = std::to_string(implicit_.get());
    const std::string script = "exec 3<&" + first + " 4<&" + second + " " + first + "<&- " + second +
                               "<&-; LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=ftp:implicit exec \"$@\"";
    std::vector<std::string> argv{"bash", "-c", script, "bash"};
    argv.insert(argv.end(), command.begin(), command.end());
    return argv;
  }

 private:
  static UniqueFd listener() {
    const auto fd = net::listen_on(*net::Address::parse("127.0.0.1", 0));
    return UniqueFd(::fcntl(fd->get(), F_DUPFD, 50));  // without close-on-exec, and clear of 3 and 4
  }
  static std::string address_of(const UniqueFd& fd) { return net::Address::local_of(fd.get())->to_string(); }

  UniqueFd plain_, implicit_;
};

TEST_F(MasterTest, TakesSocketsFromSystemd) {
  const PassedSockets sockets;
  ferryd_ = std::make_unique<ChildProcess>(sockets.around(command()));
  wait_for_start();
  EXPECT_EQ(address_lines(), (std::vector<std::string>{sockets.plain(), sockets.implicit() + " implicit"}));
  EXPECT_TRUE(read_line(connect().get()).starts_with("220 "));
}

TEST_F(MasterTest, ASocketForImplicitTlsIsRefusedWhereTlsIsOff) {
  const PassedSockets sockets;
  const auto refused = test::run(sockets.around(command({"--set", "tls=off"})));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("wants TLS from the first byte"), std::string::npos) << refused.err;
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

}  // namespace
}  // namespace ferry
