#include "client/line/progress_model.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const SteadyTime kStart{};

TransferState moving(Bytes done, Bytes resumed = 0, std::optional<Bytes> total = std::nullopt) {
  return {Phase::moving, done, resumed, total};
}

TransferState in_phase(Phase phase) {
  TransferState state;
  state.phase = phase;
  return state;
}

TEST(ProgressModel, CountsParallelFilesTimeOnce) {
  ProgressModel model;
  model.plan(4, 4000);
  for (ItemId item = 1; item <= 4; ++item) model.starts(item, Direction::up, "x", 1000, kStart);
  for (int s = 1; s <= 5; ++s) {
    for (ItemId item = 1; item <= 4; ++item) model.progress(item, moving(100 * s), kStart + seconds(s));
  }
  const TotalRow total = model.total(kStart + seconds(5));
  EXPECT_EQ(total.elapsed, seconds(5));
  EXPECT_EQ(total.done, 2000);
  EXPECT_EQ(total.total, 4000);
  EXPECT_NEAR(static_cast<double>(total.rate.value()), 400, 20);
  EXPECT_EQ(total.left.count(), 5);
  EXPECT_NEAR(static_cast<double>(model.files(kStart + seconds(5))[0].rate.value()), 100, 5);
}

TEST(ProgressModel, DoesNotCountWhatWasThereBefore) {
  ProgressModel model;
  model.plan(1, 0);
  model.starts(1, Direction::down, "x", std::nullopt, kStart);
  model.progress(1, moving(700, 700, 1000), kStart);
  model.progress(1, moving(800, 700, 1000), kStart + seconds(2));
  const FileRow row = model.files(kStart + seconds(2)).at(0);
  EXPECT_EQ(row.rate, 50);
  EXPECT_EQ(row.resumed, 700);
  EXPECT_EQ(row.done, 800);
  EXPECT_EQ(model.moved(), 100);
  model.done(1, 1000);
  EXPECT_EQ(model.moved(), 100);
  EXPECT_EQ(model.total(kStart + seconds(2)).resumed, 700);
}

TEST(ProgressModel, CountsAFileThatWasThereWholeAsResumed) {
  ProgressModel model;
  model.plan(2, 1500);
  model.starts(1, Direction::down, "x", 1000, kStart);
  model.progress(1, in_phase(Phase::comparing), kStart);
  EXPECT_EQ(model.files(kStart).at(0).state, RowState::comparing);
  model.done(1, 1000);
  const TotalRow total = model.total(kStart + seconds(1));
  EXPECT_EQ(total.done, 1000);
  EXPECT_EQ(total.resumed, 1000);
  EXPECT_EQ(total.total, 1500);
  EXPECT_EQ(model.moved(), 0);
}

TEST(ProgressModel, TakesSkippedAndFailedFilesOutOfTheBytes) {
  ProgressModel model;
  model.plan(3, 6000);
  model.starts(1, Direction::up, "a", 1000, kStart);
  model.starts(2, Direction::up, "b", 2000, kStart);
  model.progress(2, moving(500), kStart);
  model.skipped(1);
  model.failed(2);
  const TotalRow total = model.total(kStart);
  EXPECT_EQ(total.total, 3000);
  EXPECT_EQ(total.done_files, 1) << "skipped is done";
  EXPECT_EQ(total.failed, 1);
  EXPECT_EQ(total.files, 3);
  EXPECT_EQ(model.moved(), 500) << "it did cross the network";
}

TEST(ProgressModel, LearnsSizesThatThePlanDidNotHave) {
  ProgressModel model;
  model.plan(1, 0);
  model.plan(1, 0);
  model.starts(1, Direction::down, "a", std::nullopt, kStart);
  EXPECT_FALSE(model.total(kStart).total) << "not known yet";
  model.progress(1, moving(1, 0, 100), kStart);
  EXPECT_EQ(model.total(kStart).total, 100);
  model.done(1, 100);
  model.starts(2, Direction::up, "b", 300, kStart);
  EXPECT_EQ(model.total(kStart).total, 400);
  model.done(2, 350);  // it grew
  EXPECT_EQ(model.total(kStart).total, 450);
}

TEST(ProgressModel, CountsASizeOfThePlanOnce) {
  ProgressModel model;
  model.plan(2, 300);
  model.starts(1, Direction::down, "a", 100, kStart);
  model.progress(1, moving(50, 0, 100), kStart);
  EXPECT_EQ(model.total(kStart).total, 300);
}

TEST(ProgressModel, NeverIsBeyondTheWhole) {
  ProgressModel model;
  model.plan(2, 100);
  model.starts(1, Direction::down, "a", 50, kStart);
  model.progress(1, moving(500, 0, 50), kStart);
  const TotalRow total = model.total(kStart);
  EXPECT_LE(total.done, *total.total);
}

TEST(ProgressModel, NoticesAStandstillWithoutBeingTold) {
  ProgressModel model;
  model.starts(1, Direction::down, "a", 1000, kStart);
  model.progress(1, moving(100, 0, 1000), kStart + seconds(1));
  EXPECT_EQ(model.files(kStart + seconds(3)).at(0).state, RowState::moving);
  const FileRow row = model.files(kStart + seconds(13)).at(0);
  EXPECT_EQ(row.state, RowState::stalled);
  EXPECT_EQ(row.since, seconds(12));
  EXPECT_LT(row.left.count(), 0);
  EXPECT_EQ(row.rate, 0);
  model.progress(1, moving(200, 0, 1000), kStart + seconds(14));
  EXPECT_EQ(model.files(kStart + seconds(14)).at(0).state, RowState::moving);
}

TEST(ProgressModel, TimesTheWaitForTheServer) {
  ProgressModel model;
  model.starts(1, Direction::up, "a", 100, kStart);
  model.progress(1, moving(100, 0, 100), kStart + seconds(1));
  TransferState state = moving(100, 0, 100);
  state.phase = Phase::confirming;
  model.progress(1, state, kStart + seconds(2));
  const FileRow row = model.files(kStart + seconds(9)).at(0);
  EXPECT_EQ(row.state, RowState::confirming);
  EXPECT_EQ(row.since, seconds(7));
}

TEST(ProgressModel, KeepsWhatEarlierTriesMovedApart) {
  ProgressModel model;
  model.plan(1, 1000);
  model.starts(1, Direction::up, "a", 1000, kStart);
  model.progress(1, moving(600, 200, 1000), kStart + seconds(1));
  model.retrying(1, 2, milliseconds(4'500), kStart + seconds(2));
  FileRow row = model.files(kStart + seconds(3)).at(0);
  EXPECT_EQ(row.state, RowState::retrying);
  EXPECT_EQ(row.since, seconds(4)) << "3.5 s are left";
  EXPECT_EQ(row.attempt, 2);
  EXPECT_EQ(model.moved(), 400);
  model.progress(1, moving(700, 600, 1000), kStart + seconds(7));
  row = model.files(kStart + seconds(7)).at(0);
  EXPECT_EQ(row.state, RowState::moving);
  EXPECT_EQ(row.resumed, 200) << "the rest moved in this run";
  EXPECT_EQ(model.moved(), 500);
}

TEST(ProgressModel, TellsNoTimeLeftInTheFirstTwoSeconds) {
  ProgressModel model;
  model.starts(1, Direction::up, "a", 1000, kStart);
  model.progress(1, moving(500, 0, 1000), kStart + milliseconds(1'500));
  EXPECT_LT(model.files(kStart + milliseconds(1'500)).at(0).left.count(), 0);
  EXPECT_LT(model.total(kStart + milliseconds(1'500)).left.count(), 0);
  model.progress(1, moving(600, 0, 1000), kStart + milliseconds(2'500));
  EXPECT_GE(model.files(kStart + milliseconds(2'500)).at(0).left.count(), 0);
}

TEST(ProgressModel, IgnoresFilesItDoesNotKnow) {
  ProgressModel model;
  model.progress(7, moving(1), kStart);
  model.retrying(7, 2, seconds(1), kStart);
  model.failed(7);
  EXPECT_TRUE(model.files(kStart).empty());
  EXPECT_EQ(model.total(kStart).failed, 1);
}

}  // namespace
}  // namespace ferry::client
