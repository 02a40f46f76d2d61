#include "client/line/progress.h"

#include <gtest/gtest.h>

#include <clocale>

#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

using std::chrono::milliseconds;

constexpr Bytes kMiB = 1024 * 1024;

ProgressView half_way() {
  ProgressView view;
  view.name = "backup.tar";
  view.done = 50 * kMiB;
  view.resumed = 20 * kMiB;
  view.total = 100 * kMiB;
  view.rate = 10 * kMiB;
  return view;
}

TEST(ProgressBar, DrawsWhatWasThereApartFromWhatMoved) {
  EXPECT_EQ(progress_bar(half_way(), 20), "[====######>.........]");
}

TEST(ProgressBar, IsFullAtTheEndAndEmptyAtTheBeginning) {
  ProgressView view = half_way();
  view.resumed = 0;
  view.done = *view.total;
  EXPECT_EQ(progress_bar(view, 10), "[##########]");
  view.done = 0;
  EXPECT_EQ(progress_bar(view, 10), "[>.........]");
}

TEST(ProgressLine, ShowsAllFiguresWhereThereIsRoom) {
  ProgressView view = half_way();
  view.file = 22;
  view.files = 241;
  const std::string line = progress_line(view, 120);
  EXPECT_NE(line.find("backup.tar  50% ["), std::string::npos) << line;
  EXPECT_NE(line.find("50/100 MiB  10 MiB/s  0:05  files 22/241"), std::string::npos) << line;
}

TEST(ProgressLine, NeverIsWiderThanTheTerminal) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  ProgressView view = half_way();
  view.name = "写真集_高解像度_最終版 (2) とても長い名前.zip";
  view.files = 1000;
  for (int columns = 2; columns < 200; ++columns) {
    EXPECT_LE(display_width(progress_line(view, columns)), columns - 1)
        << columns << progress_line(view, columns);
  }
}

TEST(ProgressLine, MakesHostileNamesSafe) {
  ProgressView view = half_way();
  view.name = "bad\x1b[31mname";
  EXPECT_EQ(progress_line(view, 100).find('\x1b'), std::string::npos);
}

TEST(ProgressLine, SaysWhatItWaitsFor) {
  ProgressView view = half_way();
  view.phase = Phase::confirming;
  EXPECT_NE(progress_line(view, 120).find("waiting for the server"), std::string::npos);
  view.phase = Phase::verifying;
  EXPECT_NE(progress_line(view, 120).find("verifying"), std::string::npos);
}

TEST(TimeLeft, IsUnknownWithoutARate) {
  ProgressView view = half_way();
  EXPECT_EQ(time_left(view).count(), 5);
  view.rate = 0;
  EXPECT_LT(time_left(view).count(), 0);
  view.rate.reset();
  EXPECT_LT(time_left(view).count(), 0);
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

}  // namespace
}  // namespace ferry::client
