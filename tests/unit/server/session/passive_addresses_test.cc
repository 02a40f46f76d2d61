#include "server/session/passive_addresses.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

class PassiveAddressesTest : public ::testing::Test {
 protected:
  PassiveAddressesTest() {
    options_.passive_address_for = {"10.0.0.5=local", "10.0.0.0/8=b.example", "192.168.0.0/16=192.168.1.5"};
    options_.passive_address = "a.example";
  }
  static std::string told(const PassiveAddresses& addresses, const char* client) {
    const auto answer =
        addresses.address_for(*net::Address::parse(client, 1), *net::Address::parse("203.0.113.1", 21));
    return answer ? *answer : "no: " + answer.error().context;
  }

  Options options_;
  // b.example has a number of an older configuration, other.example is of one.
  std::vector<NamedAddress> names_ = {{"b.example", 0xC0000202}, {"other.example", 1}, {"a.example", 0}};
};

TEST_F(PassiveAddressesTest, TheFirstRuleThatHoldsTheClientCounts) {
  const PassiveAddresses addresses(options_, names_);
  EXPECT_EQ(told(addresses, "10.0.0.5"), "203.0.113.1");
  EXPECT_EQ(told(addresses, "10.0.0.6"), "192.0.2.2");
  EXPECT_EQ(told(addresses, "192.168.9.9"), "192.168.1.5");
}

TEST_F(PassiveAddressesTest, ANameThatWasNeverFoundIsAnError) {
  PassiveAddresses addresses(options_, names_);
  EXPECT_EQ(told(addresses, "11.0.0.1"), "no: a.example");
  addresses.learn(2, 0xC0000201);
  EXPECT_EQ(told(addresses, "11.0.0.1"), "192.0.2.1");
  EXPECT_EQ(told(addresses, "2001:db8::1"), "192.0.2.1") << "the last rule is for everybody";
  addresses.learn(0, 0xC0000203);
  EXPECT_EQ(told(addresses, "10.9.9.9"), "192.0.2.3");
}

TEST_F(PassiveAddressesTest, ANumberOfLaterConfigurationsIsNoneOfOurs) {
  PassiveAddresses addresses(options_, names_);
  addresses.learn(3, 0xC0000201);
  addresses.learn(std::size_t{1} << 31, 0xC0000201);
  EXPECT_EQ(told(addresses, "11.0.0.1"), "no: a.example");
}

TEST(PassiveAddresses, WithoutOptionsItIsTheOneTheClientConnectedTo) {
  const PassiveAddresses addresses(Options{}, {});
  EXPECT_EQ(
      *addresses.address_for(*net::Address::parse("192.0.2.7", 1), *net::Address::parse("203.0.113.1", 21)),
      "203.0.113.1");
}

}  // namespace
}  // namespace ferry
