#include "tests/unit/shared/store/store_fixture.h"

namespace ferry::store {
namespace {

using StoreUploads = StoreFixture;

// --- begin ---

TEST_F(StoreUploads, BeginAsActiveRowsAndTakeAFileSlot) {
  const Account account = make_account();
  const Partial upload = begin(account.id, "/a/\xFFx");
  EXPECT_EQ(upload.path, "/a/\xFFx");
  EXPECT_EQ(upload.token, "ta/\xFFx");
  EXPECT_EQ(upload.inode, 12u);
  EXPECT_EQ(upload.owner, kOwner);
  EXPECT_FALSE(upload.replaces);
  expect_usage(account.id, 0, 0, 1);
}

TEST_F(StoreUploads, HaveGrowingIds) {
  const Account account = make_account();
  const Partial first = begin(account.id, "/1");
  const Partial second = begin(account.id, "/2");
  EXPECT_LT(first.id, second.id);
  EXPECT_FALSE(must(store_->is_youngest(first.id)));
  EXPECT_TRUE(must(store_->is_youngest(second.id)));
  must(store_->drop_upload(second.id));
  EXPECT_TRUE(must(store_->is_youngest(first.id)));
  EXPECT_EQ(error_of(store_->is_youngest(second.id)), Errc::not_found);
}

TEST_F(StoreUploads, OfOtherAccountsAreNotYounger) {
  const Account mika = make_account();
  const Account akira = make_account(1000, std::nullopt, "akira");
  const Partial first = begin(mika.id, "/1");
  begin(akira.id, "/2");
  EXPECT_TRUE(must(store_->is_youngest(first.id)));
}

TEST_F(StoreUploads, ExcludeEachOtherOnOnePathOnly) {
  const Account account = make_account();
  begin(account.id, "/x");
  EXPECT_EQ(error_of(store_->begin_upload(start(account.id, "/x"))), Errc::busy);
  EXPECT_EQ(error_of(store_->claim_partial(account.id, "/x", std::nullopt, kOwner)), Errc::busy);
  EXPECT_TRUE(store_->begin_upload(start(account.id, "/x2")));
  const Account other = make_account(1000, std::nullopt, "akira");
  EXPECT_TRUE(store_->begin_upload(start(other.id, "/x")));
  expect_usage(account.id, 0, 0, 2);
}

TEST_F(StoreUploads, DoNotBeginWhereAPartialWaits) {
  const Account account = make_account();
  add_partial(account.id, "/x", 10);
  EXPECT_EQ(error_of(store_->begin_upload(start(account.id, "/x"))), Errc::exists);
  expect_usage(account.id, 10, 0, 1);
}

TEST_F(StoreUploads, NeedAFileSlotUnlessTheyReplaceAFile) {
  const Account account = make_account(1000, 1);
  add_file(account.id, "/x", 10);
  EXPECT_EQ(error_of(store_->begin_upload(start(account.id, "/y"))), Errc::over_quota);
  expect_usage(account.id, 10, 0, 1);
  EXPECT_TRUE(must(store_->partials_of(account.id)).empty());
  const Partial upload = begin(account.id, "/x", 10);
  commit(upload.id, 0);
  expect_usage(account.id, 0, 0, 1);
}

// --- grow and shrink ---

TEST_F(StoreUploads, AreGrantedWhatFitsToTheByte) {
  const Account account = make_account(1000);
  const Partial first = begin(account.id, "/1");
  const Partial second = begin(account.id, "/2");
  EXPECT_EQ(must(store_->grow(first.id, 600)), 600);
  EXPECT_EQ(must(store_->grow(second.id, 600)), 400);
  EXPECT_EQ(must(store_->grow(second.id, 1)), 400);
  EXPECT_EQ(must(store_->grow(first.id, 1)), 600);
  expect_usage(account.id, 0, 1000, 2);
}

TEST_F(StoreUploads, OfUnlimitedAccountsAreAlwaysGranted) {
  const Account account = make_account(std::nullopt);
  const Partial upload = begin(account.id, "/1");
  EXPECT_EQ(must(store_->grow(upload.id, Bytes{1} << 50)), Bytes{1} << 50);
  EXPECT_EQ(must(store_->grow(upload.id, 1)), (Bytes{1} << 50) + 1);
}

TEST_F(StoreUploads, GetTheReplacedFilesBytesFreeOfCharge) {
  const Account account = make_account(1000);
  add_file(account.id, "/x", 1000);
  const Partial upload = begin(account.id, "/x", 1000);
  EXPECT_EQ(must(store_->grow(upload.id, 999)), 999);
  expect_usage(account.id, 1000, 0, 1);
  EXPECT_EQ(must(store_->grow(upload.id, 999)), 1000);
  EXPECT_EQ(must(store_->grow(upload.id, 1)), 1000);
  expect_usage(account.id, 1000, 0, 1);
  commit(upload.id, 1000);
  expect_usage(account.id, 1000, 0, 1);
}

TEST_F(StoreUploads, PayForWhatGoesBeyondTheReplacedFile) {
  const Account account = make_account(1000);
  add_file(account.id, "/x", 300);
  const Partial upload = begin(account.id, "/x", 300);
  EXPECT_EQ(must(store_->grow(upload.id, 500)), 500);
  expect_usage(account.id, 300, 200, 1);
  EXPECT_EQ(must(store_->grow(upload.id, 5000)), 1000);
  expect_usage(account.id, 300, 700, 1);
  commit(upload.id, 640);
  expect_usage(account.id, 640, 0, 1);
}

TEST_F(StoreUploads, GiveBackWhatTheyShrinkBy) {
  const Account account = make_account(1000);
  const Partial upload = begin(account.id, "/x");
  must(store_->grow(upload.id, 900));
  must(store_->shrink(upload.id, 250, 250));
  expect_usage(account.id, 0, 250, 1);
  must(store_->shrink(upload.id, 300, 300));
  expect_usage(account.id, 0, 250, 1);
  must(store_->shrink(upload.id, 0, 0));
  expect_usage(account.id, 0, 0, 1);
}

TEST_F(StoreUploads, GetNothingWhileTheQuotaWasLoweredBelowTheUsage) {
  const Account account = make_account(1000);
  add_file(account.id, "/x", 800);
  AccountChange change;
  change.quota_bytes = std::optional<Bytes>(500);
  must(store_->change_account("mika", change));
  const Partial fresh = begin(account.id, "/y");
  EXPECT_EQ(must(store_->grow(fresh.id, 1)), 0);
  const Partial over = begin(account.id, "/x", 800);
  EXPECT_EQ(must(store_->grow(over.id, 900)), 800) << "no larger than the file it replaces";
}

// --- commit ---

TEST_F(StoreUploads, AreSettledByTheirTrueSize) {
  const Account account = make_account(1000);
  const Partial upload = begin(account.id, "/x");
  must(store_->grow(upload.id, 512));
  const FileDigest digest{.size = 100, .mtime_ns = 5, .inode = 12, .sha256 = "ab"};
  must(store_->commit_upload(upload.id, {.size = 100, .digest = digest}, true));
  expect_usage(account.id, 100, 0, 1);
  EXPECT_EQ(must(store_->digest_at(account.id, "/x"))->sha256, "ab");
  EXPECT_FALSE(must(store_->partial_at(account.id, "/x")));
}

TEST_F(StoreUploads, WithoutADigestForgetTheOldOne) {
  const Account account = make_account(1000);
  add_file(account.id, "/x", 1);
  must(store_->keep_digest(account.id, "/x", {.size = 1, .mtime_ns = 1, .inode = 1, .sha256 = "old"}));
  commit(begin(account.id, "/x", 1).id, 0);
  EXPECT_FALSE(must(store_->digest_at(account.id, "/x")));
}

TEST_F(StoreUploads, AreFinishedOnlyOnce) {
  const Account account = make_account(1000);
  const Partial upload = begin(account.id, "/x");
  commit(upload.id, 0);
  EXPECT_EQ(error_of(store_->commit_upload(upload.id, {}, false)), Errc::not_found);
  EXPECT_EQ(error_of(store_->drop_upload(upload.id)), Errc::not_found);
  EXPECT_EQ(error_of(store_->park_upload(upload.id, 1, "", false, no_cut)), Errc::not_found);
  EXPECT_EQ(error_of(store_->grow(upload.id, 1)), Errc::not_found);
  EXPECT_EQ(error_of(store_->shrink(upload.id, 0, 0)), Errc::not_found);
  expect_usage(account.id, 0, 0, 1);
}

TEST_F(StoreUploads, ThatWaitAreNotFinishedEither) {
  const Account account = make_account(1000);
  add_partial(account.id, "/x", 10);
  const UploadId id = must(store_->partial_at(account.id, "/x"))->id;
  EXPECT_EQ(error_of(store_->commit_upload(id, {.size = 10, .digest = {}}, false)), Errc::not_found);
  EXPECT_EQ(error_of(store_->drop_upload(id)), Errc::not_found);
  EXPECT_EQ(error_of(store_->grow(id, 1)), Errc::not_found);
  expect_usage(account.id, 10, 0, 1);
}

// --- drop and park ---

TEST_F(StoreUploads, GiveEverythingBackWhenDropped) {
  const Account account = make_account(1000);
  const Partial upload = begin(account.id, "/x");
  must(store_->grow(upload.id, 100));
  must(store_->drop_upload(upload.id));
  expect_usage(account.id, 0, 0, 0);
}

TEST_F(StoreUploads, LeaveTheReplacedFileItsSlotWhenDropped) {
  const Account account = make_account(1000);
  add_file(account.id, "/x", 50);
  const Partial upload = begin(account.id, "/x", 50);
  must(store_->grow(upload.id, 100));
  must(store_->drop_upload(upload.id));
  expect_usage(account.id, 50, 0, 1);
}

TEST_F(StoreUploads, WaitAfterTheyBrokeOff) {
  const Account account = make_account(1000);
  const Partial upload = begin(account.id, "/x");
  must(store_->grow(upload.id, 100));
  must(store_->park_upload(upload.id, 60, "cd", false, no_cut));
  expect_usage(account.id, 60, 0, 1);
  const auto waiting = must(store_->partial_at(account.id, "/x"));
  ASSERT_TRUE(waiting);
  EXPECT_EQ(waiting->id, upload.id);
  EXPECT_EQ(waiting->received, 60);
  EXPECT_EQ(waiting->sha256, "cd");
  EXPECT_FALSE(waiting->owner);
  EXPECT_FALSE(waiting->hit_quota);
}

TEST_F(StoreUploads, WithNothingReceivedGoWhenTheyBreakOff) {
  const Account account = make_account(1000);
  add_file(account.id, "/old", 10);
  for (const auto& [path, replaced] : {std::pair<const char*, std::optional<Bytes>>{"/new", std::nullopt},
                                       std::pair<const char*, std::optional<Bytes>>{"/old", 10}}) {
    const Partial upload = begin(account.id, path, replaced);
    must(store_->grow(upload.id, 100));
    Bytes cut_to = -1;
    must(store_->park_upload(upload.id, 0, "", false, [&](Bytes size) -> Status {
      cut_to = size;
      return {};
    }));
    EXPECT_EQ(cut_to, 0);
    EXPECT_FALSE(must(store_->partial_at(account.id, path)));
  }
  expect_usage(account.id, 10, 0, 1);
}

TEST_F(StoreUploads, AreCutToWhatFitsWithoutTheReplacedFilesBytes) {
  const Account account = make_account(1000);
  add_file(account.id, "/x", 700);
  const Partial upload = begin(account.id, "/x", 700);
  EXPECT_EQ(must(store_->grow(upload.id, 800)), 800);
  Bytes cut_to = -1;
  must(store_->park_upload(upload.id, 750, "ef", false, [&](Bytes size) -> Status {
    cut_to = size;
    return {};
  }));
  EXPECT_EQ(cut_to, 300);
  const auto waiting = must(store_->partial_at(account.id, "/x"));
  EXPECT_EQ(waiting->received, 300);
  EXPECT_EQ(waiting->sha256, "") << "the digest was of more bytes";
  EXPECT_TRUE(waiting->hit_quota);
  expect_usage(account.id, 1000, 0, 1);
}

TEST_F(StoreUploads, OfAFullAccountGoWhenTheyBreakOffOverAFile) {
  const Account account = make_account(1000);
  add_file(account.id, "/x", 1000);
  const Partial upload = begin(account.id, "/x", 1000);
  must(store_->grow(upload.id, 500));
  Bytes cut_to = -1;
  must(store_->park_upload(upload.id, 500, "", false, [&](Bytes size) -> Status {
    cut_to = size;
    return {};
  }));
  EXPECT_EQ(cut_to, 0);
  expect_usage(account.id, 1000, 0, 1);
  EXPECT_FALSE(must(store_->partial_at(account.id, "/x")));
}

TEST_F(StoreUploads, StayActiveWhenTheyCannotBeCut) {
  const Account account = make_account(1000);
  const Partial upload = begin(account.id, "/x");
  must(store_->grow(upload.id, 10));
  const Status parked =
      store_->park_upload(upload.id, 0, "", false, [](Bytes) -> Status { return fail(Errc::io, "disk"); });
  EXPECT_EQ(error_of(parked), Errc::io);
  expect_usage(account.id, 0, 10, 1);
  must(store_->drop_upload(upload.id));
}

// --- settling ---

TEST_F(StoreUploads, OfADeadOwnerAreFoundAndSettledByAnother) {
  const Account account = make_account(1000);
  const Partial mine = begin(account.id, "/1");
  const OwnerId dead = kOwner + 1;
  const Partial lost = must(store_->begin_upload(start(account.id, "/2", std::nullopt, dead)));
  const Partial whole = must(store_->begin_upload(start(account.id, "/3", std::nullopt, dead)));
  const Partial gone = must(store_->begin_upload(start(account.id, "/4", std::nullopt, dead)));
  for (const Partial& upload : {mine, lost, whole, gone}) must(store_->grow(upload.id, 100));

  const auto settler = must(Store::open(file()));
  EXPECT_EQ(must(settler->uploads_owned_by(std::nullopt)).size(), 4u);
  EXPECT_EQ(must(settler->uploads_owned_by(dead)).size(), 3u);
  EXPECT_EQ(must(settler->uploads_owned_by(dead + 1)).size(), 0u);
  must(settler->park_upload(lost.id, 40, "", false, no_cut));
  must(settler->commit_upload(whole.id, {.size = 70, .digest = {}}, true));
  must(settler->drop_upload(gone.id));
  expect_usage(account.id, 110, 100, 3);
  EXPECT_EQ(error_of(store_->grow(lost.id, 1)), Errc::not_found);
}

}  // namespace
}  // namespace ferry::store
