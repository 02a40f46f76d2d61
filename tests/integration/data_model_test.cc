// Random sequences of everything that makes, uses, forgets or breaks data connections: afterwards the workers
// hold no descriptor and no port more than before, and the next login works.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "shared/net/socket.h"
#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kPorts = 8;

// A start of kPorts free ports in a row.
std::uint16_t free_range() {
  for (std::uint16_t first = 20'000; first < 30'000; first += kPorts) {
    bool is_free = true;
    for (std::uint16_t port = first; port < first + kPorts && is_free; ++port)
      is_free = net::listen_on(*net::Address::parse("127.0.0.1", port)).has_value();
    if (is_free) return first;
  }
  throw std::runtime_error("no free ports");
}

// Inodes of the sockets a process has open.
std::set<std::string> sockets_of(pid_t pid) {
  std::set<std::string> inodes;
  std::error_code gone;
  for (std::filesystem::directory_iterator at(fmt::format("/proc/{}/fd", pid), gone), end; !gone && at != end;
       at.increment(gone)) {
    std::error_code closed;
    const std::string target = std::filesystem::read_symlink(at->path(), closed).string();
    if (target.starts_with("socket:[")) inodes.insert(target.substr(8, target.size() - 9));
  }
  return inodes;
}

// Ports on which one of the workers listens, those of the server itself left out.
std::set<int> data_ports(const FerrydServer& server) {
  std::set<std::string> ours;
  for (const pid_t worker : server.worker_pids()) ours.merge(sockets_of(worker));
  std::set<int> ports;
  for (const char* file : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream table(file);
    for (std::string line; std::getline(table, line);) {
      std::istringstream fields(line);
      std::string slot, local, remote, state, skip, inode;
      fields >> slot >> local >> remote >> state;
      for (int i = 0; i < 5; ++i) fields >> skip;
      fields >> inode;
      const int port = state == "0A" ? std::stoi(local.substr(local.rfind(':') + 1), nullptr, 16) : 0;
      if (port != 0 && ours.contains(inode) && port != server.port() && port != server.port_v6())
        ports.insert(port);
    }
  }
  return ports;
}

class DataModel : public testing::TestWithParam<bool> {
 protected:
  DataModel()
      : first_(free_range()), server_({fmt::format("passive_ports={}-{}", first_, first_ + kPorts - 1)}) {
    server_.add_account("mika");
    server_.put_file("mika", "file", some_bytes(300'000));
    server_.put_file("mika", "large", "");
    std::filesystem::resize_file(server_.home("mika") / "large", 32 << 20);
  }

  std::size_t descriptors() const {
    std::size_t all = 0;
    for (const pid_t worker : server_.worker_pids()) all += count_descriptors(worker);
    return all;
  }
  unsigned pick(unsigned count) { return static_cast<unsigned>(random_() % count); }

  static std::optional<std::uint16_t> passive(FtpTalker& talker, bool extended) {
    const auto reply = talker.ask(extended ? "EPSV" : "PASV");
    if (reply.code == 229) {
      const std::string text = reply.text();
      return static_cast<std::uint16_t>(std::stoi(text.substr(text.find("|||") + 3)));
    }
    if (reply.code != 227) return std::nullopt;
    std::string text = reply.text();
    const auto last = text.rfind(','), before = text.rfind(',', last - 1);
    return static_cast<std::uint16_t>(std::stoi(text.substr(before + 1)) * 256 +
                                      std::stoi(text.substr(last + 1)));
  }

  // One transfer, in one of the ways in which it can go or fail.
  void transfer(FtpTalker& talker) {
    const char* commands[] = {"RETR file", "RETR large", "STOR up", "APPE up",      "STOU",
                              "LIST",      "MLSD",       "NLST f*", "RETR missing", "LIST missing"};
    const std::string command = commands[pick(std::size(commands))];
    const auto port = passive(talker, pick(2) == 0);
    std::optional<net::Stream> data;
    const unsigned way = pick(6);
    if (port && way != 0) {
      auto connected = net::connect_to(*net::Address::parse("127.0.0.1", *port), Deadline::after(10s));
      if (connected) data.emplace(std::move(*connected));
    }
    if (way == 1 && data) {  // there, and gone before the command
      break_connection(std::move(*data));
      data.reset();
    }
    talker.send(command);
    if (!data) talker.send("ABOR");
    if (way == 2) talker.send("ABOR");
    if (way == 3 && data) break_connection(std::move(*std::exchange(data, std::nullopt)));
    if (way == 4 && data) {  // sends something that is no TLS and no end
      static_cast<void>(data->write_all("some bytes", Deadline::after(1s)));
      talker.send("ABOR");
    }
    if (way == 5 && data) ::shutdown(data->fd(), SHUT_WR);
    if (way == 5 && data && command != "RETR large") {
      char buffer[4096];
      while (true) {
        const auto got = data->read(buffer, Deadline::after(5s));
        if (!got || *got == 0) break;
      }
    }
    data.reset();
    // Everything behind it, told apart by a command that nothing else answers like.
    talker.send("SITE HELP");
    while (talker.reply(20s).code != 214) {
    }
  }

  void step(FtpTalker& talker) {
    switch (pick(10)) {
      case 0:
        return static_cast<void>(passive(talker, true));
      case 1:
        return static_cast<void>(passive(talker, false));
      case 2:
        return static_cast<void>(talker.ask("PORT 127,0,0,1,4,1"));
      case 3:
        return static_cast<void>(talker.ask("EPRT |1|127.0.0.1|1025|"));
      case 4:
        return static_cast<void>(talker.ask("TYPE " + std::string(pick(2) == 0 ? "A" : "I")));
      case 5:
        return static_cast<void>(talker.ask("REST 10"));
      case 6:
        if (pick(6) == 0) talker.ask("EPSV ALL");
        return;
      case 7:
        return static_cast<void>(talker.ask("ABOR"));
      default:
        return transfer(talker);
    }
  }

  // REIN ends TLS, too (RFC 4217 §13).
  void rein(FtpTalker& talker) {
    talker.expect("REIN", 220);
    if (GetParam()) talker.leave_tls();
  }

  void one_session() {
    FtpTalker talker = FtpTalker::logged_in(server_, "mika", GetParam());
    const unsigned steps = 2 + pick(8);
    for (unsigned i = 0; i < steps; ++i) step(talker);
    switch (pick(5)) {
      case 0:
        return talker.expect("QUIT", 221);
      case 1:
        passive(talker, true);
        rein(talker);
        EXPECT_TRUE(answers(talker.ask("USER mika"), 331));
        return;
      case 2:
        passive(talker, false);
        return talker.disconnect();
      case 3: {  // in the middle of a transfer
        const auto port = passive(talker, true);
        if (!port) return;
        const auto data = net::connect_to(*net::Address::parse("127.0.0.1", *port), Deadline::after(10s));
        talker.send("RETR large");
        return talker.disconnect();
      }
      default: {  // RST
        const linger hard{1, 0};
        ::setsockopt(talker.control().fd(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
      }
    }
  }

  const std::uint16_t first_;
  FerrydServer server_;
  std::mt19937 random_{GetParam() ? 11U : 7U};
};
INSTANTIATE_TEST_SUITE_P(Wire, DataModel, testing::Bool(),
                         [](const auto& wire) { return wire.param ? "tls" : "clear"; });

TEST_P(DataModel, LeavesNoDescriptorAndNoPortBehind) {
  const auto sessions = [&] { return server_.log("login.log"); };
  const auto count_of = [&](const std::string& word) {
    const std::string log = sessions();
    int found = 0;
    for (std::size_t at = 0; (at = log.find(word, at)) != log.npos; ++at) ++found;
    return found;
  };
  const auto all_gone = [&] { return count_of(" login ok ") == count_of(" logout "); };
  for (int i = 0; i < 6; ++i) one_session();  // what a worker opens once and keeps is open by now
  ASSERT_TRUE(wait_until(all_gone));
  std::size_t before = 0;
  ASSERT_TRUE(wait_until([&] {
    const std::size_t last = before;
    before = descriptors();
    return last == before;
  }));
  for (int i = 0; i < 60; ++i) ASSERT_NO_THROW(one_session()) << "session " << i;
  EXPECT_TRUE(wait_until(all_gone)) << sessions();
  EXPECT_TRUE(wait_until([&] { return data_ports(server_).empty(); })) << "a port of a worker is still open";
  EXPECT_TRUE(wait_until([&] { return descriptors() <= before; })) << descriptors() << ", before " << before;
  // And all ports serve.
  std::vector<FtpTalker> all;
  for (int i = 0; i < kPorts; ++i) {
    all.push_back(FtpTalker::logged_in(server_, "mika", GetParam()));
    EXPECT_TRUE(passive(all.back(), true)) << i;
  }
  FtpTalker late = FtpTalker::logged_in(server_, "mika", GetParam());
  const auto refused = late.ask("EPSV");
  EXPECT_TRUE(answers(refused, 425));
  EXPECT_NE(refused.text().find("port"), std::string::npos) << refused.text();
  EXPECT_TRUE(answers(late.ask("NOOP"), 200));
  // Whatever frees one of them, the late one may have it.
  const auto frees = [&](const char* what) {
    EXPECT_TRUE(passive(late, true)) << what;
    rein(late);
    if (GetParam()) late.auth_tls();
    late.log_in("mika");
    EXPECT_TRUE(data_ports(server_).size() < kPorts) << what;
  };
  all[0].expect("QUIT", 221);
  EXPECT_TRUE(wait_until([&] { return data_ports(server_).size() == kPorts - 1; }));
  frees("QUIT");
  EXPECT_TRUE(passive(all[1], false)) << "the second PASV frees the first one's";
  all[1].expect("PORT 127,0,0,1,4,1", 200);
  EXPECT_EQ(data_ports(server_).size(), kPorts - 2U);
  rein(all[2]);
  EXPECT_EQ(data_ports(server_).size(), kPorts - 3U);
  all[3].disconnect();
  EXPECT_TRUE(wait_until([&] { return data_ports(server_).size() == kPorts - 4U; }));
  if (!GetParam()) {
    all[4].expect("AUTH TLS", 234);
    EXPECT_EQ(data_ports(server_).size(), kPorts - 5U);
  }
  frees("all of them");
}

}  // namespace
}  // namespace ferry::test
