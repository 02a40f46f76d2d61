// ferryd under systemd: what it tells its manager, and sockets that were passed to it.
#include "tests/integration/master_fixture.h"

#include <array>
#include <csignal>

namespace ferry {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using test::ChildProcess;

using MasterSystemd = MasterFixture;

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

TEST_F(MasterSystemd, TellsSystemdWhatItDoes) {
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

  std::vector<std::string> around(const std::vector<std::string>& command,
                                  const std::string& names = "ftp:implicit") const {
    const std::string first = std::to_string(plain_.get()), second = std::to_string(implicit_.get());
    const std::string script = "exec 3<&" + first + " 4<&" + second + " " + first + "<&- " + second +
                               "<&-; LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=" + names + " exec \"$@\"";
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

TEST_F(MasterSystemd, TakesSocketsFromSystemd) {
  const PassedSockets sockets;
  ferryd_ = std::make_unique<ChildProcess>(sockets.around(command()));
  wait_for_start();
  EXPECT_EQ(address_lines(), (std::vector<std::string>{sockets.plain(), sockets.implicit() + " implicit"}));
  EXPECT_TRUE(read_line(connect().get()).starts_with("220 "));
}

TEST_F(MasterSystemd, TakesSocketsForALoadBalancer) {
  const PassedSockets sockets;
  ferryd_ = std::make_unique<ChildProcess>(
      sockets.around(command({"--set", "proxy_from=127.0.0.1"}), "proxy:proxy-implicit"));
  wait_for_start();
  EXPECT_EQ(address_lines(),
            (std::vector<std::string>{sockets.plain() + " proxy", sockets.implicit() + " proxy-implicit"}));
  const UniqueFd fd = connect();
  const std::string header = "PROXY TCP4 192.0.2.7 192.0.2.1 1 21\r\n";
  ASSERT_EQ(::send(fd.get(), header.data(), header.size(), 0), static_cast<ssize_t>(header.size()));
  EXPECT_TRUE(read_line(fd.get()).starts_with("220 "));
}

TEST_F(MasterSystemd, ASocketForALoadBalancerIsRefusedWhereNoneIsNamed) {
  const PassedSockets sockets;
  const auto refused = test::run(sockets.around(command(), "ftp:proxy"));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("proxy_from is empty"), std::string::npos) << refused.err;
}

TEST_F(MasterSystemd, ASocketForImplicitTlsIsRefusedWhereTlsIsOff) {
  const PassedSockets sockets;
  const auto refused = test::run(sockets.around(command({"--set", "tls=off"})));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("wants TLS from the first byte"), std::string::npos) << refused.err;
}

}  // namespace
}  // namespace ferry
