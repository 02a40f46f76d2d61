#include <chrono>

#include "tests/unit/shared/store/store_fixture.h"

namespace ferry::store {
namespace {

class StorePartials : public StoreFixture {
 protected:
  static std::string paths(const std::vector<Partial>& partials) {
    std::string text;
    for (const Partial& partial : partials) text += partial.path + " ";
    return text;
  }
};

TEST_F(StorePartials, AreListedByTheFolderTheyAreDirectlyIn) {
  const Account account = make_account();
  for (const char* path : {"/b", "/a", "/d/x", "/d/e/y", "/d-", "/d0", "/d/\xFF"}) begin(account.id, path);
  begin(make_account(1000, std::nullopt, "akira").id, "/d/other");
  EXPECT_EQ(paths(must(store_->partials_in(account.id, "/"))), "/a /b /d- /d0 ");
  EXPECT_EQ(paths(must(store_->partials_in(account.id, "/d"))), "/d/x /d/\xFF ");
  EXPECT_EQ(paths(must(store_->partials_in(account.id, "/d/e"))), "/d/e/y ");
  EXPECT_EQ(paths(must(store_->partials_in(account.id, "/nothing"))), "");
  EXPECT_EQ(must(store_->partials_of(account.id)).size(), 7u);
}

TEST_F(StorePartials, ComeInPages) {
  const Account account = make_account();
  for (const char* path : {"/d/1", "/d/2", "/d/2/deep", "/d/3", "/e"}) begin(account.id, path);
  EXPECT_EQ(paths(must(store_->partials_in(account.id, "/d", {.after = "", .most = 2}))), "/d/1 /d/2 ");
  EXPECT_EQ(paths(must(store_->partials_in(account.id, "/d", {.after = "/d/2", .most = 2}))), "/d/3 ");
  EXPECT_EQ(paths(must(store_->partials_of(account.id, {.after = "/d/2", .most = 2}))), "/d/2/deep /d/3 ");
  EXPECT_EQ(paths(must(store_->partials_of(account.id, {.after = "/e", .most = 2}))), "");
}

TEST_F(StorePartials, DigestIsKeptOfWhatStillWaits) {
  const Account account = make_account();
  add_partial(account.id, "/x", 5);
  const Partial seen = *must(store_->partial_at(account.id, "/x"));
  must(store_->keep_partial_digest(seen, "abcd"));
  EXPECT_EQ(must(store_->partial_at(account.id, "/x"))->sha256, "abcd");
  must(store_->claim_partial(account.id, "/x", std::nullopt, 7));
  must(store_->keep_partial_digest(seen, "of what runs"));
  EXPECT_EQ(must(store_->partial_at(account.id, "/x"))->sha256, "abcd");
}

TEST_F(StorePartials, AreFoundByTheirExactPath) {
  const Account account = make_account();
  add_partial(account.id, "/\xC3\xA4", 5);
  EXPECT_TRUE(must(store_->partial_at(account.id, "/\xC3\xA4")));
  EXPECT_FALSE(must(store_->partial_at(account.id, "/\xC3\x84")));
  EXPECT_FALSE(must(store_->partial_at(account.id, "/\xE4")));
}

TEST_F(StorePartials, ExpireByTheirLastChangeAndOnlyWhileTheyWait) {
  const Account account = make_account();
  add_partial(account.id, "/old", 5);
  begin(account.id, "/running");
  const WallTime soon = wall_now() + std::chrono::seconds(1);
  EXPECT_EQ(paths(must(store_->partials_untouched_since(soon))), "/old ");
  EXPECT_EQ(paths(must(store_->partials_untouched_since(soon - std::chrono::hours(1)))), "");
}

TEST_F(StorePartials, KeepLargeInodesAndAnnouncedSizes) {
  const Account account = make_account();
  UploadStart wanted = start(account.id, "/x");
  wanted.inode = ~std::uint64_t{0};
  wanted.expected = 123456789012;
  must(store_->begin_upload(wanted));
  const auto found = must(store_->partial_at(account.id, "/x"));
  EXPECT_EQ(found->inode, ~std::uint64_t{0});
  EXPECT_EQ(found->expected, 123456789012);
}

}  // namespace
}  // namespace ferry::store
