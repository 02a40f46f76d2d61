// Uploads as clients see them (docs/protocol.md): whole or resumable, never a mixture, always accounted.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>

#include "shared/base/clock.h"
#include "shared/base/digest.h"
#include "shared/ftp/facts.h"
#include "shared/ftp/listing.h"
#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

// In clear and under TLS.
class Uploads : public testing::TestWithParam<bool> {
 protected:
  Uploads() {
    server_.add_account("mika", {.quota = 64 << 20});
    talker_.emplace(connect());
  }

  FtpTalker connect() { return FtpTalker::logged_in(server_, "mika", GetParam()); }
  FtpTalker& talker() { return *talker_; }
  std::string on_disk(const std::string& path) { return read_bytes(server_.home("mika") / path); }
  bool exists(const std::string& path) { return std::filesystem::exists(server_.home("mika") / path); }

  // An upload that breaks off after `bytes`: under TLS without close_notify, in clear before the announced
  // size.
  void leave_partial(const std::string& path, const std::string& bytes) {
    if (!GetParam()) talker().expect("ALLO " + std::to_string(bytes.size() + 1000), 200);
    ASSERT_TRUE(answers(talker().break_off(path, bytes), 426));
    ASSERT_TRUE(answers(talker().ask("SIZE " + path), 213));
  }
  void expect_stored(const std::string& path, const std::string& bytes) {
    EXPECT_TRUE(on_disk(path) == bytes) << path << " has other bytes than were sent";
    expect_accounted();
  }
  void expect_accounted() {
    const Usage counted = server_.usage("mika"), real = server_.disk_usage("mika");
    EXPECT_EQ(counted.bytes, real.bytes);
    EXPECT_EQ(counted.files, real.files);
    EXPECT_TRUE(server_.is_settled("mika"));
  }
  Bytes size_of(const std::string& path) {
    const auto reply = talker().ask("SIZE " + path);
    return reply.code == 213 ? std::stoll(reply.text()) : -1;
  }

  FerrydServer server_;
  std::optional<FtpTalker> talker_;
};
INSTANTIATE_TEST_SUITE_P(Wire, Uploads, testing::Bool(),
                         [](const auto& wire) { return wire.param ? "tls" : "clear"; });

TEST_P(Uploads, CompleteReplyCarriesTheDigestOfWhatIsOnTheDisk) {
  for (const std::size_t size : {0U, 1U, 1000U, 262'144U, 3'000'001U}) {
    const std::string bytes = some_bytes(size);
    const auto reply = talker().store("file", bytes);
    ASSERT_TRUE(answers(reply, 226));
    EXPECT_NE(reply.text().find("SHA-256=" + sha256_of(bytes)), std::string::npos) << reply.text();
    expect_stored("file", bytes);
    const auto fetched = talker().fetch("file");
    EXPECT_TRUE(answers(fetched.reply, 226));
    EXPECT_TRUE(fetched.bytes == bytes);
  }
}

TEST_P(Uploads, ReaderSeesTheOldFileOrTheNewOne) {
  const std::string versions[] = {std::string(400'000, 'a'), std::string(500'000, 'b')};
  ASSERT_TRUE(answers(talker().store("file", versions[0]), 226));
  std::atomic<bool> done = false;
  auto reading = std::async(std::launch::async, [&] {
    FtpTalker reader = connect();
    int rounds = 0;
    for (; !done || rounds == 0; ++rounds) {
      const auto fetched = reader.fetch("file");
      EXPECT_TRUE(answers(fetched.reply, 226));
      EXPECT_TRUE(fetched.bytes == versions[0] || fetched.bytes == versions[1]) << "a mixture";
    }
    return rounds;
  });
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(answers(talker().store("file", versions[(i + 1) % 2]), 226));
  done = true;
  EXPECT_GT(reading.get(), 0);
  expect_stored("file", versions[0]);
}

TEST_P(Uploads, FailedUploadLeavesTheOldFile) {
  const std::string old = some_bytes(5000, 1);
  ASSERT_TRUE(answers(talker().store("file", old), 226));
  leave_partial("file", some_bytes(9000, 2));
  expect_stored("file", old);
  EXPECT_EQ(size_of("file"), 5000);
  EXPECT_TRUE(talker().fetch("file").bytes == old);
}

TEST_P(Uploads, BrokenOffUploadIsListedUnderItsNameAndCannotBeRead) {
  leave_partial("file", some_bytes(700'000));
  EXPECT_FALSE(exists("file"));
  EXPECT_EQ(size_of("file"), 700'000);
  EXPECT_TRUE(answers(talker().fetch("file").reply, 550));
  EXPECT_TRUE(answers(talker().ask("MDTM file"), 213));

  const auto lines = talker().list("LIST");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].starts_with("--w-------")) << lines[0];
  const auto listed = ftp::parse_list_line(lines[0], wall_now());
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->name, "file");
  EXPECT_EQ(listed->size, 700'000);

  for (const std::string& line : talker().list("MLSD")) {
    const auto entry = ftp::parse_entry(line);
    ASSERT_TRUE(entry) << line;
    if (entry->type != ftp::EntryType::file) continue;
    EXPECT_EQ(entry->name, "file");
    EXPECT_EQ(entry->size, 700'000);
    EXPECT_EQ(entry->unix_mode, 0200U);
    EXPECT_EQ(entry->perm.value_or("").find('r'), std::string::npos) << line;
    EXPECT_NE(entry->perm.value_or("").find('a'), std::string::npos) << line;
  }
  EXPECT_EQ(talker().list("NLST"), std::vector<std::string>{"file"});
  expect_accounted();
}

TEST_P(Uploads, ResumeGoesOnWhereItBroke) {
  const std::string bytes = some_bytes(1'000'000);
  leave_partial("restart", bytes.substr(0, 600'000));
  talker().expect("REST 600000", 350);
  const auto reply = talker().store("restart", bytes.substr(600'000));
  ASSERT_TRUE(answers(reply, 226));
  EXPECT_NE(reply.text().find(sha256_of(bytes)), std::string::npos);
  expect_stored("restart", bytes);

  leave_partial("append", bytes.substr(0, 300'000));
  ASSERT_TRUE(answers(talker().store("append", bytes.substr(300'000), "APPE"), 226));
  expect_stored("append", bytes);
}

TEST_P(Uploads, ResumeMayBreakOffAgain) {
  const std::string bytes = some_bytes(900'000);
  leave_partial("file", bytes.substr(0, 300'000));
  talker().expect("REST 300000", 350);
  if (!GetParam()) talker().expect("ALLO 900000", 200);
  ASSERT_TRUE(answers(talker().break_off("file", bytes.substr(300'000, 300'000)), 426));
  EXPECT_EQ(size_of("file"), 600'000);
  ASSERT_TRUE(answers(talker().store("file", bytes.substr(600'000), "APPE"), 226));
  expect_stored("file", bytes);
}

TEST_P(Uploads, RestartOfACompleteFileKeepsItsBeginning) {
  ASSERT_TRUE(answers(talker().store("file", "0123456789"), 226));
  talker().expect("REST 4", 350);
  ASSERT_TRUE(answers(talker().store("file", "xy"), 226));
  expect_stored("file", "0123xy");
}

TEST_P(Uploads, RestartBeyondTheEndIsRefused) {
  leave_partial("partial", "12345");
  ASSERT_TRUE(answers(talker().store("complete", "123"), 226));
  for (const auto& [path, offset] : {std::pair("partial", "6"), {"complete", "4"}, {"nothing", "1"}}) {
    talker().expect(std::string("REST ") + offset, 350);
    EXPECT_TRUE(answers(talker().store(path, "x"), 554)) << path;
  }
  EXPECT_EQ(size_of("partial"), 5);
  EXPECT_EQ(size_of("complete"), 3);
  EXPECT_EQ(size_of("nothing"), -1);
  expect_accounted();
}

TEST_P(Uploads, RestartBeforeTheEndCuts) {
  leave_partial("file", std::string(1000, 'a'));
  talker().expect("REST 100", 350);
  ASSERT_TRUE(answers(talker().store("file", "end"), 226));
  expect_stored("file", std::string(100, 'a') + "end");
}

TEST_P(Uploads, RestartCountsForOneTransferOnly) {
  ASSERT_TRUE(answers(talker().store("file", "0123456789"), 226));
  talker().expect("REST 4", 350);
  EXPECT_TRUE(talker().fetch("file").bytes == "456789");
  EXPECT_TRUE(talker().fetch("file").bytes == "0123456789");
}

TEST_P(Uploads, AppendGoesBehindACompleteFile) {
  ASSERT_TRUE(answers(talker().store("file", "head", "APPE"), 226));
  expect_stored("file", "head");
  ASSERT_TRUE(answers(talker().store("file", "-tail", "APPE"), 226));
  expect_stored("file", "head-tail");
}

TEST_P(Uploads, AppendAfterRestartIsStore) {
  ASSERT_TRUE(answers(talker().store("file", "0123456789"), 226));
  talker().expect("REST 2", 350);
  ASSERT_TRUE(answers(talker().store("file", "z", "APPE"), 226));
  expect_stored("file", "01z");
}

TEST_P(Uploads, BrokenAppendLeavesTheCompleteFile) {
  ASSERT_TRUE(answers(talker().store("file", "head"), 226));
  if (!GetParam()) talker().expect("ALLO 5000", 200);
  ASSERT_TRUE(answers(talker().break_off("file", some_bytes(2000), "APPE"), 426));
  EXPECT_EQ(on_disk("file"), "head");
  expect_accounted();
}

TEST_P(Uploads, ResumeWithoutADataConnectionCostsNothing) {
  leave_partial("file", some_bytes(5000));
  talker().expect("REST 5000", 350);
  talker().expect("STOR file", 425);
  EXPECT_EQ(size_of("file"), 5000);
  talker().expect("APPE file", 425);
  EXPECT_EQ(size_of("file"), 5000);
  expect_accounted();
}

TEST_P(Uploads, FewerBytesThanAnnouncedAreNoFile) {
  talker().expect("ALLO 1000", 200);
  ASSERT_TRUE(answers(talker().store("file", some_bytes(400)), 426));
  EXPECT_FALSE(exists("file"));
  EXPECT_EQ(size_of("file"), 400);
  expect_accounted();
}

TEST_P(Uploads, AnnouncedBeyondTheQuotaIsRefusedAtOnce) {
  EXPECT_TRUE(answers(talker().ask("ALLO " + std::to_string((64 << 20) + 1)), 552));
  EXPECT_TRUE(answers(talker().ask("ALLO " + std::to_string(64 << 20)), 200));
  EXPECT_TRUE(answers(talker().ask("ALLO 1000 R 20"), 200));
}

TEST_P(Uploads, OnePathHasOneWriter) {
  auto first = talker().begin("STOR file");
  ASSERT_TRUE(first.data);
  FtpTalker second = connect();
  EXPECT_TRUE(answers(second.store("file", "x"), 450));
  EXPECT_TRUE(answers(second.store("file", "x", "APPE"), 450));
  EXPECT_TRUE(answers(second.ask("DELE file"), 450));
  ASSERT_TRUE(first.data->write_all("first", Deadline::after(std::chrono::seconds(10))));
  ASSERT_TRUE(first.data->finish(Deadline::after(std::chrono::seconds(10))));
  EXPECT_TRUE(answers(talker().reply(), 226));
  expect_stored("file", "first");
  EXPECT_TRUE(answers(second.store("file", "second"), 226));
  expect_stored("file", "second");
}

TEST_P(Uploads, DeletedPartialGivesItsQuotaBack) {
  leave_partial("file", some_bytes(100'000));
  EXPECT_EQ(server_.usage("mika"), (Usage{100'000, 1}));
  talker().expect("DELE file", 250);
  EXPECT_EQ(server_.usage("mika"), (Usage{0, 0}));
  EXPECT_EQ(size_of("file"), -1);
  expect_accounted();
}

TEST_P(Uploads, UniqueNamesAreTold) {
  auto started = talker().begin("STOU");
  ASSERT_TRUE(started.data) << started.reply.text();
  ASSERT_TRUE(started.reply.text().starts_with("FILE: ")) << started.reply.text();
  const std::string name = started.reply.text().substr(6);
  ASSERT_TRUE(started.data->write_all("unique", Deadline::after(std::chrono::seconds(10))));
  ASSERT_TRUE(started.data->finish(Deadline::after(std::chrono::seconds(10))));
  ASSERT_TRUE(answers(talker().reply(), 226));
  expect_stored(name, "unique");
}

TEST_P(Uploads, TextIsKeptWithLineFeeds) {
  talker().expect("TYPE A", 200);
  ASSERT_TRUE(answers(talker().store("file", "one\r\ntwo\r\n\r\nlast"), 226));
  expect_stored("file", "one\ntwo\n\nlast");
  EXPECT_EQ(talker().fetch("file").bytes, "one\r\ntwo\r\n\r\nlast");
  EXPECT_TRUE(answers(talker().ask("SIZE file"), 550));
  EXPECT_TRUE(answers(talker().ask("REST 3"), 504));
  const std::string long_text = std::string(300'000, '\n');  // CRLF across every buffer's border
  std::string wire;
  for (std::size_t i = 0; i < long_text.size(); ++i) wire += "\r\n";
  ASSERT_TRUE(answers(talker().store("lines", wire), 226));
  expect_stored("lines", long_text);
  EXPECT_TRUE(talker().fetch("lines").bytes == wire);
}

TEST_P(Uploads, RenameOverAFileGivesItsBytesBack) {
  ASSERT_TRUE(answers(talker().store("a", some_bytes(100)), 226));
  ASSERT_TRUE(answers(talker().store("b", some_bytes(2000)), 226));
  talker().expect("RNFR a", 350);
  talker().expect("RNTO b", 250);
  EXPECT_EQ(server_.usage("mika"), (Usage{100, 1}));
  expect_stored("b", some_bytes(100));
}

TEST_P(Uploads, PartialMovesWithItsFolderAndWithItsName) {
  const std::string bytes = some_bytes(3000);
  talker().expect("MKD old", 257);
  leave_partial("old/file", bytes.substr(0, 1000));
  talker().expect("RNFR old", 350);
  talker().expect("RNTO new", 250);
  EXPECT_EQ(size_of("new/file"), 1000);
  EXPECT_EQ(talker().list("NLST new"), std::vector<std::string>{"new/file"});
  talker().expect("REST 1000", 350);
  ASSERT_TRUE(answers(talker().store("new/file", bytes.substr(1000)), 226));
  expect_stored("new/file", bytes);
}

TEST_P(Uploads, FolderWithAPartialIsNotEmpty) {
  talker().expect("MKD folder", 257);
  leave_partial("folder/file", "abc");
  talker().expect("RMD folder", 550);
  talker().expect("DELE folder/file", 250);
  talker().expect("RMD folder", 250);
  expect_accounted();
}

TEST_P(Uploads, TimeCanBeSet) {
  ASSERT_TRUE(answers(talker().store("file", "x"), 226));
  EXPECT_TRUE(answers(talker().ask("MFMT 20210304050607 file"), 213));
  const auto reply = talker().ask("MDTM file");
  ASSERT_TRUE(answers(reply, 213));
  EXPECT_EQ(reply.text().substr(0, 14), "20210304050607");
}

// In clear an end looks like a break; when the control connection went as well, it was one.
TEST(UploadsInClear, EndOfBothConnectionsIsABreak) {
  FerrydServer server;
  server.add_account("mika");
  {
    FtpTalker talker = FtpTalker::logged_in(server, "mika");
    auto started = talker.begin("STOR file");
    ASSERT_TRUE(started.data);
    ASSERT_TRUE(started.data->write_all(some_bytes(1000), Deadline::after(std::chrono::seconds(10))));
    talker.disconnect();
  }
  EXPECT_TRUE(server.is_settled("mika"));
  EXPECT_FALSE(std::filesystem::exists(server.home("mika") / "file"));
  FtpTalker again = FtpTalker::logged_in(server, "mika");
  const auto size = again.ask("SIZE file");
  EXPECT_TRUE(answers(size, 213));
  EXPECT_EQ(size.text(), "1000");
}

// Who says QUIT and hangs up has not broken off (RFC 959 §4.1.1), though nobody reads the 226.
TEST(UploadsInClear, QuitBehindTheDataIsNoBreak) {
  FerrydServer server;
  server.add_account("mika");
  for (int i = 0; i < 5; ++i) {
    const std::string name = "file" + std::to_string(i);
    FtpTalker talker = FtpTalker::logged_in(server, "mika");
    auto started = talker.begin("STOR " + name);
    ASSERT_TRUE(started.data);
    ASSERT_TRUE(started.data->write_all(some_bytes(300'000), Deadline::after(std::chrono::seconds(10))));
    ASSERT_TRUE(started.data->finish(Deadline::after(std::chrono::seconds(10))));
    talker.send("QUIT");
    talker.disconnect();
    EXPECT_TRUE(wait_until([&] { return std::filesystem::exists(server.home("mika") / name); })) << i;
  }
  EXPECT_TRUE(server.is_settled("mika"));
  EXPECT_EQ(server.usage("mika"), (Usage{1'500'000, 5}));
}

// The room it waited for is another's; ABOR ends the waiting, and what came after it needs no room.
TEST(UploadsAtTheQuota, AbortIsNotWaitedFor) {
  FerrydServer server;
  server.add_account("mika", {.quota = 1 << 20});
  FtpTalker older = FtpTalker::logged_in(server, "mika"), younger = FtpTalker::logged_in(server, "mika");
  auto first = older.begin("STOR first");
  ASSERT_TRUE(first.data);
  ASSERT_TRUE(first.data->write_all(some_bytes(300'000), Deadline::after(std::chrono::seconds(10))));
  ASSERT_TRUE(
      wait_until([&] { return older.ask("STAT").text().find(": 300000 bytes") != std::string::npos; }));
  younger.expect("ALLO " + younger.ask("AVBL").text(), 200);
  auto second = younger.begin("STOR second");
  ASSERT_TRUE(second.data);
  const auto sent = std::chrono::steady_clock::now();
  older.send("ABOR");
  EXPECT_TRUE(answers(older.reply(), 426));
  EXPECT_TRUE(answers(older.reply(), 226));
  EXPECT_LT(std::chrono::steady_clock::now() - sent, std::chrono::seconds(5));
}

}  // namespace
}  // namespace ferry::test
