// ftpadm check beside a serving ferryd: every kind of difference between store and disk is named, put right
// with
// --fix, and gone afterwards; and what uploads, removals and renames have in hand is no difference.
#include <SQLiteCpp/Database.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <thread>

#include "shared/base/digest.h"
#include "shared/base/sanitized.h"
#include "tests/integration/ftpadm_fixture.h"
#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using nlohmann::json;

constexpr int kDrift = 5;
constexpr store::OwnerId kDead = 0x1234;

RunResult ftpadm(const FerrydServer& server, std::vector<std::string> words) {
  std::vector<std::string> argv = {program_path("ftpadm"), "-c", (server.folder() / "ferryd.toml").string()};
  argv.insert(argv.end(), words.begin(), words.end());
  return run(argv);
}

class Check : public testing::Test {
 protected:
  Check() {
    server_.add_account("mika", {.quota = 64 << 20});
    FtpTalker talker = connect();
    EXPECT_TRUE(answers(talker.store("kept", some_bytes(3000)), 226));
    talker.expect("MKD folder", 257);
    EXPECT_TRUE(answers(talker.store("folder/kept", some_bytes(500)), 226));
  }

  FtpTalker connect() { return FtpTalker::logged_in(server_, "mika"); }
  fs::path home() const { return server_.home("mika"); }
  store::Account account() { return *server_.store().find_account("mika"); }
  // A partial of 2,000 bytes that waits for its resume: fewer came than were announced.
  store::Partial park(const std::string& path) {
    FtpTalker talker = connect();
    talker.expect("ALLO 5000", 200);
    EXPECT_TRUE(answers(talker.store(path, some_bytes(2000)), 426));
    return **server_.store().partial_at(account().id, "/" + path);
  }
  fs::path file_of(const store::Partial& partial) const { return home() / ".ferry" / partial.token; }
  void put(const std::string& path, std::size_t size) { server_.put_file("mika", path, some_bytes(size)); }
  void sql(const std::string& statement) {
    SQLite::Database(server_.folder() / "db/ferry.db", SQLite::OPEN_READWRITE).exec(statement);
  }

  // 0: none.
  std::int64_t running_audit() {
    return SQLite::Database(server_.folder() / "db/ferry.db")
        .execAndGet("SELECT coalesce(max(id), 0) FROM audit")
        .getInt64();
  }

  json findings(std::vector<std::string> more = {}, int exit_code = kDrift) {
    std::vector<std::string> words = {"check", "mika", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    const RunResult result = ftpadm(server_, words);
    EXPECT_EQ(result.exit_code, exit_code) << result.err << result.out;
    return json::parse(result.out);
  }
  // Found without --fix, found and fixed with it, gone then; and ferryd and the disk agree.
  void expect_found_and_fixed(const std::set<std::string>& kinds) {
    for (const bool fixes : {false, true}) {
      const json found = fixes ? findings({"--fix"}, 0) : findings();
      std::set<std::string> names;
      for (const json& finding : found) {
        names.insert(finding["kind"].get<std::string>());
        EXPECT_EQ(finding["fixed"], fixes) << finding;
        EXPECT_EQ(finding["account"], "mika");
      }
      EXPECT_EQ(names, kinds) << found;
    }
    EXPECT_EQ(findings({}, 0), json::array());
    EXPECT_TRUE(server_.is_settled("mika"));
  }

  FerrydServer server_;
};

TEST_F(Check, FindsNothingWhereNothingIsWrong) {
  park("waits");
  FtpTalker talker = connect();
  talker.expect("RNFR kept", 350);
  talker.expect("RNTO folder/renamed", 250);
  const RunResult one = ftpadm(server_, {"check", "mika"});
  EXPECT_EQ(one.exit_code, 0) << one.err;
  EXPECT_EQ(one.out, "");
  EXPECT_EQ(one.err, "ftpadm: 1 account: 0 findings, 0 fixed\n");
  EXPECT_EQ(ftpadm(server_, {"check", "--fix"}).exit_code, 0);
  EXPECT_TRUE(server_.is_settled("mika"));
  EXPECT_EQ(ftpadm(server_, {"check", "nobody-here"}).exit_code, 3);
}

TEST_F(Check, CountsWhatSomebodyPutThere) {
  put("folder/by-hand", 1000);
  const RunResult result = ftpadm(server_, {"check"});
  EXPECT_EQ(result.exit_code, kDrift);
  EXPECT_EQ(
      result.out,
      "mika: the store counts 3500 bytes in 2 files, there are 4500 bytes in 3 files; with --fix the store "
      "counts what is there\n");
  EXPECT_EQ(server_.usage("mika"), (Usage{3500, 2})) << "changed without --fix";
  expect_found_and_fixed({"usage"});
  EXPECT_EQ(server_.usage("mika"), (Usage{4500, 3}));
}

TEST_F(Check, CountsEachNameOfAFileAsFerrydDoes) {
  fs::create_hard_link(home() / "kept", home() / "folder/second name");
  expect_found_and_fixed({"usage"});
  EXPECT_EQ(server_.usage("mika"), (Usage{6500, 3}));
  connect().expect("DELE kept", 250);
  EXPECT_EQ(findings({}, 0), json::array());
  EXPECT_EQ(server_.usage("mika"), (Usage{3500, 2}));
}

TEST_F(Check, FollowsNoLink) {
  fs::create_symlink("/usr", home() / "usr");
  fs::create_symlink("kept", home() / "link");
  EXPECT_EQ(findings({}, 0), json::array());
}

TEST_F(Check, FindsAPartialThatIsGone) {
  fs::remove(file_of(park("waits")));
  expect_found_and_fixed({"partial-missing"});
  EXPECT_EQ(server_.usage("mika"), (Usage{3500, 2}));
}

TEST_F(Check, FindsAPartialOfAnotherSize) {
  fs::resize_file(file_of(park("waits")), 700);
  expect_found_and_fixed({"partial-size"});
  EXPECT_EQ(server_.usage("mika"), (Usage{4200, 3}));
  EXPECT_EQ(connect().ask("SIZE waits").text(), "700");
}

TEST_F(Check, FindsAPartialThatIsAnotherFile) {
  const fs::path file = file_of(park("waits"));
  fs::copy_file(file, file.string() + ".new");
  fs::rename(file.string() + ".new", file);
  expect_found_and_fixed({"partial-inode"});
  EXPECT_EQ((*server_.store().partial_at(account().id, "/waits"))->sha256, "");
}

TEST_F(Check, FindsACompleteFileUnderAPartialsName) {
  park("waits");
  put("waits", 10);
  expect_found_and_fixed({"partial-beside", "usage"});
  EXPECT_EQ(server_.usage("mika"), (Usage{5510, 3}));
  fs::remove(home() / "waits");
  expect_found_and_fixed({"partial-beside", "usage"});
  EXPECT_EQ(server_.usage("mika"), (Usage{5500, 3}));
}

TEST_F(Check, RemovesPartialsThatNobodyKnows) {
  put(fmt::format(".ferry/{:016x}-0123", kDead), 50);
  put(".ferry/put-there", 50);
  expect_found_and_fixed({"partial-unknown"});
  EXPECT_TRUE(fs::is_empty(home() / ".ferry"));
}

TEST_F(Check, LeavesThePartialThatALivingWorkerIsMaking) {
  const store::Partial partial = park("waits");  // by its name, the next one of the same worker
  put(".ferry/" + partial.token.substr(0, 17) + "0123", 50);
  EXPECT_EQ(findings({"--fix"}, 0), json::array());
  EXPECT_EQ(std::distance(fs::directory_iterator(home() / ".ferry"), fs::directory_iterator()), 2);
}

TEST_F(Check, FindsDigestsOfOtherFiles) {
  fs::remove(home() / "kept");
  put("kept", 3000);
  expect_found_and_fixed({"digest-stale"});
  fs::remove(home() / "folder/kept");
  expect_found_and_fixed({"digest-stale", "usage"});
  EXPECT_FALSE(*server_.store().digest_at(account().id, "/folder/kept"));
}

TEST_F(Check, KeepsADigestWhoseTimeWasSet) {
  connect().expect("MFMT 20260101000000 kept", 213);
  EXPECT_EQ(findings({"--fix"}, 0), json::array());
  EXPECT_TRUE(*server_.store().digest_at(account().id, "/kept"));
}

TEST_F(Check, SettlesWhatTheDeadLeft) {
  put("half-committed", 40);
  struct stat status {};
  ASSERT_EQ(::stat((home() / "half-committed").c_str(), &status), 0);
  store::Store& store = server_.store();
  const auto id = account().id;
  ASSERT_TRUE(store.begin_upload({id, "/half-committed", "gone", status.st_ino, {}, {}, kDead, 1000}));
  ASSERT_TRUE(store.begin_upload({id, "/nothing-came", "gone too", 1, {}, {}, kDead, 1000}));
  ASSERT_EQ(::stat((home() / "kept").c_str(), &status), 0);
  ASSERT_TRUE(store.begin_removal(id, "/kept", status.st_ino, 3000, kDead));
  ASSERT_EQ(::stat((home() / "folder/kept").c_str(), &status), 0);
  ASSERT_TRUE(store.begin_rename(id, "/folder/kept", "/moved", status.st_ino, {}, kDead, 500));
  fs::rename(home() / "folder/kept", home() / "moved");
  expect_found_and_fixed({"upload-left", "change-left"});
  EXPECT_EQ(server_.usage("mika"), (Usage{3540, 3}));
}

TEST_F(Check, SettlesWhatWasLeftWhileFerrydIsDown) {
  server_.stop();
  put(".ferry/left", 60);
  struct stat status {};
  ASSERT_EQ(::stat((home() / ".ferry/left").c_str(), &status), 0);
  ASSERT_TRUE(
      server_.store().begin_upload({account().id, "/left", "left", status.st_ino, {}, {}, kDead, 1000}));
  expect_found_and_fixed({"upload-left"});
  EXPECT_EQ(server_.usage("mika"), (Usage{3560, 3}));
  server_.start();
  EXPECT_EQ(connect().ask("SIZE left").text(), "60");
}

TEST_F(Check, FindsDamagedRows) {
  park("waits");
  sql("UPDATE breakpoint SET path = CAST('not/absolute' AS BLOB)");
  sql("UPDATE digest SET sha256 = x'6162' WHERE path = CAST('/kept' AS BLOB)");
  sql("UPDATE account SET pending_bytes = 77");
  expect_found_and_fixed({"damaged-upload", "damaged-digest", "pending"});
  EXPECT_TRUE(fs::is_empty(home() / ".ferry"));
}

TEST_F(Check, DeletesNothingOutsideForADamagedToken) {
  park("waits");
  sql("UPDATE breakpoint SET token = CAST('../kept' AS BLOB)");
  findings({"--fix"}, 0);
  EXPECT_TRUE(fs::exists(home() / "kept"));
}

// As when its disk is not mounted: nothing may be forgotten then.
TEST_F(Check, TouchesNothingWhereTheHomeIsGone) {
  park("waits");
  fs::rename(home(), home().string() + ".away");
  EXPECT_EQ(findings({"--fix"})[0]["kind"], "home");
  fs::create_directory(home());
  EXPECT_EQ(findings({"--fix"})[0]["kind"], "home");
  fs::remove(home());
  fs::rename(home().string() + ".away", home());
  EXPECT_EQ(findings({}, 0), json::array());
}

TEST_F(Check, LetsARunningUploadBe) {
  FtpTalker talker = connect();
  auto started = talker.begin("STOR running");
  ASSERT_TRUE(started.data->write_all(some_bytes(2000), Deadline::after(10s)));
  FtpTalker other = connect();
  auto overwriting = other.begin("STOR kept");
  ASSERT_TRUE(overwriting.data->write_all(some_bytes(9000), Deadline::after(10s)));
  EXPECT_EQ(findings({"--fix"}, 0), json::array());
  for (auto* data : {&started.data, &overwriting.data}) {
    ASSERT_TRUE((*data)->finish(Deadline::after(10s)));
    data->reset();
  }
  EXPECT_TRUE(answers(talker.reply(), 226));
  EXPECT_TRUE(answers(other.reply(), 226));
  EXPECT_EQ(findings({"--fix"}, 0), json::array());
}

// Everything that changes complete files, as fast as it goes, in folders of its own.
void be_busy(FerrydServer& server, int number, const std::atomic<bool>& goes_on) {
  FtpTalker talker = FtpTalker::logged_in(server, "mika");
  std::mt19937 random(static_cast<std::uint32_t>(number));
  const std::string folder = fmt::format("busy-{}", number);
  talker.expect("MKD " + folder, 257);
  const auto any = [&] { return fmt::format("{}/f{}", folder, random() % 20); };
  for (int i = 0; goes_on; ++i) {
    const auto what = random() % 10;
    if (what < 6) {
      talker.store(any(), some_bytes(random() % 5000));
    } else if (what < 8) {
      talker.ask("DELE " + any());
    } else if (talker.ask("RNFR " + any()).code == 350) {
      talker.ask("RNTO " + any());
    }
  }
}

TEST_F(Check, IsExactWhileUploadsCommit) {
  std::atomic<bool> goes_on = true;
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) clients.emplace_back([&, i] { be_busy(server_, i, goes_on); });
  for (int i = 0; i < 2000; ++i) put(fmt::format("folder/by-hand-{}", i), 7);
  const json counted = findings({"--fix"}, 0);
  for (const json& finding : counted) EXPECT_EQ(finding["kind"], "usage") << finding;
  EXPECT_EQ(counted.size(), 1U);
  for (int round = 0; round < 8 && !HasFailure(); ++round) EXPECT_EQ(findings({"--fix"}, 0), json::array());
  goes_on = false;
  for (std::thread& client : clients) client.join();
  EXPECT_TRUE(server_.is_settled("mika"));
}

// A folder whose name changes moves everything below it: the walk starts over until it is left alone.
TEST_F(Check, IsExactWhileFoldersAreRenamed) {
  for (int i = 0; i < 2000; ++i) put(fmt::format("folder/by-hand-{}", i), 7);
  findings({"--fix"}, 0);
  std::atomic<bool> goes_on = true;
  // Into every second walk a rename falls; the others are left alone, or none would ever be done.
  std::thread client([&] {
    FtpTalker talker = connect();
    std::int64_t last = 0;
    const auto next_walk = [&] {
      return wait_until([&] {
        const std::int64_t now = running_audit();
        return now != 0 && std::exchange(last, now) != now;
      });
    };
    for (int i = 0; i < 6; ++i) {
      EXPECT_TRUE(next_walk() && next_walk());
      talker.expect(i % 2 == 0 ? "RNFR folder" : "RNFR other", 350);
      talker.expect(i % 2 == 0 ? "RNTO other" : "RNTO folder", 250);
    }
    goes_on = false;
  });
  do {
    EXPECT_EQ(findings({"--fix"}, 0), json::array());
  } while (goes_on && !HasFailure());
  client.join();
  EXPECT_TRUE(server_.is_settled("mika"));
}

// --- time and memory ---

class CheckAlone : public Check {
 protected:
  static constexpr int kFiles = 60'000;

  // In folders of 1,000. Names of one file: each counts, and they are made faster than files.
  void fill() {
    put("many", 1);
    for (int i = 0; i < kFiles; ++i) {
      const std::string folder = fmt::format("many-{}", i / 1000);
      if (i % 1000 == 0) server_.put_file("mika", folder, std::nullopt);
      const std::string name = (home() / folder / fmt::format("file-{}", i)).string();
      ASSERT_EQ(::link((home() / "many").c_str(), name.c_str()), 0);
    }
  }
  // With so many KiB for what it keeps in memory.
  RunResult check_within(int kib) {
    return run({"sh", "-c", fmt::format("ulimit -d {} && exec \"$@\"", kib), "sh", program_path("ftpadm"),
                "-c", (server_.folder() / "ferryd.toml").string(), "check", "--fix"});
  }
};

TEST_F(CheckAlone, GoesThroughManyFilesInSecondsWithoutHoldingUpUploads) {
  fill();
  std::atomic<bool> goes_on = true;
  std::chrono::milliseconds longest{0};
  int uploads = 0;
  std::thread client([&] {
    FtpTalker talker = connect();
    for (; goes_on; ++uploads) {
      const auto before = std::chrono::steady_clock::now();
      EXPECT_TRUE(answers(talker.store(fmt::format("many-0/up-{}", uploads % 100), "x"), 226));
      longest = std::max(longest, std::chrono::duration_cast<std::chrono::milliseconds>(
                                      std::chrono::steady_clock::now() - before));
    }
  });
  const auto before = std::chrono::steady_clock::now();
  const RunResult checked = kIsSanitized ? ftpadm(server_, {"check", "--fix"}) : check_within(2048);
  const auto took = std::chrono::steady_clock::now() - before;
  goes_on = false;
  client.join();
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  EXPECT_LT(took, 10s);
  EXPECT_LT(longest, 1s);
  EXPECT_GT(uploads, 0);
  EXPECT_GE(server_.usage("mika").files, kFiles);
  EXPECT_EQ(findings({}, 0), json::array());
  RecordProperty("check_ms",
                 static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
  RecordProperty("longest_upload_ms", static_cast<int>(longest.count()));
}

}  // namespace
}  // namespace ferry::test
