#include "client/engine/fit.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

constexpr Bytes kMiB = 1024 * 1024, kGiB = 1024 * kMiB;

std::string refusal(const Load& load, const Room& room) {
  const auto fits = check_fit(load, room);
  return fits ? "" : fits.error().context;
}

TEST(Fit, SaysWhatDoesNotFitAndByHowMuch) {
  const Room quota{"quota left", Errc::over_quota, 1434 * kMiB};
  EXPECT_EQ(refusal({214, 1946 * kMiB}, quota),
            "214 files, 1.9 GiB; quota left 1.4 GiB: does not fit by 512 MiB");
  EXPECT_EQ(check_fit({214, 1946 * kMiB}, quota).error().kind, Errc::over_quota);
  EXPECT_EQ(refusal({214, 1434 * kMiB}, quota), "");
  EXPECT_EQ(refusal({1, 1434 * kMiB + 1}, quota),
            "1 file, 1.4 GiB; quota left 1.4 GiB: does not fit by 1 B");
}

TEST(Fit, WhatIsReplacedGivesItsRoomBack) {
  const Room quota{"quota left", Errc::over_quota, 100};
  EXPECT_EQ(refusal({2, 150, 1, 50}, quota), "");
  EXPECT_EQ(refusal({2, 151, 1, 50}, quota),
            "2 files, 151 B (50 B of it in place of what is there); quota left 100 B: does not fit by 1 B");
  EXPECT_EQ(refusal({2, 10, 1, 500}, {"quota left", Errc::over_quota, 0}), "");
}

TEST(Fit, FilesAreCountedToo) {
  const Room quota{"quota left", Errc::over_quota, {}, 10};
  EXPECT_EQ(refusal({10, 5}, quota), "");
  EXPECT_EQ(refusal({1214, 5}, quota), "1,214 files, 5 B; quota left 10 files: does not fit by 1,204");
  EXPECT_EQ(refusal({12, 5, 2, 1}, quota), "");
}

TEST(Fit, WhatIsToBeKeptFreeIsNoRoom) {
  EXPECT_EQ(refusal({3, kGiB}, {"free here", Errc::no_space, 2 * kGiB, {}, kGiB}), "");
  EXPECT_EQ(refusal({3, kGiB + kMiB}, {"free here", Errc::no_space, 2 * kGiB, {}, kGiB}),
            "3 files, 1 GiB; free here 2 GiB, 1 GiB of it to be kept: does not fit by 1 MiB");
  EXPECT_EQ(refusal({1, 1}, {"free here", Errc::no_space, kGiB, {}, 2 * kGiB}),
            "1 file, 1 B; free here 1 GiB, 2 GiB of it to be kept: does not fit by 1 GiB");
  EXPECT_EQ(refusal({1, 0}, {"free here", Errc::no_space, kGiB, {}, 2 * kGiB}), "") << "nothing is added";
}

TEST(Fit, WhatIsNotKnownIsNoReason) {
  EXPECT_EQ(refusal({1'000'000, Bytes{1} << 60}, {"left", Errc::no_space}), "");
}

TEST(Fit, ThoseInFlightAreThereTwice) {
  EXPECT_EQ(room_given_back({10, 50, 30, 20}, 1), 60);
  EXPECT_EQ(room_given_back({10, 50, 30, 20}, 2), 30);
  EXPECT_EQ(room_given_back({10, 50}, 4), 0);
  EXPECT_EQ(room_given_back({}, 4), 0);
}

}  // namespace
}  // namespace ferry::client
