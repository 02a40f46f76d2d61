#include "shared/net/network.h"

#include <gtest/gtest.h>

namespace ferry::net {
namespace {

bool holds(const char* network, const char* ip) {
  const auto parsed = Network::parse(network);
  EXPECT_TRUE(parsed) << network << ": " << (parsed ? "" : parsed.error().context);
  return parsed && parsed->contains(*Address::parse(ip, 21));
}

TEST(Network, ContainsWhatItsPrefixSays) {
  EXPECT_TRUE(holds("10.0.0.0/8", "10.0.0.0"));
  EXPECT_TRUE(holds("10.0.0.0/8", "10.255.255.255"));
  EXPECT_FALSE(holds("10.0.0.0/8", "11.0.0.0"));
  EXPECT_FALSE(holds("10.0.0.0/8", "9.255.255.255"));
  EXPECT_TRUE(holds("172.16.0.0/12", "172.31.255.255"));
  EXPECT_FALSE(holds("172.16.0.0/12", "172.32.0.0"));
  EXPECT_TRUE(holds("fd00::/8", "fdff::1"));
  EXPECT_FALSE(holds("fd00::/8", "fc00::1"));
  EXPECT_TRUE(holds("2001:db8:0:80::/57", "2001:db8:0:ff::1"));
  EXPECT_FALSE(holds("2001:db8:0:80::/57", "2001:db8:0:7f::1"));
}

TEST(Network, HoldsAtTheEndsOfItsRange) {
  EXPECT_TRUE(holds("0.0.0.0/0", "255.255.255.255"));
  EXPECT_TRUE(holds("::/0", "ffff::1"));
  EXPECT_TRUE(holds("192.0.2.6/31", "192.0.2.7"));
  EXPECT_FALSE(holds("192.0.2.6/31", "192.0.2.8"));
  EXPECT_TRUE(holds("192.0.2.7/32", "192.0.2.7"));
  EXPECT_FALSE(holds("192.0.2.7/32", "192.0.2.6"));
  EXPECT_TRUE(holds("2001:db8::6/127", "2001:db8::7"));
  EXPECT_FALSE(holds("2001:db8::6/127", "2001:db8::8"));
  EXPECT_TRUE(holds("2001:db8::7/128", "2001:db8::7"));
  EXPECT_FALSE(holds("2001:db8::7/128", "2001:db8::6"));
  EXPECT_TRUE(holds("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(holds("192.0.2.7", "192.0.2.8"));
  EXPECT_FALSE(holds("::1", "::2"));
}

TEST(Network, FamiliesDoNotMix) {
  EXPECT_FALSE(holds("0.0.0.0/0", "::1"));
  EXPECT_FALSE(holds("::/0", "127.0.0.1"));
  EXPECT_FALSE(Network::parse("0.0.0.0/0")->contains(Address()));
}

TEST(Network, MappedIpv6IsIpv4) {
  EXPECT_TRUE(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
  EXPECT_TRUE(holds("::ffff:10.0.0.0/104", "10.1.2.3"));
  EXPECT_EQ(Network::parse("::ffff:10.0.0.0/104")->to_string(), "10.0.0.0/8");
  EXPECT_FALSE(Network::parse("::ffff:10.0.0.0/8"));
}

TEST(Network, TheZoneOfALinkLocalAddressDoesNotMatter) {
  Address address = *Address::parse("fe80::1", 21);
  address.set_scope(7);
  EXPECT_TRUE(Network::parse("fe80::/10")->contains(address));
  EXPECT_TRUE(Network::parse("fe80::1")->contains(address));
}

TEST(Network, BitsBehindThePrefixAreAMistakeThatIsExplained) {
  for (const char* text : {"10.0.0.1/8", "10.0.0.1/0", "192.0.2.7/31", "fd00::1/8", "2001:db8::1/127"}) {
    const auto network = Network::parse(text);
    ASSERT_FALSE(network) << text;
    EXPECT_EQ(network.error().kind, Errc::out_of_range);
  }
  EXPECT_EQ(Network::parse("10.0.0.1/8").error().context,
            "'10.0.0.1/8' has bits set behind its prefix: write 10.0.0.0/8 for the network, or 10.0.0.1 for "
            "the one "
            "address");
}

TEST(Network, RefusesWhatIsNone) {
  for (const char* text : {"",
                           "/",
                           "/8",
                           "10.0.0.0/",
                           "10.0.0.0/33",
                           "10.0.0.0/-1",
                           "10.0.0.0/+8",
                           "10.0.0.0/08",
                           "10.0.0.0/8/8",
                           "10.0.0.0/ 8",
                           "10.0.0.0 /8",
                           "10.0.0/8",
                           "10/8",
                           "::/129",
                           "::/1x",
                           "fe80::%1/64",
                           "host",
                           "[::1]",
                           "*",
                           "10.0.0.0/255.0.0.0"}) {
    const auto network = Network::parse(text);
    ASSERT_FALSE(network) << text;
    EXPECT_EQ(network.error().kind, Errc::bad_syntax) << text;
  }
}

TEST(Network, IsWrittenAsItIsRead) {
  for (const char* text : {"10.0.0.0/8", "0.0.0.0/0", "192.0.2.7", "fd00::/8", "::1", "::/0"})
    EXPECT_EQ(Network::parse(text)->to_string(), text);
  EXPECT_EQ(Network::parse("192.0.2.7/32")->to_string(), "192.0.2.7");
}

}  // namespace
}  // namespace ferry::net
