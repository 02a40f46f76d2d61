#include "server/master/known_names.h"

#include <gtest/gtest.h>

#include <string>

namespace ferry {
namespace {

constexpr std::uint32_t kOne = 0xC0000201, kTwo = 0xC0000202;  // 192.0.2.1, 192.0.2.2

TEST(KnownNames, ANameKeepsItsNumber) {
  KnownNames names;
  EXPECT_EQ(*names.numbers_of({"a", "b"}), (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(*names.numbers_of({"c", "a"}), (std::vector<std::size_t>{2, 0}));
  EXPECT_EQ(*names.numbers_of({}), std::vector<std::size_t>{});
  EXPECT_EQ(names.all()[1].name, "b");
}

TEST(KnownNames, AreBounded) {
  KnownNames names;
  for (int i = 0; i < 256; ++i) ASSERT_TRUE(names.numbers_of({"n" + std::to_string(i)}));
  const auto more = names.numbers_of({"n256"});
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().kind, Errc::busy);
  EXPECT_TRUE(names.numbers_of({"n0", "n255"}));
}

TEST(KnownNames, SayWhatChangedOnce) {
  KnownNames names;
  ASSERT_TRUE(names.numbers_of({"a"}));
  auto note = names.take({0, 0, "no such host"});
  EXPECT_FALSE(note.is_new_address);
  EXPECT_TRUE(note.is_warning);
  EXPECT_EQ(note.sentence,
            "a cannot be looked up (no such host); until it can be, PASV is refused where it counts");
  EXPECT_EQ(names.take({0, 0, "no such host"}).sentence, std::nullopt);

  note = names.take({0, kOne, ""});
  EXPECT_TRUE(note.is_new_address);
  EXPECT_FALSE(note.is_warning);
  EXPECT_EQ(note.sentence, "a is 192.0.2.1");
  note = names.take({0, kOne, ""});
  EXPECT_FALSE(note.is_new_address);
  EXPECT_EQ(note.sentence, std::nullopt);
  EXPECT_TRUE(names.take({0, kTwo, ""}).is_new_address);
  EXPECT_EQ(names.all()[0].ipv4, kTwo);
}

TEST(KnownNames, KeepTheLastGoodAnswer) {
  KnownNames names;
  ASSERT_TRUE(names.numbers_of({"a"}));
  ASSERT_TRUE(names.take({0, kOne, ""}).is_new_address);
  const auto note = names.take({0, 0, "no answer in time"});
  EXPECT_FALSE(note.is_new_address);
  EXPECT_EQ(note.sentence, "a cannot be looked up (no answer in time); the last answer, 192.0.2.1, stays");
  EXPECT_EQ(names.all()[0].ipv4, kOne);
  const auto again = names.take({0, kOne, ""});
  EXPECT_FALSE(again.is_new_address) << "the workers have it";
  EXPECT_EQ(again.sentence, "a is 192.0.2.1") << "but the operator was told that it fails";
}

TEST(KnownNames, OfSeveralAddressesAlwaysTheSameOne) {
  const auto a = *net::Address::parse("192.0.2.2", 0), b = *net::Address::parse("192.0.2.1", 0),
             v6 = *net::Address::parse("2001:db8::1", 0), none = *net::Address::parse("0.0.0.0", 0);
  EXPECT_EQ(choose_ipv4({a, v6, b}), kOne);
  EXPECT_EQ(choose_ipv4({b, a}), kOne);
  EXPECT_EQ(choose_ipv4({none, a}), kTwo);
  EXPECT_EQ(choose_ipv4({v6}), 0U);
  EXPECT_EQ(choose_ipv4({}), 0U);
}

}  // namespace
}  // namespace ferry
