// Uploads that broke off and wait: taken up again, or dropped to make room.
#include "tests/unit/shared/store/store_fixture.h"

namespace ferry::store {
namespace {

using StoreResumes = StoreFixture;

// --- claim ---

TEST_F(StoreResumes, AreResumedWithTheirBytesPending) {
  const Account account = make_account(1000);
  add_partial(account.id, "/x", 60);
  const Partial claimed = must(store_->claim_partial(account.id, "/x", std::nullopt, kOwner + 1));
  EXPECT_EQ(claimed.received, 60);
  EXPECT_EQ(claimed.granted, 60);
  EXPECT_EQ(claimed.owner, kOwner + 1);
  EXPECT_EQ(claimed.sha256, "aa");
  expect_usage(account.id, 0, 60, 1);
  EXPECT_EQ(must(store_->grow(claimed.id, 5000)), 1000);
  commit(claimed.id, 100);
  expect_usage(account.id, 100, 0, 1);
}

TEST_F(StoreResumes, AreNotResumedWhereNothingWaits) {
  const Account account = make_account();
  EXPECT_EQ(error_of(store_->claim_partial(account.id, "/x", std::nullopt, kOwner)), Errc::not_found);
}

TEST_F(StoreResumes, ReplaceAFileAfterTheirResume) {
  const Account account = make_account(1000);
  add_file(account.id, "/x", 400);
  add_partial(account.id, "/x", 300, 400);
  expect_usage(account.id, 700, 0, 1);
  const Partial claimed = must(store_->claim_partial(account.id, "/x", 400, kOwner));
  EXPECT_TRUE(claimed.replaces);
  expect_usage(account.id, 400, 300, 1);
  EXPECT_EQ(must(store_->grow(claimed.id, 400)), 700);
  expect_usage(account.id, 400, 300, 1);
  EXPECT_EQ(must(store_->grow(claimed.id, 400)), 1000);
  expect_usage(account.id, 400, 600, 1);
  commit(claimed.id, 900);
  expect_usage(account.id, 900, 0, 1);
}

TEST_F(StoreResumes, KeepTheirPrefixWhenAResumeFailsInAFullAccount) {
  const Account account = make_account(1000);
  add_file(account.id, "/x", 400);
  add_partial(account.id, "/x", 300, 400);
  const Partial claimed = must(store_->claim_partial(account.id, "/x", 400, kOwner));
  const Partial greedy = begin(account.id, "/y");
  EXPECT_EQ(must(store_->grow(greedy.id, 5000)), 300);
  must(store_->park_upload(claimed.id, 300, "aa", false, no_cut));
  expect_usage(account.id, 700, 300, 2);
}

TEST_F(StoreResumes, KeepTheirPrefixWhenTheQuotaWasLoweredMeanwhile) {
  const Account account = make_account(1000);
  add_partial(account.id, "/x", 300);
  const Partial claimed = must(store_->claim_partial(account.id, "/x", std::nullopt, kOwner));
  must(store_->grow(claimed.id, 300));
  AccountChange change;
  change.quota_bytes = std::optional<Bytes>(100);
  must(store_->change_account("mika", change));
  Bytes cut_to = -1;
  must(store_->park_upload(claimed.id, 600, "", false, [&](Bytes size) -> Status {
    cut_to = size;
    return {};
  }));
  EXPECT_EQ(cut_to, 300);
  expect_usage(account.id, 300, 0, 1);
}

TEST_F(StoreResumes, ThatGoBackBehindTheirPrefixFreeIt) {
  const Account account = make_account(1000);
  add_partial(account.id, "/x", 300);
  const Partial claimed = must(store_->claim_partial(account.id, "/x", std::nullopt, kOwner));
  must(store_->shrink(claimed.id, 100, 100));
  expect_usage(account.id, 0, 100, 1);
  must(store_->park_upload(claimed.id, 100, "", false, no_cut));
  expect_usage(account.id, 100, 0, 1);
}

TEST_F(StoreResumes, KeepOneSlotWhenTheCompleteFileGoesWhileTheyWait) {
  const Account account = make_account(1000, 1);
  add_file(account.id, "/x", 400);
  add_partial(account.id, "/x", 300, 400);
  must(store_->finish_intent(must(store_->begin_removal(account.id, "/x", 9, 400, kOwner)), true));
  expect_usage(account.id, 300, 0, 1);
  must(store_->drop_upload(must(store_->claim_partial(account.id, "/x", std::nullopt, kOwner)).id));
  expect_usage(account.id, 0, 0, 0);
}

TEST_F(StoreResumes, LeaveTheCompleteFilesSlotWhenDroppedAfterAResume) {
  const Account account = make_account(1000, 1);
  add_file(account.id, "/x", 400);
  add_partial(account.id, "/x", 300, 400);
  must(store_->drop_upload(must(store_->claim_partial(account.id, "/x", 400, kOwner)).id));
  expect_usage(account.id, 400, 0, 1);
}

// --- reclaim ---

TEST_F(StoreResumes, ThatBrokeOffAtTheQuotaCanBeReclaimedOldestFirst) {
  const Account account = make_account(1000);
  add_file(account.id, "/2", 50);
  add_partial(account.id, "/1", 10);
  add_partial(account.id, "/2", 20, 50, true);
  add_partial(account.id, "/3", 30, std::nullopt, true);
  const auto first = must(store_->claim_reclaimable(account.id, kOwner));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->path, "/2");
  EXPECT_TRUE(first->replaces);
  EXPECT_EQ(first->owner, kOwner);
  expect_usage(account.id, 90, 20, 3);
  must(store_->drop_upload(first->id));
  expect_usage(account.id, 90, 0, 3);
  const auto second = must(store_->claim_reclaimable(account.id, kOwner));
  EXPECT_EQ(second->path, "/3");
  must(store_->drop_upload(second->id));
  expect_usage(account.id, 60, 0, 2);
  EXPECT_FALSE(must(store_->claim_reclaimable(account.id, kOwner)));
}

TEST_F(StoreResumes, ThatAreBeingRenamedAreNotReclaimed) {
  const Account account = make_account(1000);
  add_partial(account.id, "/d/1", 10, std::nullopt, true);
  const IntentId rename = must(store_->begin_rename(account.id, "/d", "/e", 5, std::nullopt, kOwner));
  EXPECT_FALSE(must(store_->claim_reclaimable(account.id, kOwner)));
  must(store_->finish_intent(rename, true));
  EXPECT_EQ(must(store_->claim_reclaimable(account.id, kOwner))->path, "/e/1");
}

}  // namespace
}  // namespace ferry::store
