// What ferryd does about damage and about what others left: a store that cannot be used is refused with a
// sentence that helps, a damaged row is named while everybody else is served, and what a death left behind is
// put in order.
#include <SQLiteCpp/Database.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <thread>

#include "tests/integration/ftpadm_fixture.h"
#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr store::OwnerId kDead = 0x1234;

class RepairFixture : public testing::Test {
 protected:
  RepairFixture() { server_.add_account("mika", {.quota = 64 << 20}); }

  FtpTalker connect(const std::string& name = "mika") { return FtpTalker::logged_in(server_, name); }
  fs::path store_file() const { return server_.folder() / "db/ferry.db"; }
  fs::path home() const { return server_.home("mika"); }
  store::AccountId id() { return server_.store().find_account("mika")->id; }
  void sql(const std::string& statement) {
    SQLite::Database(store_file(), SQLite::OPEN_READWRITE).exec(statement);
  }
  std::string put_partial(const std::string& token, std::size_t size) {
    server_.put_file("mika", ".ferry", std::nullopt);
    server_.put_file("mika", ".ferry/" + token, std::string(size, 'x'));
    return token;
  }
  std::uint64_t inode_of(const std::string& path) const {
    struct stat found {};
    return ::stat((home() / path).c_str(), &found) == 0 ? found.st_ino : 0;
  }
  RunResult ftpadm(std::vector<std::string> words) {
    std::vector<std::string> argv = {program_path("ftpadm"), "-c",
                                     (server_.folder() / "ferryd.toml").string()};
    argv.insert(argv.end(), words.begin(), words.end());
    return run(argv);
  }

  FerrydServer server_;
};

// --- a store that cannot be used ---

class DamagedStore : public RepairFixture {
 protected:
  // The test's own connection must not hide what is on the disk, nor keep the log from being written back.
  DamagedStore() {
    server_.put_file("mika", ".ferry", std::nullopt);
    for (int i = 0; i < 200; ++i) {
      store::NewAccount account;
      account.name = fmt::format("account-{}", i);
      account.home = server_.home("mika").string() + "/nobody-logs-in";
      EXPECT_TRUE(server_.store().create_account(account));
      EXPECT_TRUE(server_.store().keep_digest(id(), fmt::format("/file-{}", i),
                                              {1, 2, 3, sha256_of(std::to_string(i))}));
    }
    server_.stop();
    EXPECT_EQ(ftpadm({"backup", backup()}).exit_code, 0);
    write_back();
  }
  std::string backup() const { return (server_.folder() / "backup.db").string(); }
  void write_back() { sql("PRAGMA wal_checkpoint(TRUNCATE)"); }
  void overwrite(const fs::path& file, std::size_t at, std::size_t size) {
    std::fstream damaged(file, std::ios::in | std::ios::out | std::ios::binary);
    damaged.seekp(static_cast<std::streamoff>(at));
    damaged << std::string(size, '\xA5');
  }
  void expect_refused() {
    try {
      server_.start();
      ADD_FAILURE() << "it serves";
    } catch (const std::runtime_error& refused) {
      const std::string said = refused.what();
      EXPECT_NE(said.find("ferryd ended with 1\n"), said.npos) << said;
      EXPECT_NE(said.find("ferryd: the store " + store_file().string() + " cannot be used"), said.npos)
          << said;
      EXPECT_NE(said.find("ftpadm restore"), said.npos) << said;
    }
    EXPECT_TRUE(fs::exists(store_file()));
  }
  void expect_restored() {
    const RunResult restored = ftpadm({"restore", backup()});
    EXPECT_EQ(restored.exit_code, 0) << restored.err;
    server_.start();
    connect().expect("NOOP", 200);
    EXPECT_EQ(ftpadm({"view", "account-199"}).exit_code, 0);
  }
};

TEST_F(DamagedStore, WithoutAnyDamageServes) {
  server_.start();
  connect().expect("NOOP", 200);
}

TEST_F(DamagedStore, ThatIsNoDatabaseIsRefused) {
  write_bytes(store_file(), std::string(8192, 'x'));
  expect_refused();
  const RunResult view = ftpadm({"view"});
  EXPECT_EQ(view.exit_code, 1);
  EXPECT_NE(view.err.find("ftpadm restore"), view.err.npos) << view.err;
  expect_restored();
}

TEST_F(DamagedStore, OverwrittenInTheMiddleIsRefused) {
  const std::size_t size = fs::file_size(store_file());
  ASSERT_GT(size, 40960U);
  overwrite(store_file(), size / 2 / 4096 * 4096, 8192);
  expect_refused();
  expect_restored();
}

TEST_F(DamagedStore, WithADamagedPageAnywhereIsRefused) {
  const std::string whole = read_bytes(store_file());
  const std::size_t pages = whole.size() / 4096;
  for (std::size_t page = 0; page < pages; page += std::max<std::size_t>(1, pages / 5)) {
    SCOPED_TRACE(page);
    write_bytes(store_file(), whole);
    overwrite(store_file(), page * 4096, 4096);
    expect_refused();
  }
}

TEST_F(DamagedStore, CutShortIsRefused) {
  fs::resize_file(store_file(), fs::file_size(store_file()) / 2);
  expect_refused();
  expect_restored();
}

// To SQLite that is a new store, without any account.
TEST_F(DamagedStore, CutToNothingIsRefused) {
  fs::resize_file(store_file(), 0);
  expect_refused();
  expect_restored();
}

TEST_F(DamagedStore, OfANewerFerryIsRefused) {
  sql("PRAGMA user_version=1000");
  expect_refused();
  EXPECT_NE(server_.log("ferryd.log").find("made by a newer Ferry"), std::string::npos);
}

// A log that is damaged is no log from there on: the store is an older one, whole. What it does not know any
// more is found on the disk.
TEST_F(DamagedStore, WhoseLogIsDamagedIsAnOlderOne) {
  server_.start();
  {
    FtpTalker talker = connect();
    for (int i = 0; i < 20; ++i)
      EXPECT_TRUE(answers(talker.store(fmt::format("promised-{}", i), some_bytes(1000)), 226));
  }
  const fs::path log = store_file().string() + "-wal";
  const std::string kept = read_bytes(log);
  ASSERT_GT(kept.size(), 50'000U);
  server_.stop();
  // As if the machine had died with this log: the index is of memory.
  fs::remove(store_file().string() + "-shm");
  write_bytes(log, kept);
  overwrite(log, kept.size() / 2, 4096);
  server_.start();
  connect().expect("SIZE promised-19", 213);
  EXPECT_EQ(ftpadm({"check", "mika", "--fix"}).exit_code, 0);
  EXPECT_EQ(ftpadm({"check", "mika"}).exit_code, 0);
  EXPECT_TRUE(read_bytes(home() / "promised-19") == some_bytes(1000));
}

// --- damaged rows ---

class DamagedRow : public RepairFixture {
 protected:
  // Named in the log, and another account is served as ever.
  void expect_served_and_named(const std::string& text) {
    server_.add_account("other");
    server_.start();
    EXPECT_NE(server_.log("ferryd.log").find(text), std::string::npos) << server_.log("ferryd.log");
    FtpTalker talker = connect("other");
    EXPECT_TRUE(answers(talker.store("file", some_bytes(100)), 226));
    EXPECT_TRUE(server_.is_settled("other"));
  }
  void park(const std::string& path) {
    FtpTalker talker = connect();
    talker.expect("ALLO 5000", 200);
    EXPECT_TRUE(answers(talker.store(path, some_bytes(2000)), 426));
  }
};

TEST_F(DamagedRow, OfAnUnfinishedUploadIsNamed) {
  park("waits");
  server_.stop();
  sql("UPDATE breakpoint SET path = CAST('not/absolute' AS BLOB)");
  expect_served_and_named("mika: a damaged row of the store, an unfinished upload of 'not/absolute'");
  EXPECT_EQ(ftpadm({"check", "--fix"}).exit_code, 0);
  EXPECT_TRUE(server_.is_settled("mika"));
}

TEST_F(DamagedRow, WhoseTokenLeadsElsewhereLeadsNowhere) {
  park("waits");
  server_.put_file("mika", "precious", "precious");
  server_.stop();
  sql("UPDATE breakpoint SET token = CAST('../precious' AS BLOB)");
  expect_served_and_named("names no partial");
  EXPECT_NE(connect().code("DELE waits"), 250);
  EXPECT_TRUE(server_.store().uploads_owned_by(std::nullopt)->empty()) << "it waits again";
  EXPECT_EQ(read_bytes(home() / "precious"), "precious");
}

TEST_F(DamagedRow, OfARunningUploadIsNamed) {
  server_.stop();
  ASSERT_TRUE(server_.store().begin_upload({id(), "/running", "../precious", 1, {}, {}, kDead, 1000}));
  server_.put_file("mika", ".ferry", std::nullopt);
  server_.put_file("mika", "precious", "precious");
  expect_served_and_named("settling /running: a damaged row");
  EXPECT_EQ(read_bytes(home() / "precious"), "precious");
  EXPECT_EQ(ftpadm({"check", "--fix"}).exit_code, 0);
  EXPECT_TRUE(server_.is_settled("mika"));
}

TEST_F(DamagedRow, OfAChangeOfUnknownKindIsNamedAndRemoved) {
  server_.put_file("mika", ".ferry", std::nullopt);
  server_.stop();
  ASSERT_TRUE(server_.store().begin_removal(id(), "/a", 1, 500, kDead));
  sql("UPDATE intent SET kind = 7");
  sql("UPDATE account SET used_bytes = 500, used_files = 1");
  expect_served_and_named("a change of /a that is of no kind");
  EXPECT_TRUE(server_.store().intents_owned_by(std::nullopt)->empty());
  EXPECT_EQ(server_.usage("mika"), (Usage{500, 1})) << "nothing is known to have been removed";
}

TEST_F(DamagedRow, OfAnAccountWhoseHomeIsGoneIsNamed) {
  park("waits");
  server_.stop();
  fs::remove_all(home());
  expect_served_and_named("the home of mika cannot be used");
  FtpTalker talker(server_);
  talker.reply();
  talker.expect("USER mika", 331);
  talker.expect(std::string("PASS ") + kPassword, 530);
  EXPECT_EQ(server_.store().partials_of(id())->size(), 1U) << "its disk may only not be mounted";
}

TEST_F(DamagedRow, OfAnAccountWithNoHomeAtAllIsNamed) {
  server_.stop();
  sql("UPDATE account SET home = CAST('' AS BLOB) WHERE name = CAST('mika' AS BLOB)");
  expect_served_and_named("the home of mika cannot be used");
  const RunResult check = ftpadm({"check"});
  EXPECT_EQ(check.exit_code, 5);
  EXPECT_NE(check.out.find("mika: the account's home is no absolute path"), check.out.npos) << check.out;
}

TEST_F(DamagedRow, OfADigestIsNamedAndComputedAnew) {
  EXPECT_TRUE(answers(connect().store("file", some_bytes(100)), 226));
  sql("UPDATE digest SET sha256 = x'6162'");
  EXPECT_NE(connect().ask("HASH file").text().find(sha256_of(some_bytes(100))), std::string::npos);
  EXPECT_NE(server_.log("ferryd.log").find("the digest of /file"), std::string::npos);
}

// --- what others left ---

class Leftovers : public RepairFixture {};

TEST_F(Leftovers, AreSettledAtTheStart) {
  server_.stop();
  store::Store& store = server_.store();
  put_partial("received", 700);
  put_partial("waits", 300);
  put_partial(fmt::format("{:016x}-rowless", kDead), 50);
  put_partial("somebody's", 50);
  server_.put_file("mika", "committed", std::string(40, 'x'));
  ASSERT_TRUE(
      store.begin_upload({id(), "/received", "received", inode_of(".ferry/received"), {}, {}, kDead, 1000}));
  ASSERT_TRUE(store.begin_upload({id(), "/committed", "gone", inode_of("committed"), {}, {}, kDead, 1000}));
  ASSERT_TRUE(store.begin_upload({id(), "/nothing", "gone too", 1, {}, {}, kDead, 1000}));
  const auto row =
      store.begin_upload({id(), "/waits", "waits", inode_of(".ferry/waits"), {}, {}, kDead, 1000});
  ASSERT_TRUE(store.park_upload(row->id, 400, "", false, [](Bytes) -> Status { return {}; }));
  server_.start();
  EXPECT_EQ(server_.usage("mika"), (Usage{1040, 3}));
  EXPECT_TRUE(server_.is_settled("mika"));
  EXPECT_EQ(std::distance(fs::directory_iterator(home() / ".ferry"), fs::directory_iterator()), 2);
  EXPECT_EQ(ftpadm({"check"}).exit_code, 0);
}

// What the dead worker was about to make goes; what a living one is about to make stays.
TEST_F(Leftovers, OfADeadWorkerAreRemovedAndOfALivingOneLeft) {
  FtpTalker talker = connect();
  talker.expect("ALLO 5000", 200);
  EXPECT_TRUE(answers(talker.store("waits", some_bytes(2000)), 426));
  const std::string token = server_.store().partial_at(id(), "/waits").value()->token;
  put_partial(token.substr(0, 17) + "just-made", 10);
  put_partial(fmt::format("{:016x}-other", 0x77), 10);
  const auto left = [&] { return fs::exists(home() / ".ferry" / (token.substr(0, 17) + "just-made")); };
  const auto workers = server_.worker_pids();
  ASSERT_EQ(workers.size(), 2U);
  // Whose session it is, is not known here: each in turn, and one of the two takes it along.
  ASSERT_EQ(::kill(workers[0], SIGKILL), 0);
  EXPECT_TRUE(wait_until([&] {
    const auto now = server_.worker_pids();
    return std::ranges::find(now, workers[0]) == now.end() && now.size() == 2;
  }));
  const bool was_first = wait_until([&] { return !left(); }, 500ms);
  if (!was_first) {
    connect().expect("NOOP", 200);
    EXPECT_TRUE(left());
    ASSERT_EQ(::kill(workers[1], SIGKILL), 0);
    EXPECT_TRUE(wait_until([&] { return !left(); }));
  }
  EXPECT_TRUE(fs::exists(home() / ".ferry" / token)) << "it has a row";
  EXPECT_TRUE(fs::exists(home() / ".ferry" / fmt::format("{:016x}-other", 0x77)))
      << "of a worker that did not die";
}

// --- time ---

class RepairAlone : public RepairFixture {
 protected:
  // In each of the accounts: half wait, a quarter were running, a quarter were half committed; and as many
  // partials again that nobody knows.
  void leave(int count) {
    store::Store& store = server_.store();
    put_partial("first", 1);
    for (int i = 0; i < count; ++i) {
      const std::string token = fmt::format("{:016x}-{}", kDead, i),
                        path = fmt::format("/folder-{}/file-{}", i % 20, i);
      const bool is_committed = i % 4 == 3;
      if (i < 20) server_.put_file("mika", fmt::format("folder-{}", i), std::nullopt);
      const std::string file = is_committed ? path.substr(1) : ".ferry/" + token;
      server_.put_file("mika", file, std::string(10, 'x'));
      if (i % 10 == 0) put_partial(token + "-unknown", 1);
      const auto row = store.begin_upload({id_, path, token, inode_of(file), {}, {}, kDead, 1000});
      ASSERT_TRUE(row) << row.error().context;
      if (i % 4 >= 2) continue;
      ASSERT_TRUE(store.park_upload(row->id, 10, "", false, [](Bytes) -> Status { return {}; }));
    }
  }
  store::AccountId id_ = id();
};

TEST_F(RepairAlone, AStartWithTenThousandLeftoversTakesLessThanTwoSeconds) {
  server_.stop();
  constexpr int kCount = 10'000;
  leave(kCount);
  const auto before = std::chrono::steady_clock::now();
  server_.start();
  const auto took = std::chrono::steady_clock::now() - before;
  EXPECT_LT(took, 2s) << std::chrono::duration_cast<std::chrono::milliseconds>(took).count() << " ms";
  RecordProperty("start_ms",
                 static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
  EXPECT_EQ(server_.usage("mika"), (Usage{kCount * 10, kCount}));
  EXPECT_TRUE(server_.store().uploads_owned_by(std::nullopt)->empty());
  EXPECT_EQ(server_.store().partials_of(id_)->size(), static_cast<std::size_t>(kCount) * 3 / 4);
  EXPECT_EQ(std::distance(fs::directory_iterator(home() / ".ferry"), fs::directory_iterator()),
            kCount * 3 / 4);
  EXPECT_EQ(ftpadm({"check"}).exit_code, 0);
}

}  // namespace
}  // namespace ferry::test
