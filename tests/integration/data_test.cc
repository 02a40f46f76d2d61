// Data connections: every way to make one, who may be at their other end, what happens on the control
// connection meanwhile.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "shared/net/socket.h"
#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

Deadline soon() {
  return Deadline::after(30s);
}

net::Address loopback(std::uint16_t port, const char* ip = "127.0.0.1") {
  return *net::Address::parse(ip, port);
}

struct Way {
  DataMode mode;
  bool ipv6, tls;
};

std::string name_of_way(const testing::TestParamInfo<Way>& way) {
  const char* modes[] = {"epsv", "pasv", "eprt", "port"};
  return fmt::format("{}_{}_{}", modes[static_cast<int>(way.param.mode)], way.param.ipv6 ? "v6" : "v4",
                     way.param.tls ? "tls" : "clear");
}

class EveryWay : public testing::TestWithParam<Way> {};
INSTANTIATE_TEST_SUITE_P(DataConnections, EveryWay,
                         testing::Values(Way{DataMode::epsv, false, false}, Way{DataMode::epsv, true, false},
                                         Way{DataMode::epsv, false, true}, Way{DataMode::epsv, true, true},
                                         Way{DataMode::pasv, false, false}, Way{DataMode::pasv, false, true},
                                         Way{DataMode::port, false, false}, Way{DataMode::port, false, true},
                                         Way{DataMode::eprt, false, true}, Way{DataMode::eprt, true, false},
                                         Way{DataMode::eprt, true, true}),
                         name_of_way);

TEST_P(EveryWay, CarriesFilesAndListings) {
  FerrydServer server;
  server.add_account("mika");
  FtpTalker talker = FtpTalker::logged_in(server, "mika", GetParam().tls, {.ipv6 = GetParam().ipv6});
  talker.use(GetParam().mode);
  const std::string bytes = some_bytes(700'001);
  EXPECT_TRUE(answers(talker.store("file", bytes), 226));
  EXPECT_TRUE(talker.fetch("file").bytes == bytes);
  EXPECT_EQ(talker.list("NLST"), std::vector<std::string>{"file"});
  EXPECT_TRUE(answers(talker.store("empty", ""), 226));
  EXPECT_EQ(talker.fetch("empty").bytes, "");
}

class Data : public testing::Test {
 protected:
  Data() {
    server_.add_account("mika");
    server_.put_file("mika", "file", std::string("content"));
  }
  FtpTalker connect(bool tls = false, const TalkerOptions& options = {}) {
    return FtpTalker::logged_in(server_, "mika", tls, options);
  }
  // EPSV by hand: the port, without a connection to it.
  static std::uint16_t passive_port(FtpTalker& talker) {
    const std::string text = talker.ask("EPSV").text();
    return static_cast<std::uint16_t>(std::stoi(text.substr(text.find("|||") + 3)));
  }

  FerrydServer server_;
};

TEST_F(Data, BouncesAreRefused) {
  FtpTalker talker = connect();
  for (const char* line : {"PORT 192,0,2,1,100,10", "PORT 127,0,0,2,100,10", "EPRT |1|192.0.2.1|40000|",
                           "EPRT |2|::1|40000|", "EPRT |2|2001:db8::1|40000|", "PORT 127,0,0,1,0,22",
                           "EPRT |1|127.0.0.1|1023|", "PORT 0,0,0,0,100,10"}) {
    EXPECT_TRUE(answers(talker.ask(line), 504)) << line;
    EXPECT_TRUE(answers(talker.ask("RETR file"), 425)) << line;
  }
  for (const char* line : {"PORT 1,2,3", "PORT 256,0,0,1,1,1", "PORT a,b,c,d,e,f", "EPRT |1|127.0.0.1|",
                           "EPRT x", "EPRT |1|127.0.0.1|70000|"})
    EXPECT_TRUE(answers(talker.ask(line), 501)) << line;
  EXPECT_TRUE(answers(talker.ask("EPRT |9|127.0.0.1|40000|"), 522));
}

TEST_F(Data, StrangerOnThePassivePortIsTurnedAway) {
  FtpTalker talker = connect();
  const std::uint16_t port = passive_port(talker);
  // Another address of the loopback network, first in the queue.
  auto stranger = net::connect_to(loopback(port), soon(), loopback(0, "127.0.0.9"));
  ASSERT_TRUE(stranger) << stranger.error().context;
  talker.send("RETR file");
  net::Stream foreign(std::move(*stranger));
  char buffer[64];
  const auto got = foreign.read(buffer, soon());
  EXPECT_TRUE(!got || *got == 0) << "a stranger got the file";
  auto own = net::connect_to(loopback(port), soon());
  ASSERT_TRUE(own);
  EXPECT_TRUE(answers(talker.reply(), 150));
  net::Stream data(std::move(*own));
  EXPECT_EQ(read_to_end(data), "content");
  EXPECT_TRUE(answers(talker.reply(), 226));
}

// The port is known to somebody: it does not stay open for as long as a client may take.
TEST_F(Data, NobodyButAStrangerIsToldSoon) {
  FtpTalker talker = connect();
  const std::uint16_t port = passive_port(talker);
  talker.send("RETR file");
  for (int i = 0; i < 3; ++i) {
    auto stranger = net::connect_to(loopback(port), soon(), loopback(0, "127.0.0.9"));
    ASSERT_TRUE(stranger) << stranger.error().context;
    net::Stream foreign(std::move(*stranger));
    char buffer[64];
    const auto turned_away = steady_clock::now();
    const auto got = foreign.read(buffer, soon());
    EXPECT_TRUE(!got || *got == 0) << "a stranger got the file";
    EXPECT_LT(steady_clock::now() - turned_away, 2s) << "not at once";
  }
  const auto began = steady_clock::now();
  EXPECT_TRUE(answers(talker.reply(), 425));
  EXPECT_LT(steady_clock::now() - began, 8s);
  EXPECT_FALSE(net::connect_to(loopback(port), soon())) << "the port is still open";
  EXPECT_EQ(talker.fetch("file").bytes, "content");
}

// The kernel's table tells of every connection's timer: 02 is keep-alive. An idle one has no other.
TEST_F(Data, BothConnectionsAreProbedWhenTheyAreSilent) {
  FtpTalker talker = connect();
  auto started = talker.begin("STOR silent");
  ASSERT_TRUE(started.data);
  for (const int fd : {talker.control().fd(), started.data->fd()}) {
    const auto ours = net::Address::local_of(fd), theirs = net::Address::peer_of(fd);
    ASSERT_TRUE(ours && theirs);
    const std::string row = fmt::format(" 0100007F:{:04X} 0100007F:{:04X} 01 ", theirs->port(), ours->port());
    EXPECT_TRUE(wait_until([&] {
      const std::string table = read_bytes("/proc/net/tcp");
      const auto at = table.find(row);
      return at != table.npos && table.compare(at + row.size() + 18, 2, "02") == 0;
    })) << row;
  }
}

TEST_F(Data, ListenerIsGoneAfterItsTransfer) {
  FtpTalker talker = connect();
  EXPECT_EQ(talker.fetch("file").bytes, "content");
  const std::uint16_t port = passive_port(talker);
  EXPECT_TRUE(answers(talker.ask("EPSV"), 229));  // replaces the first
  EXPECT_FALSE(net::connect_to(loopback(port), soon()));
}

TEST_F(Data, OnlyEpsvAfterEpsvAll) {
  FtpTalker talker = connect();
  talker.expect("EPSV ALL", 200);
  for (const char* line : {"PASV", "PORT 127,0,0,1,200,10", "EPRT |1|127.0.0.1|40000|"})
    EXPECT_TRUE(answers(talker.ask(line), 500)) << line;
  EXPECT_EQ(talker.fetch("file").bytes, "content");
  EXPECT_TRUE(answers(talker.ask("EPSV 2"), 522)) << "IPv6 on an IPv4 connection";
}

TEST_F(Data, PasvIsForIpv4) {
  FtpTalker talker = connect(false, {.ipv6 = true});
  EXPECT_TRUE(answers(talker.ask("PASV"), 425));
}

TEST(DataOptions, ActiveModeCanBeOffAndPassivePortsBounded) {
  const std::uint16_t port = free_port();
  FerrydServer server({"active_mode=false", fmt::format("passive_ports={}-{}", port, port)});
  server.add_account("mika");
  FtpTalker talker = FtpTalker::logged_in(server, "mika");
  EXPECT_TRUE(answers(talker.ask("PORT 127,0,0,1,200,10"), 502));
  EXPECT_TRUE(answers(talker.ask("EPRT |1|127.0.0.1|40000|"), 502));
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(answers(talker.store("file", "content"), 226)) << "one port must do";
  EXPECT_NE(talker.ask("EPSV").text().find(fmt::format("|||{}|", port)), std::string::npos);
  FtpTalker other = FtpTalker::logged_in(server, "mika");
  EXPECT_TRUE(answers(other.ask("EPSV"), 425)) << "the only port is taken";
}

TEST(DataOptions, NobodyComingIsToldInTime) {
  FerrydServer server({"data_timeout=1s"});
  server.add_account("mika");
  server.put_file("mika", "file", std::string("content"));
  FtpTalker talker = FtpTalker::logged_in(server, "mika");
  talker.expect("EPSV", 229);
  EXPECT_TRUE(answers(talker.ask("RETR file"), 425));
  EXPECT_TRUE(answers(talker.ask("RETR file"), 425)) << "what EPSV prepared is used up";
  const net::Stream silent = std::move(*talker.begin("STOR stalled").data);
  EXPECT_TRUE(answers(talker.reply(), 426)) << "a transfer that does not move";
  EXPECT_TRUE(answers(talker.ask("NOOP"), 200));
}

// --- commands during a transfer ---

struct Stopped : Data, testing::WithParamInterface<bool> {
  Stopped() { server_.put_file("mika", "large", some_bytes(24 << 20)); }
};
INSTANTIATE_TEST_SUITE_P(Wire, Stopped, testing::Bool(),
                         [](const auto& wire) { return wire.param ? "tls" : "clear"; });

TEST_P(Stopped, AbortActsWhileThePeerDoesNotRead) {
  FtpTalker talker = connect(GetParam());
  auto started = talker.begin("RETR large");
  ASSERT_TRUE(started.data);
  char first[1000];
  ASSERT_TRUE(started.data->read(first, soon()));  // it runs, and then we stop reading
  const auto sent = steady_clock::now();
  talker.send("ABOR");
  EXPECT_TRUE(answers(talker.reply(), 426));
  EXPECT_TRUE(answers(talker.reply(), 226));
  EXPECT_LT(steady_clock::now() - sent, 1s);  // how quick it is is measured alone, in abort_test.cc
  started.data.reset();
  EXPECT_EQ(talker.fetch("file").bytes, "content") << "the session goes on";
}

TEST_P(Stopped, AbortActsWhileThePeerDoesNotSend) {
  FtpTalker talker = connect(GetParam());
  auto started = talker.begin("STOR upload");
  ASSERT_TRUE(started.data->write_all("some", soon()));
  talker.send("ABOR");
  EXPECT_TRUE(answers(talker.reply(), 426));
  EXPECT_TRUE(answers(talker.reply(), 226));
  EXPECT_FALSE(std::filesystem::exists(server_.home("mika") / "upload"));
}

TEST_P(Stopped, StatusIsToldMeanwhileAndOtherCommandsWaitInOrder) {
  FtpTalker talker = connect(GetParam());
  auto started = talker.begin("RETR large");
  ASSERT_TRUE(started.data);
  char first[1000];
  const auto got = started.data->read(first, soon());
  ASSERT_TRUE(got);
  talker.send_raw("PWD\r\nMKD folder\r\nSTAT\r\nCWD folder\r\nPWD\r\n");
  const auto status = talker.reply();
  EXPECT_TRUE(answers(status, 213));
  EXPECT_NE(status.text().find("download /large"), std::string::npos) << status.text();
  const std::string rest = read_to_end(*started.data);
  EXPECT_EQ(*got + rest.size(), std::size_t{24 << 20});
  static_cast<void>(started.data->finish(soon()));
  started.data.reset();
  EXPECT_TRUE(answers(talker.reply(), 226));
  EXPECT_EQ(talker.reply().text(), "\"/\" is the current folder");
  EXPECT_TRUE(answers(talker.reply(), 257));
  EXPECT_TRUE(answers(talker.reply(), 250));
  EXPECT_EQ(talker.reply().text(), "\"/folder\" is the current folder");
}

TEST_P(Stopped, CommandsInThePacketOfTheTransferWaitTheirTurn) {
  FtpTalker talker = connect(GetParam());
  talker.prepare_data();
  auto started = talker.begin("RETR file\r\nPWD\r\nSYST");
  ASSERT_TRUE(started.data);
  EXPECT_EQ(read_to_end(*started.data), "content");
  static_cast<void>(started.data->finish(soon()));
  started.data.reset();
  EXPECT_TRUE(answers(talker.reply(), 226));
  EXPECT_TRUE(answers(talker.reply(), 257));
  EXPECT_TRUE(answers(talker.reply(), 215));
}

// --- descriptors ---

TEST_F(Data, NothingLeaksADescriptor) {
  const auto count = [&] {
    std::size_t all = 0;
    for (const pid_t worker : server_.worker_pids()) all += count_descriptors(worker);
    return all;
  };
  const auto logouts = [&] {
    const std::string log = server_.log("login.log");
    int found = 0;
    for (std::size_t at = 0; (at = log.find(" logout ", at)) != log.npos; ++at) ++found;
    return found;
  };
  const auto mix = [&](bool tls) {
    FtpTalker talker = connect(tls);
    talker.store("new", some_bytes(1000));
    talker.fetch("new");
    talker.fetch("missing");
    talker.list("LIST");
    talker.ask("EPSV");
    talker.ask("MLST file");
    talker.ask("CWD missing");
    break_connection(std::move(*talker.begin("RETR file").data));
    talker.reply();
    talker.ask("RNFR new");
    talker.ask("RNTO newer");
    talker.ask("DELE newer");
    auto started = talker.begin("STOR broken");
    talker.disconnect();
  };
  mix(false);
  mix(true);
  // What a worker opens once and keeps (the database among them) is open by now.
  ASSERT_TRUE(wait_until([&] { return logouts() == 2; }));
  std::size_t before = 0;
  ASSERT_TRUE(wait_until([&] {
    const std::size_t last = before;
    before = count();
    return last == before;
  }));
  for (int i = 0; i < 20; ++i) mix(i % 2 == 1);
  ASSERT_TRUE(wait_until([&] { return logouts() == 22; }));
  EXPECT_TRUE(wait_until([&] { return count() <= before; })) << count() << " instead of " << before;
}

// Clients connect before they send the command, when nobody has hung up on strangers yet.
TEST_F(Data, StrangersBeforeTheClientDoNotKeepItOut) {
  FtpTalker talker = connect();
  const std::uint16_t port = passive_port(talker);
  std::vector<UniqueFd> strangers;
  for (int i = 0; i < 8; ++i) {
    auto stranger = net::connect_to(loopback(port), soon(), loopback(0, "127.0.0.9"));
    ASSERT_TRUE(stranger) << stranger.error().context;
    strangers.push_back(std::move(*stranger));
  }
  auto own = net::connect_to(loopback(port), Deadline::after(2s));
  ASSERT_TRUE(own);
  EXPECT_TRUE(answers(talker.ask("RETR file"), 150));
  net::Stream data(std::move(*own));
  EXPECT_EQ(read_to_end(data), "content");
  EXPECT_TRUE(answers(talker.reply(), 226));
}

// Who connected for a transfer that was refused must not be served by the next one.
TEST_F(Data, ListenerIsGoneAfterARefusal) {
  FtpTalker talker = connect();
  for (const char* refused : {"RETR missing", "STOR missing/file", "LIST missing", "MLSD missing", "RETR"}) {
    const std::uint16_t port = passive_port(talker);
    EXPECT_GE(talker.code(refused), 500) << refused;
    EXPECT_TRUE(wait_until([&] { return !net::connect_to(loopback(port), soon()); })) << refused;
    EXPECT_TRUE(answers(talker.ask("RETR file"), 425)) << refused;
  }
}

TEST(DataOptions, PassivePortThatNobodyUsesIsGivenBack) {
  FerrydServer server({"data_timeout=1s"});
  server.add_account("mika");
  server.put_file("mika", "file", std::string("content"));
  FtpTalker talker = FtpTalker::logged_in(server, "mika");
  const std::string text = talker.ask("EPSV").text();
  const auto port = static_cast<std::uint16_t>(std::stoi(text.substr(text.find("|||") + 3)));
  EXPECT_TRUE(net::connect_to(loopback(port), soon()));
  EXPECT_TRUE(wait_until([&] { return !net::connect_to(loopback(port), soon()); }));
  EXPECT_TRUE(answers(talker.ask("NOOP"), 200)) << "the session goes on";
  EXPECT_TRUE(answers(talker.ask("RETR file"), 425));
  EXPECT_EQ(talker.fetch("file").bytes, "content");
}

}  // namespace
}  // namespace ferry::test
