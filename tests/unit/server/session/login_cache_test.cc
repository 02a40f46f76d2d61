#include "server/session/login_cache.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

namespace ferry {
namespace {

TEST(LoginCache, KnowsOnlyWhatItWasToldToRemember) {
  const auto cache = *LoginCache::create();
  const Secret password("correct horse");
  EXPECT_FALSE(cache->knows("anna", password, "hash1"));
  cache->remember("anna", password, "hash1");
  EXPECT_TRUE(cache->knows("anna", password, "hash1"));
  EXPECT_FALSE(cache->knows("anna", Secret("wrong horse"), "hash1"));
  EXPECT_FALSE(cache->knows("bert", password, "hash1"));
}

TEST(LoginCache, AChangedPasswordHashForgetsTheLogin) {
  const auto cache = *LoginCache::create();
  cache->remember("anna", Secret("correct horse"), "hash1");
  EXPECT_FALSE(cache->knows("anna", Secret("correct horse"), "hash2"));
}

TEST(LoginCache, PiecesDoNotRunTogether) {
  const auto cache = *LoginCache::create();
  cache->remember("ab", Secret("cdefghij"), "k");
  EXPECT_FALSE(cache->knows("abc", Secret("defghij"), "k"));
  EXPECT_FALSE(cache->knows("ab", Secret("cdefghi"), "jk"));
}

TEST(LoginCache, AnEmptyTableKnowsNothingNotEvenEmptyTexts) {
  const auto cache = *LoginCache::create();
  EXPECT_FALSE(cache->knows("", Secret(""), ""));
}

TEST(LoginCache, TwoCachesHaveTwoKeysSoTheirMemoryDiffers) {
  const auto one = *LoginCache::create();
  const auto two = *LoginCache::create();
  one->remember("anna", Secret("correct horse"), "hash");
  EXPECT_FALSE(two->knows("anna", Secret("correct horse"), "hash"));
}

TEST(LoginCache, HoldsThousandsOfLogins) {
  const auto cache = *LoginCache::create();
  int known = 0;
  for (int i = 0; i < 1000; ++i) cache->remember("user" + std::to_string(i), Secret("password"), "hash");
  for (int i = 0; i < 1000; ++i)
    known += cache->knows("user" + std::to_string(i), Secret("password"), "hash") ? 1 : 0;
  EXPECT_GT(known, 800);  // some fall on the same place and overwrite each other
}

TEST(LoginCache, WhatOneProcessRemembersAllKnow) {
  const auto cache = *LoginCache::create();
  const pid_t pid = ::fork();
  if (pid == 0) {
    cache->remember("anna", Secret("correct horse"), "hash");
    ::_exit(0);
  }
  ::waitpid(pid, nullptr, 0);
  EXPECT_TRUE(cache->knows("anna", Secret("correct horse"), "hash"));
}

}  // namespace
}  // namespace ferry
