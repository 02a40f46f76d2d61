#include "shared/base/clock.h"

#include <gtest/gtest.h>

#include <climits>
#include <random>

namespace ferry {
namespace {

using namespace std::chrono_literals;

WallTime at(std::string_view text) {
  return parse_ftp_time(text).value();
}

TEST(Deadline, CountsDownForPoll) {
  EXPECT_EQ(Deadline::infinite().poll_timeout_ms(), -1);
  EXPECT_FALSE(Deadline::infinite().passed());
  const auto past = Deadline::at(std::chrono::steady_clock::now() - 1ms);
  EXPECT_EQ(past.poll_timeout_ms(), 0);
  EXPECT_TRUE(past.passed());
  const auto soon = Deadline::after(60s);
  EXPECT_FALSE(soon.passed());
  EXPECT_GT(soon.poll_timeout_ms(), 50'000);
  EXPECT_LE(soon.poll_timeout_ms(), 60'000);
  EXPECT_EQ(Deadline::after(std::chrono::hours(24 * 365)).poll_timeout_ms(), INT_MAX);
}

TEST(Deadline, RoundsAPartOfAMillisecondUp) {
  const auto deadline = Deadline::at(std::chrono::steady_clock::now() + 10s + 1ns);
  EXPECT_GT(deadline.poll_timeout_ms(), 0);
}

TEST(Deadline, SoonerTakesTheEarlierOne) {
  const auto soon = Deadline::after(1s);
  EXPECT_EQ(soon.sooner(Deadline::infinite()).when(), soon.when());
  EXPECT_EQ(Deadline::infinite().sooner(soon).when(), soon.when());
}

TEST(FtpTime, WritesUtcWithFractionOnDemand) {
  const auto when = at("20261121043000.123456789");
  EXPECT_EQ(ftp_time(when), "20261121043000");
  EXPECT_EQ(ftp_time(when, true), "20261121043000.123");
  EXPECT_EQ(ftp_time(at("20261121043000"), true), "20261121043000");
  EXPECT_EQ(ftp_time(WallTime{} - 1ns), "19691231235959");
  EXPECT_EQ(ftp_time(WallTime{} - 1ns, true), "19691231235959.999");
}

TEST(ParseFtpTime, ReadsBackWhatFtpTimeWrites) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 5'000; ++i) {
    const auto ms = static_cast<std::int64_t>(random() % 17'000'000'000'000ULL) - 9'000'000'000'000;
    const WallTime when{std::chrono::milliseconds(ms)};
    EXPECT_EQ(parse_ftp_time(ftp_time(when, true)).value_or(WallTime::max()), when) << ms;
  }
}

TEST(ParseFtpTime, KnowsLeapYearsAndLeapSeconds) {
  EXPECT_TRUE(parse_ftp_time("20240229000000"));
  EXPECT_FALSE(parse_ftp_time("20230229000000"));
  EXPECT_FALSE(parse_ftp_time("21000229000000"));
  EXPECT_EQ(at("20161231235960"), at("20170101000000"));
}

TEST(ParseFtpTime, RefusesHostileText) {
  for (const std::string_view text :
       {"", "2026", "2026112104300", "202611210430000", "20261321043000", "20261100043000", "20261121243000",
        "20261121046000", "20261121043061", "2026112104300x", "-0261121043000", "20261121043000.",
        "20261121043000.x", "20261121043000,5", " 20261121043000", "20261121043000 ", "20261121043000.-1"})
    EXPECT_EQ(parse_ftp_time(text).error().kind, Errc::bad_syntax) << text;
  EXPECT_EQ(parse_ftp_time("00010101000000").error().kind, Errc::out_of_range);
  EXPECT_EQ(parse_ftp_time("99991231235959").error().kind, Errc::out_of_range);
  EXPECT_TRUE(parse_ftp_time("16780101000000"));
  EXPECT_TRUE(parse_ftp_time("22611231235959." + std::string(1000, '9')));
}

TEST(IsoTime, IsUtcToTheSecond) {
  EXPECT_EQ(iso_time(at("20261121043000.9")), "2026-11-21T04:30:00Z");
}

TEST(ListingTime, ShowsTheTimeOfDayForRecentFilesOnly) {
  const auto now = at("20261121043000");
  EXPECT_EQ(listing_time(now, now), "Nov 21 04:30");
  EXPECT_EQ(listing_time(at("20261101000500"), now), "Nov  1 00:05");
  EXPECT_EQ(listing_time(at("20251121043000"), now), "Nov 21  2025");
  EXPECT_EQ(listing_time(at("20260101000000"), now), "Jan  1  2026");
  EXPECT_EQ(listing_time(at("20271121043000"), now), "Nov 21  2027");
}

}  // namespace
}  // namespace ferry
