// ftpadm backup and restore around a real ferryd.
#include <SQLiteCpp/Database.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "shared/store/backup.h"
#include "tests/integration/ftpadm_fixture.h"
#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

class Backup : public testing::Test {
 protected:
  Backup() {
    server_.add_account("mika", {.quota = 64 << 20});
    EXPECT_TRUE(answers(connect().store("old", some_bytes(3000)), 226));
  }
  FtpTalker connect(const std::string& name = "mika") { return FtpTalker::logged_in(server_, name); }
  RunResult ftpadm(std::vector<std::string> words) {
    std::vector<std::string> argv = {program_path("ftpadm"), "-c",
                                     (server_.folder() / "ferryd.toml").string()};
    argv.insert(argv.end(), words.begin(), words.end());
    return run(argv);
  }
  std::string backup() const { return (server_.folder() / "backup.db").string(); }
  void back_up() {
    const RunResult result = ftpadm({"backup", backup()});
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  std::vector<fs::path> kept_aside() const {
    std::vector<fs::path> kept;
    for (const auto& entry : fs::directory_iterator(server_.folder() / "db")) {
      if (entry.path().filename().string().starts_with("ferry.db.before-")) kept.push_back(entry.path());
    }
    return kept;
  }
  void expect_nothing_temporary() const {
    for (const auto& folder : {server_.folder(), server_.folder() / "db"}) {
      for (const auto& entry : fs::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        for (const char* part : {".tmp", ".restoring", ".backup-"})
          EXPECT_EQ(name.find(part), name.npos) << entry.path();
      }
    }
  }

  FerrydServer server_;
};

TEST_F(Backup, IsOneWholePrivateFile) {
  back_up();
  struct stat status {};
  ASSERT_EQ(::stat(backup().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  const auto summary = store::examine_copy(backup());
  ASSERT_TRUE(summary) << summary.error().context;
  EXPECT_EQ(summary->accounts, 1);
  expect_nothing_temporary();
}

TEST_F(Backup, ReplacesAFileOnlyWhenForced) {
  write_bytes(backup(), "precious");
  const RunResult refused = ftpadm({"backup", backup()});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("--force"), refused.err.npos) << refused.err;
  EXPECT_EQ(read_bytes(backup()), "precious");
  EXPECT_EQ(ftpadm({"backup", backup(), "--force"}).exit_code, 0);
  EXPECT_TRUE(store::examine_copy(backup()));
  EXPECT_EQ(ftpadm({"backup", (server_.folder() / "no/where").string()}).exit_code, 1);
  expect_nothing_temporary();
}

// Nothing of what a link in the way leads to is touched.
TEST_F(Backup, WritesThroughNoLink) {
  write_bytes(server_.folder() / "precious", "precious");
  fs::create_symlink("precious", backup() + ".tmp");
  fs::create_symlink("precious", backup());
  EXPECT_EQ(ftpadm({"backup", backup(), "--force"}).exit_code, 0);
  EXPECT_EQ(read_bytes(server_.folder() / "precious"), "precious");
  EXPECT_FALSE(fs::is_symlink(backup()));
}

TEST_F(Backup, IsWholeWhileUploadsCommit) {
  std::atomic<bool> goes_on = true;
  std::thread client([&] {
    FtpTalker talker = connect();
    for (int i = 0; goes_on; ++i) talker.store(fmt::format("f{}", i % 50), some_bytes(1000));
  });
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(ftpadm({"backup", backup(), "--force"}).exit_code, 0);
    const auto summary = store::examine_copy(backup());
    EXPECT_TRUE(summary) << summary.error().context;
  }
  goes_on = false;
  client.join();
}

TEST_F(Backup, IsNotRestoredUnderARunningFerryd) {
  back_up();
  const RunResult refused = ftpadm({"restore", backup()});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find(fmt::format("process {}", server_.master_pid())), refused.err.npos)
      << refused.err;
  EXPECT_NE(refused.err.find("stop it first"), refused.err.npos) << refused.err;
  EXPECT_TRUE(kept_aside().empty());
  connect().expect("NOOP", 200);
}

TEST_F(Backup, BringsBackWhatWasThen) {
  back_up();
  server_.add_account("late");
  FtpTalker talker = connect();
  EXPECT_TRUE(answers(talker.store("new", some_bytes(500)), 226));
  talker.expect("ALLO 5000", 200);
  EXPECT_TRUE(answers(talker.store("waits", some_bytes(2000)), 426));
  talker.expect("DELE old", 250);
  server_.stop();
  const RunResult restored = ftpadm({"restore", backup()});
  ASSERT_EQ(restored.exit_code, 0) << restored.err;
  EXPECT_NE(restored.err.find("check --fix"), restored.err.npos) << restored.err;
  expect_nothing_temporary();
  struct stat status {};
  ASSERT_EQ(::stat((server_.folder() / "db/ferry.db").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);

  const RunResult drift = ftpadm({"check"});
  EXPECT_EQ(drift.exit_code, 5);
  EXPECT_NE(drift.out.find("3000 bytes in 1 files, there are 500 bytes in 1 files"), drift.out.npos)
      << drift.out;
  EXPECT_NE(drift.out.find("no unfinished upload of the store has this partial"), drift.out.npos)
      << drift.out;
  EXPECT_NE(drift.out.find("/old: the file whose digest is kept is gone"), drift.out.npos) << drift.out;
  EXPECT_EQ(ftpadm({"check", "--fix"}).exit_code, 0);
  EXPECT_EQ(ftpadm({"check"}).out, "");
  server_.start();
  connect().expect("SIZE new", 213);
  FtpTalker late(server_);
  late.reply();
  late.expect("USER late", 331);
  EXPECT_EQ(late.code(std::string("PASS ") + kPassword), 530) << "it was made after the backup";
}

TEST_F(Backup, KeepsTheStoreThatWasThere) {
  back_up();
  server_.add_account("late");
  server_.kill_master();  // its log stays behind, with the new account in it
  ASSERT_TRUE(wait_until([&] { return ftpadm({"restore", backup(), "--check"}).exit_code == 0; }));
  const auto kept = kept_aside();
  ASSERT_FALSE(kept.empty());
  const fs::path aside = kept.front().string().ends_with("-wal")
                             ? fs::path(kept.front().string().substr(0, kept.front().string().size() - 4))
                             : kept.front();
  const auto before = store::Store::open(aside);
  ASSERT_TRUE(before) << before.error().context;
  EXPECT_TRUE((*before)->find_account("late"));
  server_.start();
  connect().expect("SIZE old", 213);
}

TEST_F(Backup, IsRefusedWhenItIsNone) {
  back_up();
  server_.stop();
  const std::string store = (server_.folder() / "db/ferry.db").string();
  const auto refused = [&](const std::string& file) {
    const RunResult result = ftpadm({"restore", file});
    EXPECT_EQ(result.exit_code, 1) << file;
    EXPECT_NE(result.err.find(file), result.err.npos) << result.err;
    EXPECT_TRUE(kept_aside().empty());
    expect_nothing_temporary();
    EXPECT_TRUE(store::Store::open(store).value()->find_account("mika"));
    return result.err;
  };
  const std::string bad = (server_.folder() / "bad.db").string();
  refused(bad);  // is not there
  write_bytes(bad, "");
  refused(bad);
  write_bytes(bad, std::string(8192, 'x'));
  refused(bad);
  const std::string whole = read_bytes(backup());
  write_bytes(bad, whole.substr(0, whole.size() / 2));
  refused(bad);
  std::string damaged = whole;
  damaged.replace(4096, 4096, 4096, '\xA5');
  write_bytes(bad, damaged);
  refused(bad);
  write_bytes(bad, whole);
  SQLite::Database(bad, SQLite::OPEN_READWRITE).exec("PRAGMA application_id=1");
  EXPECT_NE(refused(bad).find("not a database of Ferry"), std::string::npos);
  write_bytes(bad, whole);
  SQLite::Database(bad, SQLite::OPEN_READWRITE).exec("PRAGMA user_version=1000");
  EXPECT_NE(refused(bad).find("newer Ferry"), std::string::npos);
}

}  // namespace
}  // namespace ferry::test
