#include "tests/unit/shared/store/store_fixture.h"

namespace ferry::store {
namespace {

using StoreDigests = StoreFixture;

TEST_F(StoreDigests, AreKeptPerPathAndReplaced) {
  const Account account = make_account();
  EXPECT_FALSE(must(store_->digest_at(account.id, "/x")));
  must(store_->keep_digest(account.id, "/x",
                           {.size = 1, .mtime_ns = -2, .inode = ~std::uint64_t{0}, .sha256 = "a"}));
  const auto found = must(store_->digest_at(account.id, "/x"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size, 1);
  EXPECT_EQ(found->mtime_ns, -2);
  EXPECT_EQ(found->inode, ~std::uint64_t{0});
  EXPECT_EQ(found->sha256, "a");
  must(store_->keep_digest(account.id, "/x", {.size = 2, .mtime_ns = 2, .inode = 2, .sha256 = "b"}));
  EXPECT_EQ(must(store_->digest_at(account.id, "/x"))->sha256, "b");
  must(store_->keep_digest(account.id, "/x", {}));
  EXPECT_FALSE(must(store_->digest_at(account.id, "/x")));
}

}  // namespace
}  // namespace ferry::store
