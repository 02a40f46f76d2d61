#include "shared/net/address.h"

#include <gtest/gtest.h>

namespace ferry::net {
namespace {

TEST(Address, ReadsAndShowsIpv4) {
  const auto address = Address::parse("127.0.0.1", 2121);
  ASSERT_TRUE(address);
  EXPECT_FALSE(address->is_ipv6());
  EXPECT_EQ(address->ip(), "127.0.0.1");
  EXPECT_EQ(address->port(), 2121);
  EXPECT_EQ(address->to_string(), "127.0.0.1:2121");
}

TEST(Address, ReadsAndShowsIpv6) {
  const auto address = Address::parse("2001:db8::0:1", 21);
  ASSERT_TRUE(address);
  EXPECT_TRUE(address->is_ipv6());
  EXPECT_EQ(address->to_string(), "[2001:db8::1]:21");
}

TEST(Address, TurnsMappedIpv6IntoIpv4) {
  const auto address = Address::parse("::ffff:192.0.2.7", 990);
  ASSERT_TRUE(address);
  EXPECT_EQ(address->to_string(), "192.0.2.7:990");
  EXPECT_TRUE(address->same_ip(*Address::parse("192.0.2.7", 1)));
}

TEST(Address, RefusesWhatIsNoNumber) {
  using namespace std::string_view_literals;
  for (const auto text : {""sv, "localhost"sv, "1.2.3"sv, "1.2.3.4.5"sv, "256.0.0.1"sv, "::g"sv, "1.2.3.4 "sv,
                          "1.2.3.4\0x"sv, "::1\0"sv, "[::1]"sv}) {
    const auto address = Address::parse(text, 1);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().kind, Errc::bad_syntax);
  }
}

TEST(Address, ReadsWhereToListen) {
  EXPECT_EQ(Address::parse_listen("127.0.0.1:2121")->to_string(), "127.0.0.1:2121");
  EXPECT_EQ(Address::parse_listen("0.0.0.0:0")->to_string(), "0.0.0.0:0");
  EXPECT_EQ(Address::parse_listen("[::]:21")->to_string(), "[::]:21");
}

TEST(Address, RefusesBadListenAddresses) {
  for (const char* text :
       {"", ":21", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1", "::1:21",
        "[127.0.0.1]:21", "[::1]", "[::1:21", "127.0.0.1:21x", "host:21"}) {
    const auto address = Address::parse_listen(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().kind, Errc::bad_syntax);
  }
}

TEST(Address, ComparesOnlyTheIp) {
  const Address a = *Address::parse("10.0.0.1", 1);
  EXPECT_TRUE(a.same_ip(*Address::parse("10.0.0.1", 2)));
  EXPECT_FALSE(a.same_ip(*Address::parse("10.0.0.2", 1)));
  EXPECT_FALSE(a.same_ip(*Address::parse("::1", 1)));
  EXPECT_TRUE(Address::parse("::1", 1)->same_ip(*Address::parse("::1", 9)));
  EXPECT_FALSE(Address().same_ip(Address()));
}

TEST(Address, IsUnsetAtFirst) {
  Address address;
  EXPECT_FALSE(address.is_set());
  EXPECT_EQ(address.ip(), "");
  EXPECT_EQ(address.to_string(), "");
  EXPECT_EQ(address.port(), 0);
  address.set_port(21);
  EXPECT_FALSE(address.is_set());
}

TEST(Resolve, TakesNumbersWithoutAskingTheSystem) {
  const auto addresses = resolve("::1", 2121);
  ASSERT_TRUE(addresses);
  ASSERT_EQ(addresses->size(), 1u);
  EXPECT_EQ(addresses->front().to_string(), "[::1]:2121");
}

TEST(Resolve, FindsLocalhost) {
  const auto addresses = resolve("localhost", 2121);
  ASSERT_TRUE(addresses) << addresses.error().context;
  for (const Address& address : *addresses) EXPECT_EQ(address.port(), 2121);
}

TEST(Resolve, SaysWhatItCouldNotFind) {
  const auto addresses = resolve("not a name", 21);
  ASSERT_FALSE(addresses);
  EXPECT_EQ(addresses.error().kind, Errc::not_found);
  EXPECT_NE(addresses.error().context.find("not a name"), std::string::npos);
}

}  // namespace
}  // namespace ferry::net
