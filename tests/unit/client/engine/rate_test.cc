#include "client/engine/rate.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const SteadyTime kStart{std::chrono::hours(1)};

// Moves `bytes` in portions, the clock jumping to when each may go; how long that took.
milliseconds time_for(TokenBucket& bucket, Bytes bytes, SteadyTime& now) {
  const SteadyTime began = now;
  const auto portion = static_cast<Bytes>(bucket.portion());
  for (Bytes left = bytes; left > 0; left -= portion) now = bucket.take(std::min(portion, left), now);
  return std::chrono::duration_cast<milliseconds>(now - began);
}

TEST(TokenBucket, KeepsTheRate) {
  for (const Bytes rate : {Bytes{100}, Bytes{10'000}, Bytes{1'000'000}, Bytes{1'000'000'000}}) {
    TokenBucket bucket(rate);
    SteadyTime now = kStart;
    const auto took = time_for(bucket, rate * 10, now);
    EXPECT_GE(took, milliseconds(9'890)) << rate;
    EXPECT_LE(took, milliseconds(10'010)) << rate;
  }
}

TEST(TokenBucket, IsSharedByAllWhoCome) {
  TokenBucket bucket(1'000'000);
  SteadyTime first = kStart, second = kStart;
  for (int i = 0; i < 100; ++i) {
    first = bucket.take(50'000, first);
    second = bucket.take(50'000, second);
  }
  EXPECT_NEAR(std::chrono::duration<double>(std::max(first, second) - kStart).count(), 10, 0.2);
  EXPECT_NEAR(std::chrono::duration<double>(second - first).count(), 0, 0.1) << "one was starved";
}

TEST(TokenBucket, DoesNotSaveUpWhatAPauseLeft) {
  TokenBucket bucket(1'000'000);
  SteadyTime now = kStart;
  time_for(bucket, 1'000'000, now);
  now += seconds(60);
  EXPECT_GE(time_for(bucket, 1'000'000, now), milliseconds(890));
}

TEST(TokenBucket, GoesInSmallPortions) {
  EXPECT_EQ(TokenBucket(1'000'000).portion(), 50'000u);
  EXPECT_EQ(TokenBucket(100).portion(), 100u);
  EXPECT_EQ(TokenBucket(1).portion(), 1u);
  EXPECT_EQ(TokenBucket(Bytes{1} << 40).portion(), 256u * 1024);
}

TEST(ParseRates, ReadsOneForBothOrTwo) {
  EXPECT_EQ(parse_rates("5M")->down, 5 << 20);
  EXPECT_EQ(parse_rates("5M")->up, 5 << 20);
  EXPECT_EQ(parse_rates("5M:800K")->down, 5 << 20);
  EXPECT_EQ(parse_rates("5M:800K")->up, 800 << 10);
  EXPECT_EQ(parse_rates("0:1K")->down, std::nullopt);
  EXPECT_EQ(parse_rates("1K:0")->up, std::nullopt);
  for (const char* wrong : {"", ":", "5M:", ":5M", "5M:2M:1M", "fast", "-1"})
    EXPECT_FALSE(parse_rates(wrong)) << wrong;
}

TEST(RateLimit, EndsItsWaitWhenAStopIsRequested) {
  RateLimit limit(1);
  Cancel cancel;
  cancel.request();
  EXPECT_EQ(limit.wait_for(1'000, &cancel).error().kind, Errc::cancelled);
}

}  // namespace
}  // namespace ferry::client
