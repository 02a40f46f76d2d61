#include "shared/base/password.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace ferry {
namespace {

constexpr PasswordCost kCheap{64 * 1024, 1};

TEST(HashPassword, VerifiesOnlyTheSamePassword) {
  const auto hash = hash_password(Secret("correct horse"), kCheap);
  ASSERT_TRUE(hash);
  EXPECT_EQ(hash->rfind("$argon2id$v=19$m=64,t=1,p=1$", 0), 0u) << *hash;
  EXPECT_TRUE(verify_password(*hash, Secret("correct horse"), kCheap));
  EXPECT_FALSE(verify_password(*hash, Secret("correct horsf"), kCheap));
  EXPECT_FALSE(verify_password(*hash, Secret(""), kCheap));
  EXPECT_NE(*hash, hash_password(Secret("correct horse"), kCheap).value());
}

TEST(HashPassword, VerifiesWhateverCostTheHashWasMadeWith) {
  const auto hash = hash_password(Secret("correct horse"), PasswordCost{128 * 1024, 3});
  ASSERT_TRUE(hash);
  EXPECT_TRUE(verify_password(*hash, Secret("correct horse"), kCheap));
}

TEST(HashPassword, RefusesImpossibleCosts) {
  EXPECT_EQ(hash_password(Secret("x"), PasswordCost{1, 1}).error().kind, Errc::out_of_range);
  EXPECT_EQ(hash_password(Secret("x"), PasswordCost{64 * 1024, 0}).error().kind, Errc::out_of_range);
}

TEST(VerifyPassword, NeverMatchesAnEmptyOrDamagedHash) {
  const std::string hash = hash_password(Secret("correct horse"), kCheap).value();
  std::vector<std::string> damaged = {
      "",      "$",           "x",        "$argon2id$",          "$argon2id$v=19$m=64,t=1,p=1$",
      "$1$ab", "$2b$10$abcd", hash + "x", std::string(5000, '$')};
  for (std::size_t length = 0; length < hash.size(); ++length) damaged.push_back(hash.substr(0, length));
  damaged.push_back(hash + std::string(1, '\0'));
  for (const auto& text : damaged)
    EXPECT_FALSE(verify_password(text, Secret("correct horse"), kCheap)) << text;
}

// The time of the fastest of a few runs: what else the machine does only ever adds to it.
std::chrono::nanoseconds fastest_verify(const std::string& hash, PasswordCost cost) {
  auto best = std::chrono::nanoseconds::max();
  for (int i = 0; i < 5; ++i) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(verify_password(hash, Secret("wrong password"), cost));
    best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - start);
  }
  return best;
}

TEST(VerifyPassword, TakesAsLongForAnUnknownUserAsForAWrongPassword) {
  constexpr PasswordCost kCost{4 * 1024 * 1024, 2};
  const std::string hash = hash_password(Secret("correct horse"), kCost).value();
  const auto real = fastest_verify(hash, kCost);
  EXPECT_GT(fastest_verify("", kCost) * 2, real);
  EXPECT_GT(fastest_verify(hash.substr(0, hash.size() - 1), kCost) * 2, real);
}

TEST(VerifyPassword, MayRunInManyThreads) {
  const std::string hash = hash_password(Secret("correct horse"), kCheap).value();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&hash] {
      for (int round = 0; round < 10; ++round) {
        EXPECT_TRUE(verify_password(hash, Secret("correct horse"), kCheap));
        EXPECT_FALSE(verify_password("", Secret("correct horse"), kCheap));
      }
    });
  for (auto& thread : threads) thread.join();
}

TEST(CheckNewPassword, WantsLengthAndNoControlCharacters) {
  EXPECT_TRUE(check_new_password(Secret("12345678")));
  EXPECT_TRUE(check_new_password(Secret("Grüße an alle")));
  EXPECT_TRUE(check_new_password(Secret(std::string(1024, 'x'))));
  for (const std::string_view text :
       {std::string_view(""), std::string_view("1234567"), std::string_view("12345678\n"),
        std::string_view("1234\0"
                         "5678",
                         9),
        std::string_view("12345678\x7f")})
    EXPECT_EQ(check_new_password(Secret(text)).error().kind, Errc::name_refused);
  EXPECT_EQ(check_new_password(Secret(std::string(1025, 'x'))).error().kind, Errc::name_refused);
}

}  // namespace
}  // namespace ferry
