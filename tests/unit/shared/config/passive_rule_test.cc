#include "shared/config/passive_rule.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

using Kind = PassiveTarget::Kind;

TEST(PassiveTarget, IsAnAddressANameOrLocal) {
  EXPECT_EQ(parse_passive_target("")->kind, Kind::local);
  EXPECT_EQ(parse_passive_target("local")->kind, Kind::local);
  EXPECT_EQ(parse_passive_target("192.0.2.1")->kind, Kind::address);
  EXPECT_EQ(parse_passive_target("192.0.2.1")->text, "192.0.2.1");
  for (const char* name :
       {"localhost", "ftp.example.org", "ftp.example.org.", "a-b.c_d", "1.2.3.x", "3com"}) {
    const auto target = parse_passive_target(name);
    ASSERT_TRUE(target) << name;
    EXPECT_EQ(target->kind, Kind::name) << name;
    EXPECT_EQ(target->text, name);
  }
  EXPECT_EQ(parse_passive_target("FTP.Example.ORG")->text, "ftp.example.org");
}

TEST(PassiveTarget, RefusesWhatIsNeither) {
  for (const std::string& text :
       {std::string("::1"), std::string("0.0.0.0"), std::string("192.0.2.300"), std::string("1.2.3"),
        std::string("a b"), std::string("-a.org"), std::string("a-.org"), std::string("a..org"),
        std::string("."), std::string(".a"), std::string("a:21"), std::string("a/8"),
        std::string("h\xc3\xa4.org"), std::string(64, 'a'), std::string("a\0b", 3),
        std::string("fe80::1%lo")})
    EXPECT_FALSE(parse_passive_target(text)) << text;
  std::string longest = "a";
  while (longest.size() < 252) longest += ".a";
  EXPECT_TRUE(parse_passive_target(longest));
  EXPECT_FALSE(parse_passive_target(longest + ".a"));
}

TEST(PassiveRule, IsANetworkAndWhere) {
  const auto rule = parse_passive_rule("10.0.0.0/8=ftp.example.org");
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->clients.to_string(), "10.0.0.0/8");
  EXPECT_EQ(rule->target.text, "ftp.example.org");
  for (const char* text : {"", "=", "10.0.0.0/8", "10.0.0.0/8=", "=local", "fd00::/8=local", "10.0.0.0/8=::1",
                           "10.0.0.0/8 = local", "10.0.0.0/8=local=x", "x=local"})
    EXPECT_FALSE(parse_passive_rule(text)) << text;
  EXPECT_EQ(parse_passive_rule("10.0.0.1/8=local").error().kind, Errc::out_of_range);
}

TEST(PassiveRules, StandInOrderAndEndWithTheOneForEverybody) {
  Options options;
  EXPECT_EQ(passive_rules(options).back().target.kind, Kind::local);
  options.passive_address = "b.example";
  options.passive_address_for = {"10.0.0.0/8=local", "0.0.0.0/0=a.example", "192.0.2.0/24=b.example"};
  const auto rules = passive_rules(options);
  ASSERT_EQ(rules.size(), 4U);
  EXPECT_EQ(rules[0].target.kind, Kind::local);
  EXPECT_EQ(rules[3].target.text, "b.example");
  EXPECT_TRUE(rules[3].clients.contains(*net::Address::parse("203.0.113.9", 0)));
  EXPECT_EQ(passive_names(options), (std::vector<std::string>{"a.example", "b.example"}));
}

}  // namespace
}  // namespace ferry
