#include "shared/base/bytes.h"

#include <gtest/gtest.h>

#include <random>

namespace ferry {
namespace {

TEST(ParseBytes, ReadsNumbersAndUnits) {
  const struct {
    std::string_view text;
    Bytes value;
  } rows[] = {{"0", 0},
              {"4096", 4096},
              {"10K", 10240},
              {"10k", 10240},
              {"10KB", 10240},
              {"10KiB", 10240},
              {"500M", 524288000},
              {"1.5G", 1610612736},
              {"0.5K", 512},
              {"0.0000K", 0},
              {"2T", Bytes{2} << 40},
              {"4611686018427387904", Bytes{1} << 62},
              {"4194304T", Bytes{1} << 62}};
  for (const auto& row : rows) {
    const auto value = parse_bytes(row.text);
    ASSERT_TRUE(value) << row.text;
    EXPECT_EQ(*value, row.value) << row.text;
  }
}

TEST(ParseBytes, RefusesWhatIsNoSize) {
  for (const std::string_view text : {"", "K", "-1", "+1", " 1", "1 ", "1 K", "1.K", ".5K", "1.5", "10B",
                                      "1KiBB", "1Ki", "1X", "0x10", "1e3", "1.1234567M", "1.5.5M", "١K"})
    EXPECT_EQ(parse_bytes(text).error().kind, Errc::bad_syntax) << text;
  EXPECT_EQ(parse_bytes(std::string_view("1\0K", 3)).error().kind, Errc::bad_syntax);
}

TEST(ParseBytes, RefusesWhatIsBeyondCounting) {
  for (const std::string_view text :
       {"4611686018427387905", "4194304.1T", "4194305T", "9223372036854775808", "99999999999999999999999G"})
    EXPECT_EQ(parse_bytes(text).error().kind, Errc::out_of_range) << text;
}

TEST(BytesSetting, IsReadBackToTheSameNumber) {
  EXPECT_EQ(bytes_setting(524288000), "500M");
  EXPECT_EQ(bytes_setting(1 << 30), "1G");
  EXPECT_EQ(bytes_setting(1234567), "1234567");
  EXPECT_EQ(bytes_setting(0), "0");
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const auto value = static_cast<Bytes>((random() >> 2) >> (random() % 62)) << (random() % 3 == 0 ? 10 : 0);
    if (value < 0 || value > Bytes{1} << 62) continue;
    EXPECT_EQ(parse_bytes(bytes_setting(value)).value_or(-1), value);
  }
}

TEST(BytesForPeople, ShowsThreeSignificantDigits) {
  const struct {
    Bytes value;
    std::string_view text;
  } rows[] = {{0, "0 B"},           {999, "999 B"},         {1000, "0.98 KiB"},       {1024, "1 KiB"},
              {1229, "1.2 KiB"},    {500 << 20, "500 MiB"}, {7774721966, "7.24 GiB"}, {1023 * 1024, "1 MiB"},
              {INT64_MAX, "8 EiB"}, {-2048, "-2 KiB"},      {INT64_MIN, "-8 EiB"}};
  for (const auto& row : rows) EXPECT_EQ(bytes_for_people(row.value), row.text);
}

TEST(ParseDuration, ReadsEveryUnit) {
  using std::chrono::milliseconds;
  const struct {
    std::string_view text;
    std::int64_t ms;
  } rows[] = {{"90", 90'000},      {"90s", 90'000}, {"15m", 900'000}, {"2h", 7'200'000},
              {"7d", 604'800'000}, {"500ms", 500},  {"0", 0},         {"3653d", 315'619'200'000}};
  for (const auto& row : rows)
    EXPECT_EQ(parse_duration(row.text).value_or(milliseconds(-1)).count(), row.ms) << row.text;
}

TEST(ParseDuration, RefusesTheRest) {
  for (const std::string_view text : {"", "s", "-1s", "1.5h", "1 s", "1S", "1w", "1mss", "1h30m"})
    EXPECT_EQ(parse_duration(text).error().kind, Errc::bad_syntax) << text;
  for (const std::string_view text : {"3654d", "99999999999999999999s", "9223372036854775807d"})
    EXPECT_EQ(parse_duration(text).error().kind, Errc::out_of_range) << text;
}

TEST(DurationSetting, IsReadBackToTheSameSpan) {
  using std::chrono::milliseconds;
  EXPECT_EQ(duration_setting(milliseconds(90'000)), "90s");
  EXPECT_EQ(duration_setting(milliseconds(900'000)), "15m");
  EXPECT_EQ(duration_setting(milliseconds(86'400'000)), "1d");
  EXPECT_EQ(duration_setting(milliseconds(1'500)), "1500ms");
  for (const std::int64_t ms :
       {0LL, 1LL, 999LL, 1'000LL, 61'000LL, 3'600'000LL, 90'061'001LL, 315'619'200'000LL})
    EXPECT_EQ(parse_duration(duration_setting(milliseconds(ms))).value_or(milliseconds(-1)).count(), ms);
}

TEST(ClockForPeople, GrowsWithTheSpan) {
  using std::chrono::seconds;
  EXPECT_EQ(clock_for_people(seconds(-1)), "--:--");
  EXPECT_EQ(clock_for_people(seconds(23)), "0:23");
  EXPECT_EQ(clock_for_people(seconds(725)), "12:05");
  EXPECT_EQ(clock_for_people(seconds(3723)), "1:02:03");
  EXPECT_EQ(clock_for_people(seconds(2 * 86'400 + 3 * 3'600 + 59)), "2d03h");
  EXPECT_EQ(clock_for_people(seconds(INT64_MAX)).back(), 'h');
}

TEST(CountForPeople, GroupsThousands) {
  EXPECT_EQ(count_for_people(0), "0");
  EXPECT_EQ(count_for_people(999), "999");
  EXPECT_EQ(count_for_people(1204), "1,204");
  EXPECT_EQ(count_for_people(-1204), "-1,204");
  EXPECT_EQ(count_for_people(-120), "-120");
  EXPECT_EQ(count_for_people(1234567), "1,234,567");
  EXPECT_EQ(count_for_people(INT64_MIN), "-9,223,372,036,854,775,808");
}

TEST(ParseNumber, TakesDigitsAlone) {
  EXPECT_EQ(parse_number("0").value_or(-1), 0);
  EXPECT_EQ(parse_number("007").value_or(-1), 7);
  EXPECT_EQ(parse_number("9223372036854775807").value_or(-1), INT64_MAX);
  EXPECT_EQ(parse_number("21", 21).value_or(-1), 21);
  for (const std::string_view text : {"", "-1", "+1", " 1", "1 ", "1a", "0x1", "1.0"})
    EXPECT_EQ(parse_number(text).error().kind, Errc::bad_syntax) << text;
  EXPECT_EQ(parse_number("22", 21).error().kind, Errc::out_of_range);
  EXPECT_EQ(parse_number("9223372036854775808").error().kind, Errc::out_of_range);
  EXPECT_EQ(parse_number(std::string(5000, '9')).error().kind, Errc::out_of_range);
}

}  // namespace
}  // namespace ferry
