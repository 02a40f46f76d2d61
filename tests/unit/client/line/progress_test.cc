#include "client/line/progress.h"

#include <gtest/gtest.h>

#include <clocale>
#include <random>

#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Bytes kMiB = 1024 * 1024;

FileRow half_way() {
  FileRow row;
  row.direction = Direction::down;
  row.name = "backup.tar";
  row.done = 50 * kMiB;
  row.resumed = 20 * kMiB;
  row.total = 100 * kMiB;
  row.rate = 10 * kMiB;
  row.left = seconds(5);
  return row;
}

TotalRow many_files() {
  TotalRow total;
  total.done_files = 22;
  total.files = 241;
  total.done = 2 * kMiB;
  total.resumed = kMiB;
  total.total = 8 * kMiB;
  total.rate = kMiB;
  total.left = seconds(6);
  total.elapsed = milliseconds(41'900);
  return total;
}

std::string one_row(const FileRow& row, int columns) {
  const auto rows = progress_rows({row}, TotalRow{}, columns, 24);
  EXPECT_EQ(rows.size(), 1u);
  return rows.empty() ? "" : rows.front();
}

TEST(ProgressBar, DrawsWhatWasThereApartFromWhatMoved) {
  EXPECT_EQ(progress_bar(50, 20, 100, 20), "[====######>.........]");
}

TEST(ProgressBar, IsFullAtTheEndAndEmptyAtTheBeginning) {
  EXPECT_EQ(progress_bar(100, 0, 100, 10), "[##########]");
  EXPECT_EQ(progress_bar(100, 100, 100, 10), "[==========]");
  EXPECT_EQ(progress_bar(0, 0, 100, 10), "[>.........]");
  EXPECT_EQ(progress_bar(5, 0, std::nullopt, 10), "[>.........]");
  EXPECT_EQ(progress_bar(200, 150, 100, 10), "[==========]") << "never beyond its end";
}

TEST(ProgressRows, ShowAllFiguresWhereThereIsRoom) {
  EXPECT_EQ(one_row(half_way(), 120),
            "v backup.tar  50% [========############>...................]         50/100 MiB    10 MiB/s"
            "      0:05");
}

TEST(ProgressRows, LeaveOutTheLeastImportantFirst) {
  EXPECT_EQ(one_row(half_way(), 80),
            "v backup.tar  50% [===#####>.......]         50/100 MiB    10 MiB/s      0:05");
  EXPECT_EQ(one_row(half_way(), 60), "v backup.tar  50% [===####>.......]    10 MiB/s      0:05");
  EXPECT_EQ(one_row(half_way(), 40), "back~.tar  50% [==###>....]      0:05");
  EXPECT_EQ(one_row(half_way(), 20), "backup.tar  50%");
  EXPECT_EQ(one_row(half_way(), 10), " 50%");
}

TEST(ProgressRows, SayWhatIsWaitedFor) {
  FileRow row = half_way();
  row.since = seconds(12);
  row.attempt = 3;
  const std::pair<RowState, std::string> words[] = {
      {RowState::comparing, "comparing"},    {RowState::confirming, "waiting for 226, 12 s"},
      {RowState::verifying, "verifying"},    {RowState::stalled, "stalled 12 s"},
      {RowState::retrying, "try 3 in 12 s"},
  };
  for (const auto& [state, text] : words) {
    row.state = state;
    EXPECT_EQ(state_words(row, false), text);
    EXPECT_TRUE(one_row(row, 120).ends_with(" " + state_words(row, row.state == RowState::confirming)))
        << one_row(row, 120);
    EXPECT_TRUE(one_row(row, 40).ends_with(" " + state_words(row, true))) << one_row(row, 40);
    EXPECT_LE(display_width(state_words(row, true)), 8) << state_words(row, true);
  }
}

TEST(ProgressRows, AreTheWholeOnlyWhenTheServerHasSaidSo) {
  FileRow row = half_way();
  row.done = *row.total;
  row.state = RowState::confirming;
  EXPECT_NE(one_row(row, 80).find(" 99% "), std::string::npos);
  row.state = RowState::verifying;
  EXPECT_NE(one_row(row, 80).find("100% "), std::string::npos);
}

TEST(ProgressRows, OfSeveralFilesStandBelowEachOtherAboveTheTotal) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  FileRow other = half_way();
  other.direction = Direction::up;
  other.name = "写真集.zip";
  other.total = 4000 * kMiB;
  const auto rows = progress_rows({half_way(), other}, many_files(), 100, 24);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0], "v backup.tar              50% [==###>....]         50/100 MiB    10 MiB/s      0:05");
  EXPECT_EQ(rows[1], "^ 写真集.zip               1% [>.........]    50 MiB/3.91 GiB    10 MiB/s      0:05");
  EXPECT_EQ(
      rows[2],
      "= 22/241 files            25% [=#>.......]            2/8 MiB     1 MiB/s      0:06  elapsed 0:41");
}

TEST(ProgressRows, TotalTellsFailuresAndTimeWhereThereIsRoom) {
  TotalRow total = many_files();
  total.failed = 2;
  const auto rows = progress_rows({}, total, 160, 24);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_TRUE(rows[0].ends_with("  elapsed 0:41  2 failed")) << rows[0];
}

TEST(ProgressRows, AreNeverMoreThanTheTerminalHas) {
  const std::vector<FileRow> files(50, half_way());
  for (int lines = 0; lines < 60; ++lines) {
    const auto rows = progress_rows(files, many_files(), 200, lines);
    EXPECT_LE(rows.size(), static_cast<std::size_t>(lines));
    if (lines == 0) continue;
    EXPECT_NE(rows.back().find("22/241"), std::string::npos) << "the total stays";
    const bool all_fit = lines > 50;
    EXPECT_EQ(rows.back().find("more") == std::string::npos, all_fit) << rows.back();
  }
}

TEST(ProgressRows, AreNeverWiderThanTheTerminal) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  const std::string names[] = {"a",
                               "写真集_高解像度_最終版 (2) とても長い名前.zip",
                               "bad\x1b[31mname\xff\n\t",
                               "e\xcc\x81\xcc\x81\xcc\x81"
                               "combining",
                               "\xe2\x80\xae"
                               "gpj.exe",
                               std::string(300, 'x')};
  const RowState states[] = {RowState::comparing, RowState::moving,  RowState::confirming,
                             RowState::verifying, RowState::stalled, RowState::retrying};
  for (const auto& name : names) {
    for (const RowState state : states) {
      FileRow row = half_way();
      row.name = name;
      row.state = state;
      row.since = seconds(123'456);
      row.attempt = 1000;
      row.total = Bytes{1} << 60;
      row.rate = Bytes{1023} << 40;
      row.left = std::chrono::hours(24 * 3000);
      for (int columns = 1; columns <= 200; ++columns) {
        for (const auto& text : progress_rows({row}, many_files(), columns, 24)) {
          ASSERT_LE(display_width(text), std::max(0, columns - 3)) << columns << text;
          ASSERT_EQ(terminal_safe(text), text) << "controls reach the terminal";
        }
      }
    }
  }
}

TEST(ProgressRows, OfRandomBytesAreSafeAndFit) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  std::mt19937 random(11);
  for (int round = 0; round < 5'000; ++round) {
    FileRow row = half_way();
    row.name.resize(random() % 60);
    for (char& c : row.name) c = static_cast<char>(random());
    const int widths[] = {20, 40, 80, 200};
    for (const int columns : widths) {
      const std::string text = one_row(row, columns);
      ASSERT_LE(display_width(text), std::max(0, columns - 3));
      ASSERT_EQ(terminal_safe(text), text);
    }
  }
}

TEST(TimeLeft, IsUnknownWithoutARate) {
  EXPECT_EQ(time_left(50, 100, 10).count(), 5);
  EXPECT_LT(time_left(50, 100, 0).count(), 0);
  EXPECT_LT(time_left(50, 100, std::nullopt).count(), 0);
  EXPECT_LT(time_left(50, std::nullopt, 10).count(), 0);
  EXPECT_EQ(time_left(200, 100, 10).count(), 0);
}

TEST(SteadyTimeLeft, FollowsAtMostAFifthPerSecond) {
  SteadyTimeLeft left;
  SteadyTime now{};
  EXPECT_EQ(left.follow(now, seconds(100)).count(), 100);
  now += seconds(1);
  EXPECT_NEAR(static_cast<double>(left.follow(now, seconds(1000)).count()), 99 * 1.2, 1);
  now += seconds(1);
  EXPECT_GT(left.follow(now, seconds(1)).count(), 90);
  for (int i = 0; i < 60; ++i) left.follow(now += seconds(1), seconds(10));
  EXPECT_NEAR(static_cast<double>(left.follow(now, seconds(10)).count()), 10, 2) << "but gets there";
}

TEST(SteadyTimeLeft, RunsDownBetweenWhatItIsTold) {
  SteadyTimeLeft left;
  SteadyTime now{};
  for (int i = 100; i > 0; --i, now += seconds(1)) EXPECT_EQ(left.follow(now, seconds(i)).count(), i);
}

TEST(SteadyTimeLeft, BeginsAnewAfterTheUnknown) {
  SteadyTimeLeft left;
  left.follow(SteadyTime{}, seconds(1000));
  EXPECT_LT(left.follow(SteadyTime{} + seconds(1), seconds(-1)).count(), 0);
  EXPECT_EQ(left.follow(SteadyTime{} + seconds(2), seconds(3)).count(), 3);
}

TEST(RateMeter, LooksAtTheLastFiveSecondsOnly) {
  RateMeter meter;
  const SteadyTime start{};
  Bytes moved = 0;
  for (int ms = 0; ms <= 10'000; ms += 100) {
    meter.add(start + milliseconds(ms), moved);
    moved += ms < 5000 ? 1000 : 100;  // ten times slower in the second half
  }
  const Bytes rate = meter.rate(start + milliseconds(10'000)).value();
  EXPECT_NEAR(static_cast<double>(rate), 1000.0, 50.0);
}

TEST(RateMeter, SaysNothingInTheFirstSecond) {
  RateMeter meter;
  const SteadyTime start{};
  meter.add(start, 0);
  meter.add(start + milliseconds(500), 500);
  EXPECT_FALSE(meter.rate(start + milliseconds(500)));
  EXPECT_TRUE(meter.rate(start + milliseconds(1000)));
}

TEST(RateMeter, FallsWhileNothingMoves) {
  RateMeter meter;
  const SteadyTime start{};
  meter.add(start, 0);
  meter.add(start + milliseconds(1000), 1000);
  EXPECT_EQ(meter.rate(start + milliseconds(1000)).value(), 1000);
  EXPECT_EQ(meter.rate(start + milliseconds(4000)).value(), 250);
}

TEST(AmountText, NamesASharedUnitOnce) {
  EXPECT_EQ(amount_text(50 * kMiB, 100 * kMiB), "50/100 MiB");
  EXPECT_EQ(amount_text(700 * kMiB, 2150 * kMiB), "700 MiB/2.1 GiB");
  EXPECT_EQ(amount_text(5, std::nullopt), "5 B");
}

TEST(SummaryText, HasNoRateWithoutTime) {
  EXPECT_EQ(summary_text(10 * kMiB, milliseconds(2'000)), "10 MiB in 0:02 (5 MiB/s)");
  EXPECT_EQ(summary_text(10, milliseconds(1)), "10 B in 0:00");
}

}  // namespace
}  // namespace ferry::client
