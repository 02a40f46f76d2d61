#include "shared/net/address.h"

#include <gtest/gtest.h>
#include <net/if.h>

#include <string>

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

// The loopback interface has a name and a number everywhere.
TEST(Address, ReadsAndShowsTheZoneOfALinkLocalAddress) {
  const auto by_name = Address::parse("fe80::1%lo", 21);
  ASSERT_TRUE(by_name);
  EXPECT_EQ(by_name->scope(), ::if_nametoindex("lo"));
  EXPECT_EQ(by_name->ip(), "fe80::1%lo");
  EXPECT_EQ(by_name->to_string(), "[fe80::1%lo]:21");
  EXPECT_EQ(by_name->wire_ip(), "fe80::1");
  const auto by_number = Address::parse("fe80::1%" + std::to_string(by_name->scope()), 21);
  ASSERT_TRUE(by_number);
  EXPECT_TRUE(by_number->same_ip(*by_name));
  EXPECT_EQ(Address::parse_listen("[fe80::1%lo]:21")->to_string(), "[fe80::1%lo]:21");
}

TEST(Address, ShowsTheNumberOfAnInterfaceThatIsGone) {
  Address address = *Address::parse("fe80::1", 21);
  address.set_scope(987654);
  EXPECT_EQ(address.ip(), "fe80::1%987654");
}

TEST(Address, AZoneBelongsToLinkLocalAddressesOnly) {
  for (const char* text :
       {"::1%lo", "2001:db8::1%lo", "127.0.0.1%lo", "fe80::1%", "fe80::1%0", "fe80::1%no-such-if",
        "fe80::1%lo%lo", "fe80::1%-1", "fe80::1%99999999999", "%lo", "fe80::1%lo/64"})
    EXPECT_FALSE(Address::parse(text, 1)) << text;
  Address global = *Address::parse("2001:db8::1", 1);
  global.set_scope(1);
  EXPECT_EQ(global.scope(), 0U);
  Address ipv4 = *Address::parse("192.0.2.1", 1);
  ipv4.set_scope(1);
  EXPECT_EQ(ipv4.scope(), 0U);
}

TEST(Address, TheSameIpOnTwoLinksIsTwoMachines) {
  Address first = *Address::parse("fe80::1", 1), second = first;
  EXPECT_TRUE(first.same_ip(second));
  first.set_scope(2);
  EXPECT_FALSE(first.same_ip(second));
  second.set_scope(3);
  EXPECT_FALSE(first.same_ip(second));
  second.set_scope(2);
  EXPECT_TRUE(first.same_ip(second));
}

TEST(Address, KnowsWhichZoneNamesItsScope) {
  const Address address = *Address::parse("fe80::1%lo", 1);
  EXPECT_TRUE(address.is_in_zone("lo"));
  EXPECT_TRUE(address.is_in_zone(std::to_string(address.scope())));
  for (const char* zone : {"", "eth99", "LO", "0", "99", "lo ", "01"})
    EXPECT_FALSE(address.is_in_zone(zone)) << zone;
  EXPECT_FALSE(Address::parse("fe80::1", 1)->is_in_zone(""));
}

TEST(Address, OriginIsOneHostOrHousehold) {
  const auto origin = [](const char* ip) { return Address::parse(ip, 21)->origin(); };
  EXPECT_EQ(origin("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(origin("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(origin("2001:db8:1:2:ffff::"), origin("2001:db8:1:2::1"));
  EXPECT_NE(origin("2001:db8:1:3::1"), origin("2001:db8:1:2::1"));
  EXPECT_EQ(origin("fe80::1%lo"), "fe80::1%lo") << "a link is no household";
}

}  // namespace
}  // namespace ferry::net
