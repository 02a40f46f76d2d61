// Behind a load balancer: the PROXY header, whose session it makes, and who may come to its data connections.
// The tests' balancer is 127.0.0.1, its clients are the rest of the loopback network.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <csignal>
#include <algorithm>
#include <deque>
#include <utility>

#include "shared/base/sanitized.h"
#include "shared/net/socket.h"
#include "tests/integration/master_fixture.h"
#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

using namespace std::chrono_literals;

constexpr char kClient[] = "127.0.0.5";

std::string header_of(const std::string& client, const std::string& destination = "127.0.0.1") {
  return fmt::format("PROXY TCP4 {} {} 40000 21\r\n", client, destination);
}

std::string v2_header(const std::string& bytes) {
  return std::string("\r\n\r\n\0\r\nQUIT\n", 12) + bytes;
}

class Proxy : public testing::Test {
 protected:
  explicit Proxy(std::vector<std::string> more = {}) : server_(with_listeners(std::move(more))) {
    server_.add_account("mika");
    server_.put_file("mika", "file", std::string("content"));
  }
  static std::vector<std::string> with_listeners(std::vector<std::string> more) {
    more.insert(more.begin(), {"proxy_listen=127.0.0.1:0", "proxy_implicit_tls_listen=127.0.0.1:0",
                               "proxy_from=127.0.0.1,127.0.0.64/28"});
    return more;
  }
  FtpTalker behind(const std::string& header, bool implicit_tls = false) {
    return FtpTalker(server_, {.implicit_tls = implicit_tls, .proxy_header = header});
  }
  // Logged in as the client at kClient.
  FtpTalker client(bool tls = false) {
    return FtpTalker::logged_in(server_, "mika", tls, {.proxy_header = header_of(kClient)});
  }
  bool login_log_has(const std::string& text) {
    return wait_until([&] { return server_.log("login.log").find(text) != std::string::npos; });
  }

  FerrydServer server_;
};

TEST_F(Proxy, TheClientIsWhomTheHeaderNames) {
  const std::string ipv4("\x21\x11\x00\x0C\x7F\x00\x00\x06\x7F\x00\x00\x01\x9C\x40\x00\x15", 16);
  for (const auto& [header, ip] :
       {std::pair{header_of("127.0.0.5"), "127.0.0.5"},
        {v2_header(ipv4), "127.0.0.6"},
        {std::string("PROXY TCP6 2001:db8::7 2001:db8::1 1 2\r\n"), "2001:db8::7"}}) {
    FtpTalker talker = FtpTalker::logged_in(server_, "mika", false, {.proxy_header = header});
    EXPECT_NE(talker.ask("STAT").text().find(fmt::format("From {}", ip[0] == '2' ? "[2001:db8::7]" : ip)),
              std::string::npos);
    EXPECT_TRUE(login_log_has(fmt::format("login ok from={} ", ip)));
  }
}

TEST_F(Proxy, WithoutAnAddressTheBalancerIsTheClient) {
  for (const std::string& header :
       {std::string("PROXY UNKNOWN\r\n"), v2_header(std::string("\x20\x00\x00\x00", 4))}) {
    FtpTalker talker = FtpTalker::logged_in(server_, "mika", true, {.proxy_header = header});
    EXPECT_NE(talker.ask("STAT").text().find("From 127.0.0.1"), std::string::npos);
    EXPECT_TRUE(answers(talker.ask("PORT 127,0,0,1,200,10"), 504)) << "anybody could be meant";
    EXPECT_EQ(talker.fetch("file").bytes, "content");
  }
}

TEST_F(Proxy, ImplicitTlsBeginsBehindTheHeader) {
  for (const TlsVersion version : {TlsVersion::tls12, TlsVersion::tls13}) {
    FtpTalker talker =
        FtpTalker::logged_in(server_, "mika", false,
                             {.implicit_tls = true, .version = version, .proxy_header = header_of(kClient)});
    EXPECT_TRUE(talker.is_tls());
    EXPECT_EQ(talker.fetch("file").bytes, "content");
  }
  EXPECT_TRUE(login_log_has("login ok from=127.0.0.5 tls=TLSv1.3"));
}

TEST_F(Proxy, ByteByByteAndWithCommandsRightBehindIt) {
  FtpTalker talker(server_, {.proxy_header = "P"});
  const std::string rest = header_of(kClient).substr(1);
  for (const char c : rest) {
    EXPECT_FALSE(net::wait_for(talker.control().fd(), POLLIN, Deadline::after(1ms)))
        << "greeted before the header";
    talker.send_raw(std::string(1, c));
  }
  EXPECT_TRUE(answers(talker.reply(), 220));
  FtpTalker other = behind(header_of(kClient) + "USER mika\r\nNOOP\r\n");
  EXPECT_TRUE(answers(other.reply(), 220));
  EXPECT_TRUE(answers(other.reply(), 331));
  EXPECT_TRUE(answers(other.reply(), 200));
}

TEST_F(Proxy, WhoIsNotListedIsClosedAtOnce) {
  FtpTalker stranger(server_, {.source = "127.0.0.80", .proxy_header = header_of(kClient)});
  EXPECT_TRUE(stranger.is_closed());
  EXPECT_TRUE(login_log_has("connection refused from=127.0.0.80 reason=\"not in proxy_from\""));
  FtpTalker listed(server_, {.source = "127.0.0.79", .proxy_header = header_of(kClient)});
  EXPECT_TRUE(answers(listed.reply(), 220));
}

TEST_F(Proxy, AWrongHeaderIsClosedAndSaidInTheLog) {
  for (const bool implicit : {false, true}) {
    net::Stream raw(*net::connect_to(
        *net::Address::parse("127.0.0.1", implicit ? server_.proxy_implicit_port() : server_.proxy_port()),
        Deadline::after(10s)));
    ASSERT_TRUE(raw.write_all(implicit ? "\x16\x03\x01" : "USER mika\r\n", Deadline::after(10s)));
    char byte = 0;
    const auto got = raw.read({&byte, 1}, Deadline::after(10s));
    EXPECT_TRUE(!got ? got.error().kind == Errc::reset : *got == 0) << "something was said";
  }
  EXPECT_TRUE(login_log_has(
      "connection refused from=127.0.0.1 reason=\"PROXY header: the connection does not begin"));
  EXPECT_EQ(server_.log("login.log").find("login refused"), std::string::npos)
      << "fail2ban would ban the balancer";
}

TEST_F(Proxy, AHeaderOnAnOrdinaryListenerIsACommandNobodyKnows) {
  FtpTalker talker(server_);
  EXPECT_TRUE(answers(talker.reply(), 220));
  EXPECT_TRUE(answers(talker.ask("PROXY TCP4 127.0.0.5 127.0.0.1 1 21"), 500));
}

// --- data connections ---

TEST_F(Proxy, DataComesStraightFromTheClient) {
  for (const bool tls : {false, true}) {
    FtpTalker talker = client(tls);
    talker.data_from(kClient);
    for (const DataMode mode : {DataMode::epsv, DataMode::pasv}) {
      talker.use(mode);
      EXPECT_EQ(talker.fetch("file").bytes, "content");
    }
  }
}

// All clients behind the balancer have its address: in clear any of them could fetch what is another's.
TEST_F(Proxy, InClearNobodyComesThroughTheBalancer) {
  FtpTalker talker = client();
  const std::string text = talker.ask("EPSV").text();
  const auto port = static_cast<std::uint16_t>(std::stoi(text.substr(text.find("|||") + 3)));
  const auto here = [&](const char* from) {
    return net::Stream(*net::connect_to(*net::Address::parse("127.0.0.1", port), Deadline::after(10s),
                                        *net::Address::parse(from, 0)));
  };
  net::Stream thief = here("127.0.0.1"), owner = here(kClient);
  talker.send("RETR file");
  EXPECT_TRUE(answers(talker.reply(), 150));
  EXPECT_EQ(read_to_end(owner), "content");
  char byte = 0;
  const auto got = thief.read({&byte, 1}, Deadline::after(10s));
  EXPECT_TRUE(!got || *got == 0) << "the thief got something";
  EXPECT_TRUE(answers(talker.reply(), 226));
}

TEST_F(Proxy, UnderTlsTheClientComesThroughTheBalancerAndNobodyElse) {
  for (const TlsVersion version : {TlsVersion::tls12, TlsVersion::tls13}) {
    FtpTalker talker =
        FtpTalker::logged_in(server_, "mika", true, {.version = version, .proxy_header = header_of(kClient)});
    // Before it has ever resumed, when data_resumption = "preferred" alone would let a thief in.
    talker.resume(false);
    try {
      talker.begin("RETR file");  // under TLS 1.3 the client's half of the handshake may succeed
    } catch (const std::runtime_error&) {
    }
    EXPECT_TRUE(answers(talker.reply(), 522));
    talker.resume(true);
    EXPECT_EQ(talker.fetch("file").bytes, "content");
    EXPECT_TRUE(answers(talker.store("up", some_bytes(100'000)), 226));
  }
}

TEST_F(Proxy, ActiveDataGoesToTheClientOnly) {
  FtpTalker talker = client();
  const auto listener = net::listen_on(*net::Address::parse(kClient, 0));
  ASSERT_TRUE(listener);
  const auto port = net::Address::local_of(listener->get())->port();
  EXPECT_TRUE(answers(talker.ask(fmt::format("PORT 127,0,0,1,{},{}", port / 256, port % 256)), 504));
  EXPECT_TRUE(answers(talker.ask(fmt::format("EPRT |1|{}|{}|", kClient, port)), 200));
  talker.send("RETR file");
  EXPECT_TRUE(answers(talker.reply(), 150));
  ASSERT_TRUE(net::wait_for(listener->get(), POLLIN, Deadline::after(10s)));
  net::Stream data(std::move(net::accept_now(listener->get())->socket));
  EXPECT_EQ(read_to_end(data), "content");
  EXPECT_TRUE(answers(talker.reply(), 226));
}

TEST_F(Proxy, PasvTellsTheAddressTheClientConnectedTo) {
  FtpTalker talker =
      FtpTalker::logged_in(server_, "mika", false, {.proxy_header = header_of(kClient, "192.0.2.1")});
  EXPECT_NE(talker.ask("PASV").text().find("(192,0,2,1,"), std::string::npos);
  FtpTalker v6 = FtpTalker::logged_in(server_, "mika", false,
                                      {.proxy_header = "PROXY TCP6 2001:db8::7 2001:db8::1 1 2\r\n"});
  EXPECT_TRUE(answers(v6.ask("PASV"), 425));
  EXPECT_TRUE(answers(v6.ask("EPSV 2"), 229));
  EXPECT_TRUE(answers(v6.ask("EPSV 1"), 522));
}

// --- limits ---

struct ProxyLimits : Proxy {
  ProxyLimits() : Proxy({"max_sessions_per_address=2", "max_sessions=12", "login_timeout=2s"}) {}
};

TEST_F(ProxyLimits, CountTheClientNotTheBalancer) {
  std::deque<FtpTalker> in;
  for (const char* ip : {"127.0.0.5", "127.0.0.6", "127.0.0.5", "127.0.0.6"})
    EXPECT_TRUE(answers(in.emplace_back(behind(header_of(ip))).reply(), 220)) << ip;
  FtpTalker third = behind(header_of("127.0.0.5"));
  EXPECT_TRUE(answers(third.reply(), 421));
  EXPECT_TRUE(third.is_closed());
}

TEST_F(ProxyLimits, ConnectionsWithoutAHeaderAreBoundedAndEnd) {
  const auto connect = [&] {
    return net::Stream(
        *net::connect_to(*net::Address::parse("127.0.0.1", server_.proxy_port()), Deadline::after(10s)));
  };
  const auto descriptors = [&] {
    std::size_t count = 0;
    for (const pid_t worker : server_.worker_pids()) count += count_descriptors(worker);
    return count;
  };
  // A worker that has only just started still opens what it needs.
  std::size_t before = 0;
  auto unchanged_since = std::chrono::steady_clock::now();
  ASSERT_TRUE(wait_until([&] {
    const auto now = std::chrono::steady_clock::now();
    if (std::exchange(before, descriptors()) != before) unchanged_since = now;
    return now - unchanged_since > 300ms;
  }));
  std::deque<net::Stream> silent;
  for (int i = 0; i < 12; ++i) silent.push_back(connect());
  ASSERT_TRUE(wait_until([&] { return descriptors() == before + silent.size(); }));
  FtpTalker surplus(server_);
  EXPECT_TRUE(answers(surplus.reply(), 421));
  // They end in time, without a word, and the places are free again.
  char byte = 0;
  for (net::Stream& stream : silent) EXPECT_EQ(*stream.read({&byte, 1}, Deadline::after(20s)), 0U);
  EXPECT_TRUE(login_log_has("connection refused from=127.0.0.1 reason=\"no PROXY header in time\""));
  EXPECT_TRUE(wait_until([&] { return FtpTalker(server_).reply().code == 220; }));
}

TEST(ProxyThreads, SlowHeadersHoldNone) {
  FerrydServer server(
      {"proxy_listen=127.0.0.1:0", "proxy_from=127.0.0.1", "workers=1", "threads_per_worker=4"});
  server.add_account("mika");
  std::deque<FtpTalker> slow;
  for (int i = 0; i < 40; ++i) slow.emplace_back(server, TalkerOptions{.proxy_header = "PROXY TCP4 127.0"});
  FtpTalker talker = FtpTalker::logged_in(server, "mika", false, {.proxy_header = header_of(kClient)});
  talker.data_from(kClient);
  EXPECT_TRUE(answers(talker.store("file", "content"), 226));
  EXPECT_LE(count_threads(server.worker_pids().at(0)), 5U + kSanitizerThreads);
  slow.front().send_raw(header_of(kClient).substr(16));
  EXPECT_TRUE(answers(slow.front().reply(), 220));
}

TEST(ProxyDrain, AnUnfinishedHeaderDoesNotHoldUpTheEnd) {
  FerrydServer server({"proxy_listen=127.0.0.1:0", "proxy_from=127.0.0.1", "drain_timeout=30s"});
  FtpTalker talker(server, {.proxy_header = "PROXY TCP4"});
  const auto begun = std::chrono::steady_clock::now();
  server.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
  EXPECT_TRUE(talker.is_closed());
}

// With a configuration file of its own, which a reload reads again.
class ProxyReload : public MasterFixture {
 protected:
  void configure_proxy(const std::string& from) {
    configure("proxy_listen = [\"127.0.0.1:0\"]\nproxy_from = [" + from + "]\n");
  }
  std::string greeting() const {
    const std::string line = address_lines().at(1);
    EXPECT_TRUE(line.ends_with(" proxy")) << line;
    const auto fd =
        net::connect_to(*net::Address::parse_listen(line.substr(0, line.find(' '))), Deadline::after(10s));
    const std::string header = header_of(kClient);
    EXPECT_GT(::send(fd->get(), header.data(), header.size(), MSG_NOSIGNAL), 0);
    return read_line(fd->get());
  }
};

TEST_F(ProxyReload, ChangesWhoMaySend) {
  configure_proxy("\"127.0.0.1\"");
  start();
  EXPECT_EQ(greeting(), "220 Ferry ready\r\n");
  const std::vector<pid_t> old = workers();
  configure_proxy("\"192.0.2.1\"");
  ferryd_->send_signal(SIGHUP);
  // Each place changes over in its own time: an old worker would still greet.
  EXPECT_TRUE(wait_until([&] {
    const auto now = workers();
    return !now.empty() && std::ranges::find_first_of(now, old) == now.end();
  }));
  EXPECT_EQ(greeting(), "");
  configure_proxy("");
  ferryd_->send_signal(SIGHUP);
  EXPECT_TRUE(wait_until([&] { return log_has("proxy_listen: needs proxy_from"); }));
  EXPECT_EQ(greeting(), "") << "the old configuration stays";
}

}  // namespace
}  // namespace ferry::test
