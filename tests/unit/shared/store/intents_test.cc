#include "tests/unit/shared/store/store_fixture.h"

namespace ferry::store {
namespace {

class StoreIntents : public StoreFixture {
 protected:
  Result<IntentId> removal(const std::string& path, std::optional<Bytes> size = std::nullopt) {
    return store_->begin_removal(account_.id, path, 5, size, kOwner);
  }
  Result<IntentId> rename(const std::string& from, const std::string& to,
                          std::optional<Bytes> replaced = std::nullopt) {
    return store_->begin_rename(account_.id, from, to, 5, replaced, kOwner);
  }
  void finish(const Result<IntentId>& intent, bool happened = true) {
    must(store_->finish_intent(must(intent), happened));
  }
  void keep_digest(const std::string& path) {
    must(store_->keep_digest(account_.id, path, {.size = 1, .mtime_ns = 1, .inode = 1, .sha256 = path}));
  }
  std::string digest(const std::string& path) {
    const auto found = must(store_->digest_at(account_.id, path));
    return found ? found->sha256 : "";
  }
  void expect(Bytes used, std::int64_t files) { expect_usage(account_.id, used, 0, files); }

  const Account account_ = make_account();
};

// --- removal ---

TEST_F(StoreIntents, RemovalGivesBytesAndSlotBack) {
  add_file(account_.id, "/x", 100);
  keep_digest("/x");
  finish(removal("/x", 100));
  expect(0, 0);
  EXPECT_EQ(digest("/x"), "");
}

TEST_F(StoreIntents, RemovalThatDidNotHappenChangesNothing) {
  add_file(account_.id, "/x", 100);
  keep_digest("/x");
  finish(removal("/x", 100), false);
  expect(100, 1);
  EXPECT_EQ(digest("/x"), "/x");
}

TEST_F(StoreIntents, RemovalOfALinkOrFolderCountsNothing) {
  add_file(account_.id, "/x", 100);
  finish(removal("/link"));
  expect(100, 1);
}

TEST_F(StoreIntents, RemovalOfACompleteFileLeavesItsWaitingPartialAsTheFile) {
  add_file(account_.id, "/x", 100);
  add_partial(account_.id, "/x", 30, 100);
  expect(130, 1);
  finish(removal("/x", 100));
  expect(30, 1);
  EXPECT_FALSE(must(store_->partial_at(account_.id, "/x"))->replaces);
}

TEST_F(StoreIntents, RemovalOfAFolderIsRefusedWhileAPartialWaitsInIt) {
  add_partial(account_.id, "/d/e/x", 30);
  EXPECT_EQ(error_of(removal("/d")), Errc::not_empty);
  EXPECT_EQ(error_of(removal("/d/e")), Errc::not_empty);
  EXPECT_TRUE(removal("/d/f"));
}

TEST_F(StoreIntents, AreBusyWhereAnUploadRunsAtOrBelow) {
  begin(account_.id, "/d/e/x");
  for (const char* path : {"/d/e/x", "/d/e", "/d"}) {
    EXPECT_EQ(error_of(removal(path)), Errc::busy) << path;
    EXPECT_EQ(error_of(rename(path, "/new")), Errc::busy) << path;
    EXPECT_EQ(error_of(rename("/old", path)), Errc::busy) << path;
  }
  EXPECT_TRUE(removal("/d/e/x2"));
  EXPECT_TRUE(removal("/d-"));
  EXPECT_TRUE(rename("/d/e0", "/d/f"));
}

TEST_F(StoreIntents, MakeUploadsAtAndBelowBusyUntilTheyAreFinished) {
  add_partial(account_.id, "/d/waiting", 5);
  const auto intent = rename("/d", "/new/place");
  for (const char* path : {"/d", "/d/x", "/d/e/x", "/new/place", "/new/place/x"}) {
    EXPECT_EQ(error_of(store_->begin_upload(start(account_.id, path))), Errc::busy) << path;
  }
  EXPECT_EQ(error_of(store_->claim_partial(account_.id, "/d/waiting", std::nullopt, kOwner)), Errc::busy);
  EXPECT_TRUE(store_->begin_upload(start(account_.id, "/d2")));
  EXPECT_TRUE(store_->begin_upload(start(account_.id, "/new/x")));
  finish(intent);
  EXPECT_TRUE(store_->begin_upload(start(account_.id, "/d/x")));
  EXPECT_TRUE(store_->claim_partial(account_.id, "/new/place/waiting", std::nullopt, kOwner));
}

TEST_F(StoreIntents, ExcludeEachOther) {
  const auto intent = rename("/a", "/b");
  for (const char* path : {"/a", "/a/x", "/b", "/b/x"}) {
    EXPECT_EQ(error_of(removal(path)), Errc::busy) << path;
    EXPECT_EQ(error_of(rename(path, "/new")), Errc::busy) << path;
    EXPECT_EQ(error_of(rename("/old", path)), Errc::busy) << path;
  }
  EXPECT_EQ(error_of(rename("/", "/c")), Errc::busy);
  EXPECT_TRUE(removal("/c"));
  finish(intent, false);
  EXPECT_TRUE(removal("/a"));
}

TEST_F(StoreIntents, OfOtherAccountsDoNotMatter) {
  const Account other = make_account(1000, std::nullopt, "akira");
  must(store_->begin_removal(other.id, "/x", 1, 5, kOwner));
  EXPECT_TRUE(removal("/x"));
  EXPECT_TRUE(store_->begin_upload(start(account_.id, "/y")));
}

// --- rename ---

TEST_F(StoreIntents, RenameOfAFileMovesItsDigestAndItsPartial) {
  add_file(account_.id, "/x", 100);
  keep_digest("/x");
  add_partial(account_.id, "/x", 30, 100);
  finish(rename("/x", "/y"));
  expect(130, 1);
  EXPECT_EQ(digest("/x"), "");
  EXPECT_EQ(digest("/y"), "/x");
  EXPECT_FALSE(must(store_->partial_at(account_.id, "/x")));
  EXPECT_EQ(must(store_->partial_at(account_.id, "/y"))->received, 30);
}

TEST_F(StoreIntents, RenameOverAFileGivesThatFileBack) {
  add_file(account_.id, "/x", 100);
  add_file(account_.id, "/y", 40);
  keep_digest("/x");
  keep_digest("/y");
  finish(rename("/x", "/y", 40));
  expect(100, 1);
  EXPECT_EQ(digest("/y"), "/x");
}

TEST_F(StoreIntents, RenameOverAFileWhoseOwnDigestIsUnknownForgetsTheOldOne) {
  add_file(account_.id, "/x", 100);
  add_file(account_.id, "/y", 40);
  keep_digest("/y");
  finish(rename("/x", "/y", 40));
  EXPECT_EQ(digest("/y"), "");
}

TEST_F(StoreIntents, RenameOfAFolderMovesEverythingBelowAndNothingElse) {
  add_partial(account_.id, "/d/x", 10);
  add_partial(account_.id, "/d/e/\xFF\x80", 20);
  add_partial(account_.id, "/d-/x", 30);
  add_partial(account_.id, "/d0", 40);
  keep_digest("/d/f");
  keep_digest("/d/e/g");
  keep_digest("/dd");
  finish(rename("/d", "/longer/name"));
  std::string paths;
  for (const Partial& partial : must(store_->partials_of(account_.id))) paths += partial.path + " ";
  EXPECT_EQ(paths, "/d-/x /d0 /longer/name/e/\xFF\x80 /longer/name/x ");
  EXPECT_EQ(digest("/longer/name/f"), "/d/f");
  EXPECT_EQ(digest("/longer/name/e/g"), "/d/e/g");
  EXPECT_EQ(digest("/dd"), "/dd");
  EXPECT_EQ(digest("/d/f"), "");
  expect(100, 4);
}

TEST_F(StoreIntents, RenameOntoAWaitingPartialTakesItsPlaceWhenItHappens) {
  add_file(account_.id, "/x", 100);
  add_partial(account_.id, "/to", 10);
  finish(rename("/x", "/to"), false);
  EXPECT_TRUE(must(store_->partial_at(account_.id, "/to"))) << "a refusal costs nothing";
  expect(110, 2);
  finish(rename("/x", "/to"));
  EXPECT_FALSE(must(store_->partial_at(account_.id, "/to")));
  expect(100, 1);
}

TEST_F(StoreIntents, RenameOntoAFileAndItsPartialReplacesBoth) {
  add_file(account_.id, "/x", 100);
  add_file(account_.id, "/to", 40);
  add_partial(account_.id, "/to", 10, 40);
  expect(150, 2);
  finish(rename("/x", "/to", 40));
  EXPECT_FALSE(must(store_->partial_at(account_.id, "/to")));
  expect(100, 1);
}

TEST_F(StoreIntents, RenameOverAFolderWithAWaitingPartialIsRefused) {
  add_partial(account_.id, "/dir/sub/x", 10);
  EXPECT_EQ(error_of(rename("/d", "/dir")), Errc::exists);
  EXPECT_TRUE(rename("/d", "/dir2"));
}

TEST_F(StoreIntents, RenameOntoItselfChangesNothing) {
  add_file(account_.id, "/x", 100);
  keep_digest("/x");
  add_partial(account_.id, "/x", 30, 100);
  finish(rename("/x", "/x", 100));
  expect(130, 1);
  EXPECT_EQ(digest("/x"), "/x");
}

TEST_F(StoreIntents, RenameThatDidNotHappenChangesNothing) {
  add_file(account_.id, "/x", 100);
  add_file(account_.id, "/y", 40);
  keep_digest("/x");
  finish(rename("/x", "/y", 40), false);
  expect(140, 2);
  EXPECT_EQ(digest("/x"), "/x");
}

// --- settling ---

TEST_F(StoreIntents, OfADeadOwnerAreFoundWhole) {
  const OwnerId dead = kOwner + 1;
  must(store_->begin_removal(account_.id, "/gone\xFF", ~std::uint64_t{0}, 100, dead));
  must(store_->begin_rename(account_.id, "/from", "/to", 6, std::nullopt, dead));
  must(removal("/mine"));
  const auto found = must(store_->intents_owned_by(dead));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].kind, Intent::Kind::removal);
  EXPECT_EQ(found[0].account, account_.id);
  EXPECT_EQ(found[0].owner, dead);
  EXPECT_EQ(found[0].path, "/gone\xFF");
  EXPECT_EQ(found[0].inode, ~std::uint64_t{0});
  EXPECT_EQ(found[0].size, 100);
  EXPECT_EQ(found[1].kind, Intent::Kind::rename);
  EXPECT_EQ(found[1].path, "/from");
  EXPECT_EQ(found[1].to, "/to");
  EXPECT_EQ(found[1].size, std::nullopt);
  EXPECT_EQ(must(store_->intents_owned_by(std::nullopt)).size(), 3u);
  EXPECT_TRUE(must(Store::open(file()))->finish_intent(found[0].id, true));
  EXPECT_EQ(error_of(store_->finish_intent(found[0].id, true)), Errc::not_found);
}

TEST_F(StoreIntents, NeverMakeUsageNegative) {
  finish(removal("/never-counted", 100));
  expect(0, 0);
}

}  // namespace
}  // namespace ferry::store
