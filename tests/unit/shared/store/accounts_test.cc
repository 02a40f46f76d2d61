#include <chrono>

#include "tests/unit/shared/store/store_fixture.h"

namespace ferry::store {
namespace {

using StoreAccounts = StoreFixture;

TEST_F(StoreAccounts, AreFoundAsTheyWereCreated) {
  NewAccount wanted{.name = "mika",
                    .home = "/srv/\xFF odd",
                    .password_hash = "$argon2id$x",
                    .quota_bytes = 500,
                    .quota_files = 9,
                    .is_guest = true,
                    .is_read_only = true,
                    .used_bytes = 77,
                    .used_files = 3};
  const Account created = must(store_->create_account(wanted));
  for (const Account& found : {created, now(created.id), must(store_->find_account("mika"))}) {
    EXPECT_EQ(found.name, "mika");
    EXPECT_EQ(found.home, "/srv/\xFF odd");
    EXPECT_EQ(found.password_hash, "$argon2id$x");
    EXPECT_EQ(found.quota_bytes, 500);
    EXPECT_EQ(found.quota_files, 9);
    EXPECT_EQ(found.used_bytes, 77);
    EXPECT_EQ(found.used_files, 3);
    EXPECT_TRUE(found.is_guest);
    EXPECT_TRUE(found.is_read_only);
    EXPECT_FALSE(found.is_locked);
    EXPECT_FALSE(found.last_login);
    EXPECT_EQ(found.last_login_from, "");
    EXPECT_GT(found.created.time_since_epoch().count(), 0);
  }
}

TEST_F(StoreAccounts, HaveNamesThatAreCheckedAndUnique) {
  make_account();
  NewAccount again;
  again.name = "mika";
  EXPECT_EQ(error_of(store_->create_account(again)), Errc::exists);
  again.name = "../mika";
  EXPECT_EQ(error_of(store_->create_account(again)), Errc::name_refused);
  again.name = "MIKA";
  EXPECT_TRUE(store_->create_account(again));
}

TEST_F(StoreAccounts, AreNotFoundUnderOtherNames) {
  const Account account = make_account();
  EXPECT_EQ(error_of(store_->find_account("nobody")), Errc::not_found);
  EXPECT_EQ(error_of(store_->find_account("")), Errc::not_found);
  EXPECT_EQ(error_of(store_->find_account(account.id + 1)), Errc::not_found);
  EXPECT_EQ(error_of(store_->change_account("nobody", {})), Errc::not_found);
  EXPECT_EQ(error_of(store_->remove_account("nobody")), Errc::not_found);
  EXPECT_EQ(error_of(store_->note_login(account.id + 1, "::1", wall_now())), Errc::not_found);
  EXPECT_EQ(error_of(store_->set_usage(account.id + 1, 0, 0)), Errc::not_found);
}

TEST_F(StoreAccounts, AreListedByName) {
  for (const char* name : {"c", "a", "b"}) make_account(std::nullopt, std::nullopt, name);
  std::string names;
  for (const Account& account : must(store_->list_accounts())) names += account.name;
  EXPECT_EQ(names, "abc");
}

TEST_F(StoreAccounts, ChangeOnlyWhatIsSet) {
  make_account(1000, 10);
  Account changed = must(store_->change_account("mika", {}));
  EXPECT_EQ(changed.quota_bytes, 1000);
  EXPECT_EQ(changed.quota_files, 10);

  AccountChange change;
  change.quota_bytes = std::optional<Bytes>();  // unlimited
  change.is_locked = true;
  changed = must(store_->change_account("mika", change));
  EXPECT_EQ(changed.quota_bytes, std::nullopt);
  EXPECT_EQ(changed.quota_files, 10);
  EXPECT_TRUE(changed.is_locked);
  EXPECT_FALSE(changed.is_read_only);

  AccountChange second;
  second.quota_files = std::optional<std::int64_t>(3);
  second.password_hash.emplace("new");
  second.is_read_only = true;
  second.is_locked = false;
  changed = must(store_->change_account("mika", second));
  EXPECT_EQ(changed.quota_files, 3);
  EXPECT_EQ(changed.password_hash, "new");
  EXPECT_TRUE(changed.is_read_only);
  EXPECT_FALSE(changed.is_locked);
}

TEST_F(StoreAccounts, RememberTheirLastLogin) {
  const Account account = make_account();
  const WallTime when = wall_now();
  must(store_->note_login(account.id, "192.0.2.7", when));
  EXPECT_EQ(now(account.id).last_login, when);
  EXPECT_EQ(now(account.id).last_login_from, "192.0.2.7");
}

TEST_F(StoreAccounts, TakeTheirRowsAlongWhenRemoved) {
  const Account account = make_account();
  add_partial(account.id, "/p", 10);
  begin(account.id, "/q");
  must(store_->keep_digest(account.id, "/d", {.size = 1, .mtime_ns = 2, .inode = 3, .sha256 = "aa"}));
  must(store_->begin_removal(account.id, "/f", 1, 5, kOwner));
  must(store_->remove_account("mika"));
  EXPECT_TRUE(must(store_->uploads_owned_by(std::nullopt)).empty());
  EXPECT_TRUE(must(store_->intents_owned_by(std::nullopt)).empty());
  EXPECT_TRUE(must(store_->partials_of(account.id)).empty());
  EXPECT_FALSE(must(store_->digest_at(account.id, "/d")));

  const Account successor = make_account();
  EXPECT_NE(successor.id, account.id) << "a session of the removed account must not find the new one";
  EXPECT_EQ(error_of(store_->begin_upload(start(account.id, "/x"))), Errc::not_found);
  EXPECT_EQ(error_of(store_->begin_upload(start(account.id, "/x", 5))), Errc::not_found);
  EXPECT_EQ(error_of(store_->begin_removal(account.id, "/x", 1, 5, kOwner)), Errc::not_found);
  EXPECT_EQ(error_of(store_->keep_digest(account.id, "/x", {.sha256 = "aa"})), Errc::not_found);
}

TEST_F(StoreAccounts, CanHaveTheirUsageSetToWhatIsThere) {
  const Account account = make_account();
  const Partial upload = begin(account.id, "/x");
  must(store_->grow(upload.id, 100));
  must(store_->set_usage(account.id, 40, 2));
  expect_usage(account.id, 40, 100, 2);
}

TEST_F(StoreAccounts, TellWhenAnotherProcessChangedThem) {
  EXPECT_FALSE(must(store_->changed_elsewhere()));
  make_account();
  EXPECT_FALSE(must(store_->changed_elsewhere())) << "our own change";
  const auto other = must(Store::open(file()));
  EXPECT_FALSE(must(store_->changed_elsewhere())) << "opening is no change";
  must(other->note_login(must(other->find_account("mika")).id, "::1", wall_now()));
  EXPECT_TRUE(must(store_->changed_elsewhere()));
  EXPECT_FALSE(must(store_->changed_elsewhere()));
}

TEST_F(StoreAccounts, KeepTheirCertificate) {
  make_account();
  EXPECT_EQ(must(store_->find_account("mika")).certificate, "");
  AccountChange change;
  change.certificate = "AB:CD";
  EXPECT_EQ(must(store_->change_account("mika", change)).certificate, "AB:CD");
  EXPECT_EQ(must(store_->change_account("mika", {})).certificate, "AB:CD");
  change.certificate = "";
  EXPECT_EQ(must(store_->change_account("mika", change)).certificate, "");
}

}  // namespace
}  // namespace ferry::store
