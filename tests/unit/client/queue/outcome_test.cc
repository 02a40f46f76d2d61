#include "client/queue/outcome.h"

#include <gtest/gtest.h>

#include "tests/support/queue_items.h"

namespace ferry::client {
namespace {

using namespace std::chrono_literals;
using enum ItemState;

const WallTime kNow = WallTime(std::chrono::hours(1'000));
const RetryPolicy kPolicy{3, 100ms, 60s};

QueueItem one_that_runs() {
  QueueItem item = test::some_item("tape", 1);
  item.state = ItemState::running;
  return item;
}

Outcome failure(Errc kind, int reply_code = 0, Bytes done = 0) {
  Outcome outcome;
  outcome.error = Error{kind, "what went wrong", reply_code};
  outcome.done = done;
  return outcome;
}

QueueItem after(QueueItem item, const Outcome& outcome) {
  conclude(item, outcome, kPolicy, 0, kNow);
  return item;
}

TEST(Outcome, WhatIsDoneIsDoneWhateverWasSaidMeanwhile) {
  Outcome done;
  done.done = 7;
  for (const ItemState state : {ItemState::running, paused, cancelled, waiting}) {
    QueueItem item = one_that_runs();
    item.state = state;
    item.error = ItemError{Errc::reset, "earlier", 426};
    item.has_leftover = true;
    item = after(item, done);
    EXPECT_EQ(item.state, ItemState::done);
    EXPECT_EQ(item.bytes_done, 7);
    EXPECT_EQ(item.bytes_total, 7);
    EXPECT_FALSE(item.error || item.has_leftover);
  }
}

TEST(Outcome, AFailureDoesNotUndoWhatWasSaidMeanwhile) {
  for (const ItemState state : {paused, cancelled, waiting}) {
    QueueItem item = one_that_runs();
    item.state = state;
    item = after(item, failure(Errc::cancelled, 0, 5));
    EXPECT_EQ(item.state, state);
    EXPECT_EQ(item.bytes_done, 5);
    EXPECT_FALSE(item.error);
  }
}

TEST(Outcome, WhatWasInterruptedWaits) {
  const QueueItem item = after(one_that_runs(), failure(Errc::cancelled, 0, 5));
  EXPECT_EQ(item.state, waiting);
  EXPECT_EQ(item.attempts, 0);
}

TEST(Outcome, WhatMayPassIsTriedAgainSoManyTimes) {
  for (const auto& [kind, code] : std::vector<std::pair<Errc, int>>{{Errc::closed, 421},
                                                                    {Errc::refused, 425},
                                                                    {Errc::reset, 426},
                                                                    {Errc::busy, 450},
                                                                    {Errc::io, 451},
                                                                    {Errc::timeout, 0}}) {
    SCOPED_TRACE(code);
    QueueItem item = one_that_runs();
    auto wait = 100ms;
    for (int i = 1; i <= kPolicy.retries; ++i, wait *= 4) {
      item = after(item, failure(kind, code));
      ASSERT_EQ(item.state, retrying);
      EXPECT_EQ(item.attempts, i);
      EXPECT_EQ(item.next_try, kNow + wait);
      EXPECT_EQ(item.error->reply_code, code);
      EXPECT_TRUE(is_pending(item));
      EXPECT_FALSE(is_due(item, kNow));
      EXPECT_TRUE(is_due(item, kNow + wait));
      item.state = ItemState::running;
    }
    item = after(item, failure(kind, code));
    EXPECT_EQ(item.state, failed);
    EXPECT_FALSE(is_pending(item));
  }
}

TEST(Outcome, ALongWayIsNotCutShortByStumbles) {
  QueueItem item = one_that_runs();
  for (int i = 1; i <= 20; ++i) {
    item = after(item, failure(Errc::reset, 426, Bytes{i} * 2 * 1024 * 1024));
    ASSERT_EQ(item.state, retrying);
    EXPECT_EQ(item.attempts, 1);
    item.state = ItemState::running;
  }
}

TEST(Outcome, FatalIsFatal) {
  for (const auto& [kind, code] : std::vector<std::pair<Errc, int>>{{Errc::over_quota, 552},
                                                                    {Errc::name_refused, 553},
                                                                    {Errc::no_space, 452},
                                                                    {Errc::no_space, 0},
                                                                    {Errc::digest_mismatch, 0},
                                                                    {Errc::not_found, 0}}) {
    const QueueItem item = after(one_that_runs(), failure(kind, code));
    EXPECT_EQ(item.state, failed) << code;
    EXPECT_EQ(item.error->kind, kind);
  }
}

TEST(Outcome, ARefusalWithoutReasonIsTriedOnceMore) {
  QueueItem item = after(one_that_runs(), failure(Errc::permission, 550));
  EXPECT_EQ(item.state, retrying);
  item.state = ItemState::running;
  EXPECT_EQ(after(item, failure(Errc::permission, 550)).state, failed);
}

TEST(Outcome, WhatNeedsAnAnswerAsks) {
  EXPECT_EQ(after(one_that_runs(), failure(Errc::untrusted)).question, Question::certificate);
  EXPECT_EQ(after(one_that_runs(), failure(Errc::login_refused, 530)).question, Question::password);
  Outcome conflict = failure(Errc::exists);
  conflict.question = Question::conflict;
  const QueueItem item = after(one_that_runs(), conflict);
  EXPECT_EQ(item.state, asks);
  EXPECT_EQ(item.question, Question::conflict);
  EXPECT_FALSE(is_pending(item));
}

TEST(Outcome, AFolderWhoseFilesWereTriedOftenEnoughIsNotTriedAgain) {
  Outcome outcome = failure(Errc::reset);
  outcome.is_final = true;
  outcome.files_done = 3;
  outcome.files_total = 4;
  const QueueItem item = after(one_that_runs(), outcome);
  EXPECT_EQ(item.state, failed);
  EXPECT_EQ(item.files_done, 3);
  EXPECT_EQ(item.files_total, 4);
}

TEST(Outcome, ANewRunTakesUpWhatALostOneLeft) {
  const auto taken = [](ItemState state, Question question = Question::none) {
    QueueItem item = test::some_item();
    item.state = state;
    item.question = question;
    item.attempts = 3;
    item.next_try = kNow;
    return take_up(item) ? std::string(state_word(item.state)) + std::to_string(item.attempts) : "";
  };
  EXPECT_EQ(taken(ItemState::running), "waiting0");
  EXPECT_EQ(taken(retrying), "waiting0");
  EXPECT_EQ(taken(asks, Question::password), "waiting0");
  EXPECT_EQ(taken(asks, Question::certificate), "waiting0");
  EXPECT_EQ(taken(asks, Question::conflict), "");
  for (const ItemState state : {waiting, paused, failed, done, cancelled}) EXPECT_EQ(taken(state), "");
}

}  // namespace
}  // namespace ferry::client
