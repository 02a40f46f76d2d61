// The address in the answer to PASV: rules by the client's network, host names and their changes; and
// link-local IPv6 clients, whose addresses mean something on one link only.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <poll.h>
#include <unistd.h>

#include <fstream>

#include "shared/net/socket.h"
#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

using namespace std::chrono_literals;

FtpTalker client_at(const FerrydServer& server, const std::string& ip) {
  return FtpTalker::logged_in(server, "mika", false, {.source = ip});
}

// "192,0,2,1" of "… (192,0,2,1,p1,p2)."; the whole text when it is no 227.
std::string told(FtpTalker& talker) {
  const auto reply = talker.ask("PASV");
  const std::string text = reply.text();
  if (reply.code != 227) return text;
  std::size_t end = text.find('(');
  const std::size_t start = end + 1;
  for (int i = 0; i < 4; ++i) end = text.find(',', end + 1);
  return text.substr(start, end - start);
}

TEST(PassiveAddress, GoesByTheClientsNetworkThenForEverybodyElse) {
  FerrydServer server({"passive_address=192.0.2.1",
                       "passive_address_for=127.0.0.2=local,127.0.0.3=192.0.2.3,127.0.0.2/31=192.0.2.9"});
  server.add_account("mika");
  for (const auto& [ip, address] : {std::pair{"127.0.0.1", "192,0,2,1"},
                                    {"127.0.0.2", "127,0,0,1"},
                                    {"127.0.0.3", "192,0,2,3"},
                                    {"127.0.0.4", "192,0,2,1"}}) {
    FtpTalker talker = client_at(server, ip);
    EXPECT_EQ(told(talker), address) << ip;
  }
}

TEST(PassiveAddress, AClientBehindABalancerIsFoundByItsOwnAddress) {
  FerrydServer server({"proxy_listen=127.0.0.1:0", "proxy_from=127.0.0.1",
                       "passive_address_for=10.0.0.0/8=192.0.2.3", "passive_address=192.0.2.1"});
  server.add_account("mika");
  for (const auto& [ip, address] : {std::pair{"10.1.2.3", "192,0,2,3"}, {"11.1.2.3", "192,0,2,1"}}) {
    FtpTalker talker = FtpTalker::logged_in(
        server, "mika", false, {.proxy_header = fmt::format("PROXY TCP4 {} 203.0.113.1 1 21\r\n", ip)});
    EXPECT_EQ(told(talker), address) << ip;
  }
}

TEST(PassiveAddress, MayBeAName) {
  FerrydServer server({"passive_address=LocalHost", "passive_address_for=127.0.0.2=192.0.2.2"});
  server.add_account("mika");
  FtpTalker talker = client_at(server, "127.0.0.1"), other = client_at(server, "127.0.0.2");
  EXPECT_EQ(told(talker), "127,0,0,1") << server.log("ferryd.log");
  EXPECT_EQ(told(other), "192,0,2,2");
  EXPECT_NE(server.log("ferryd.log").find("localhost is 127.0.0.1"), std::string::npos);
  talker.use(DataMode::pasv);
  EXPECT_TRUE(answers(talker.store("file", "content"), 226));
}

TEST(PassiveAddress, AReloadMayBringAName) {
  FerrydServer server;
  server.add_account("mika");
  std::ofstream(server.folder() / "ferryd.toml", std::ios::app) << "passive_address = \"localhost\"\n";
  server.reload();
  EXPECT_TRUE(wait_until(
      [&] { return server.log("ferryd.log").find("localhost is 127.0.0.1") != std::string::npos; }));
  EXPECT_TRUE(wait_until([&] {
    FtpTalker talker = client_at(server, "127.0.0.1");
    return told(talker) == "127,0,0,1";
  }));
}

// /etc/hosts of a mount namespace of its own stands for what a name server says.
class Hosts {
 public:
  Hosts() { set("127.0.0.1 localhost\n"); }
  void set(const std::string& text) { std::ofstream(dir_.path() / "hosts") << text; }
  std::vector<std::string> around() const {
    return {"unshare",
            "-m",
            "sh",
            "-c",
            "mount --bind \"$0\" /etc/hosts && exec \"$@\"",
            (dir_.path() / "hosts").string()};
  }
  static bool possible() {
    return ::geteuid() == 0 &&
           run({"unshare", "-m", "mount", "--bind", "/etc/hosts", "/etc/hosts"}).exit_code == 0;
  }

 private:
  TempDir dir_;
};

TEST(PassiveAddress, FollowsWhatItsNameMeansAndKeepsTheLastAnswer) {
  if (!Hosts::possible()) GTEST_SKIP() << "needs root and mount namespaces";
  Hosts hosts;
  FerrydServer server({"passive_address=ferry-test.invalid"}, hosts.around());
  server.add_account("mika");
  const auto log_count = [&](const std::string& text) {
    const std::string log = server.log("ferryd.log");
    int count = 0;
    for (std::size_t at = log.find(text); at != log.npos; at = log.find(text, at + 1)) ++count;
    return count;
  };
  FtpTalker talker = client_at(server, "127.0.0.1");
  EXPECT_TRUE(answers(talker.ask("PASV"), 425));
  EXPECT_NE(talker.ask("PASV").text().find("EPSV"), std::string::npos);
  EXPECT_TRUE(answers(talker.ask("EPSV"), 229));
  EXPECT_EQ(log_count("ferry-test.invalid cannot be looked up"), 1);

  const auto look_again = [&](const std::string& hosts_text) {
    hosts.set(hosts_text);
    server.reload();  // nothing else has changed: the same workers and sessions go on
  };
  look_again("127.0.0.1 localhost\n192.0.2.8 ferry-test.invalid\n192.0.2.7 ferry-test.invalid\n");
  EXPECT_TRUE(wait_until([&] { return told(talker) == "192,0,2,7"; }))
      << told(talker) << server.log("ferryd.log");
  look_again("192.0.2.9 ferry-test.invalid\n");
  EXPECT_TRUE(wait_until([&] { return told(talker) == "192,0,2,9"; })) << told(talker);
  look_again("127.0.0.1 localhost\n");
  EXPECT_TRUE(wait_until([&] { return log_count("the last answer, 192.0.2.9, stays") == 1; }));
  EXPECT_EQ(told(talker), "192,0,2,9");
  server.reload();
  FtpTalker later = client_at(server, "127.0.0.1");
  EXPECT_EQ(told(later), "192,0,2,9");
  EXPECT_EQ(log_count("cannot be looked up"), 2) << "once per change";
}

// --- link-local IPv6 ---

std::string link_local_address() {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return "";
  std::string found;
  for (const ifaddrs* at = all; at != nullptr && found.empty(); at = at->ifa_next) {
    if (at->ifa_addr == nullptr || at->ifa_addr->sa_family != AF_INET6 || (at->ifa_flags & IFF_UP) == 0)
      continue;
    const auto address = net::Address::from(at->ifa_addr, sizeof(sockaddr_in6));
    if (address.is_link_local()) found = address.ip();
  }
  ::freeifaddrs(all);
  return found;
}

TEST(LinkLocal, AClientOnTheLinkIsServedBothWays) {
  const std::string ip = link_local_address();
  if (ip.empty()) GTEST_SKIP() << "no interface has a link-local IPv6 address";
  const auto here = *net::Address::parse(ip, 0);
  FerrydServer server({fmt::format("listen=127.0.0.1:0,[{}]:0", ip)});
  server.add_account("mika");
  FtpTalker talker = FtpTalker::logged_in(server, "mika", false, {.ipv6 = true, .host = ip});
  EXPECT_TRUE(answers(talker.store("file", "content"), 226)) << "EPSV";
  EXPECT_NE(server.log("login.log").find("login ok from=" + ip + " "), std::string::npos)
      << server.log("login.log");

  const auto listener = net::listen_on(here);
  ASSERT_TRUE(listener) << listener.error().context;
  const auto port = net::Address::local_of(listener->get())->port();
  const std::string zone = ip.substr(ip.find('%') + 1);
  for (const std::string& named : {std::string(), "%" + zone, fmt::format("%{}", here.scope())}) {
    EXPECT_TRUE(answers(talker.ask(fmt::format("EPRT |2|{}{}|{}|", here.wire_ip(), named, port)), 200))
        << named;
    talker.send("RETR file");
    EXPECT_TRUE(answers(talker.reply(), 150));
    ASSERT_TRUE(net::wait_for(listener->get(), POLLIN, Deadline::after(10s)));
    net::Stream data(std::move(net::accept_now(listener->get())->socket));
    EXPECT_EQ(read_to_end(data), "content");
    EXPECT_TRUE(answers(talker.reply(), 226));
  }
  for (const char* other : {"%lo", "%99", "%no-such-if"})
    EXPECT_TRUE(answers(talker.ask(fmt::format("EPRT |2|{}{}|{}|", here.wire_ip(), other, port)), 504))
        << other;
  EXPECT_TRUE(answers(talker.ask(fmt::format("EPRT |2|{}%|{}|", here.wire_ip(), port)), 501));
}

}  // namespace
}  // namespace ferry::test
