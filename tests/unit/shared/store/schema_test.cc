// Opening: rights, versions, damage. The only test that speaks SQLite itself.
#include <SQLiteCpp/Database.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/unit/shared/store/store_fixture.h"

namespace ferry::store {
namespace {

namespace fs = std::filesystem;

class StoreOpening : public testing::Test {
 protected:
  std::string file() const { return (dir_.path() / "ferry.db").string(); }
  std::optional<Errc> open_error() const { return error_of(Store::open(file())); }

  test::TempDir dir_;
};

TEST_F(StoreOpening, MakesPrivateFilesWhateverTheUmask) {
  const mode_t before = ::umask(0);
  const auto store = Store::open(file());
  ::umask(before);
  ASSERT_TRUE(store);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat found {};
    ASSERT_EQ(::stat((file() + suffix).c_str(), &found), 0) << suffix;
    EXPECT_EQ(found.st_mode & 07777, 0600u) << suffix;
  }
}

TEST_F(StoreOpening, KeepsWhatIsThere) {
  NewAccount account;
  account.name = "mika";
  must(must(Store::open(file()))->create_account(account));
  EXPECT_TRUE(must(Store::open(file()))->find_account("mika"));
}

TEST_F(StoreOpening, TellsAMissingFolder) {
  EXPECT_EQ(error_of(Store::open((dir_.path() / "no" / "ferry.db").string())), Errc::not_found);
}

TEST_F(StoreOpening, TellsMissingRights) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may everything";
  must(Store::open(file()));
  fs::permissions(file(), fs::perms::owner_read);
  EXPECT_EQ(open_error(), Errc::permission);
  fs::permissions(file(), fs::perms::none);
  EXPECT_EQ(open_error(), Errc::permission);
  fs::permissions(dir_.path(), fs::perms::none);
  EXPECT_EQ(open_error(), Errc::permission);
}

TEST_F(StoreOpening, RefusesAFolderInItsPlace) {
  fs::create_directory(file());
  EXPECT_TRUE(open_error());
}

TEST_F(StoreOpening, RefusesAFileThatIsNoDatabase) {
  std::ofstream(file()) << std::string(8192, 'x');
  EXPECT_EQ(open_error(), Errc::corrupt);
}

TEST_F(StoreOpening, RefusesAnotherProgramsDatabase) {
  SQLite::Database(file(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE account (id)");
  EXPECT_EQ(open_error(), Errc::corrupt);
}

TEST_F(StoreOpening, RefusesAStoreOfANewerFerry) {
  must(Store::open(file()));
  SQLite::Database(file(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version=1000");
  const auto opened = Store::open(file());
  ASSERT_EQ(error_of(opened), Errc::corrupt);
  EXPECT_NE(opened.error().context.find("newer"), std::string::npos);
}

TEST_F(StoreOpening, TellsDamageInsteadOfReadingIt) {
  {
    const auto store = must(Store::open(file()));
    for (int i = 0; i < 300; ++i) {
      NewAccount account;
      account.name = "account-" + std::to_string(i);
      account.home = std::string(100, 'h');
      must(store->create_account(account));
    }
  }
  {
    std::fstream damaged(file(), std::ios::in | std::ios::out | std::ios::binary);
    damaged.seekp(2 * 4096);
    damaged << std::string(static_cast<std::size_t>(fs::file_size(file())) - 2 * 4096, '\xA5');
  }
  const auto opened = Store::open(file());
  if (!opened) {
    EXPECT_EQ(error_of(opened), Errc::corrupt);
    return;
  }
  EXPECT_EQ(error_of((*opened)->list_accounts()), Errc::corrupt);
  NewAccount account;
  account.name = "one-more";
  EXPECT_EQ(error_of((*opened)->create_account(account)), Errc::corrupt);
}

TEST_F(StoreOpening, WorksForManyAtOnceOnANewFile) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const auto store = Store::open(file());
      ASSERT_TRUE(store) << store.error().context;
      NewAccount account;
      account.name = "account-" + std::to_string(i);
      EXPECT_TRUE((*store)->create_account(account));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(must(must(Store::open(file()))->list_accounts()).size(), 8u);
}

TEST_F(StoreOpening, BringsTheFirstSchemaUpToDate) {
  NewAccount account;
  account.name = "mika";
  account.password_hash = "hash";
  must(must(Store::open(file()))->create_account(account));
  {
    SQLite::Database old(file(), SQLite::OPEN_READWRITE);
    old.exec("ALTER TABLE account DROP COLUMN certificate");
    old.exec("ALTER TABLE account DROP COLUMN is_registered");
    old.exec("DROP TABLE registration");
    old.exec("ALTER TABLE intent DROP COLUMN moved");
    old.exec("DROP TABLE audit");
    old.exec("DROP TABLE change");
    old.exec("PRAGMA user_version=1");
  }
  const Account found = must(must(Store::open(file()))->find_account("mika"));
  EXPECT_EQ(found.password_hash, "hash");
  EXPECT_EQ(found.certificate, "");
  EXPECT_FALSE(found.is_registered);
}

}  // namespace
}  // namespace ferry::store
