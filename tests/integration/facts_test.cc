// What can be asked and changed about files, folders and the session itself: MFF, AVBL, CSID, and SITE's
// UTIME, MKDIR, RMDIR, WHO and IDLE.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

using namespace std::chrono_literals;

class Facts : public testing::Test {
 protected:
  Facts() : server_({"anonymous=true"}) {
    server_.add_account("mika", {.quota = 1000});
    server_.add_account("reader", {.read_only = true});
    talker_.emplace(FtpTalker::logged_in(server_, "mika"));
    EXPECT_TRUE(answers(talker().store("some file", "0123456789"), 226));
    talker().expect("MFMT 20100101000000 some file", 213);
    talker().expect("SITE CHMOD 644 some file", 200);
  }
  FtpTalker& talker() { return *talker_; }
  void expect_reply(const std::string& command, int code, const std::string& text) {
    const auto reply = talker().ask(command);
    EXPECT_TRUE(answers(reply, code)) << command;
    EXPECT_EQ(reply.text(), text) << command;
  }
  std::string time_of(const std::string& path) { return talker().ask("MDTM " + path).text(); }
  unsigned mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(stat((server_.home("mika") / path).c_str(), &status), 0);
    return status.st_mode & 07777;
  }
  bool exists(const std::string& path) { return std::filesystem::exists(server_.home("mika") / path); }

  FerrydServer server_;
  std::optional<FtpTalker> talker_;
};

TEST_F(Facts, MffChangesTimeAndMode) {
  expect_reply("MFF modify=20200102030405;UNIX.mode=0600; some file", 213,
               "Modify=20200102030405;UNIX.mode=0600; /some file");
  EXPECT_EQ(time_of("some file"), "20200102030405");
  EXPECT_EQ(mode_of("some file"), 0600U);
  expect_reply("MFF unix.MODE=640; some file", 213, "UNIX.mode=0640; /some file");
  EXPECT_EQ(time_of("some file"), "20200102030405");
  expect_reply("MFF Modify=20210102030405; some file", 213, "Modify=20210102030405; /some file");
  EXPECT_EQ(mode_of("some file"), 0640U);
}

TEST_F(Facts, MffChangesAllOrNothing) {
  const std::pair<const char*, int> rows[] = {
      {"MFF modify=20200102030405;create=20200102030405; some file", 504},
      {"MFF modify=20200102030405;UNIX.owner=0; some file", 504},
      {"MFF UNIX.mode=0600;modify=2020; some file", 501},
      {"MFF UNIX.mode=0600;modify=20209902030405; some file", 501},
      {"MFF modify=20200102030405;UNIX.mode=4755; some file", 501},
      {"MFF modify=20200102030405 some file", 501},
      {"MFF some file", 501},
      {"MFF modify=20200102030405; missing", 550},
      {"MFF modify=20200102030405;UNIX.mode=0700; /", 550},  // the home keeps its mode
      {"MFCT 20200102030405 some file", 500},                // nothing here has a time of creation
  };
  for (const auto& [command, code] : rows) EXPECT_TRUE(answers(talker().ask(command), code)) << command;
  EXPECT_EQ(time_of("some file"), "20100101000000");
  EXPECT_EQ(mode_of("some file"), 0644U);
}

TEST_F(Facts, UtimeHasTwoForms) {
  talker().expect("SITE UTIME 20200102030405 some file", 200);
  EXPECT_EQ(time_of("some file"), "20200102030405");
  talker().expect("SITE UTIME some file 19990101000000 20210102030405 19990101000000 UTC", 200);
  EXPECT_EQ(time_of("some file"), "20210102030405");
  talker().expect("SITE UTIME 202201020304 some file", 200);
  EXPECT_EQ(time_of("some file"), "20220102030400");
  EXPECT_TRUE(answers(talker().ask("SITE UTIME some file"), 501));
  EXPECT_TRUE(answers(talker().ask("SITE UTIME 20200102030405"), 501));
  EXPECT_TRUE(answers(talker().ask("SITE UTIME 20200102030405 missing"), 550));
}

// RFC 3659 §3: what stands behind MDTM is a path, whatever old clients meant by a time in front of it.
TEST_F(Facts, MdtmSetsNothing) {
  EXPECT_TRUE(answers(talker().ask("MDTM 20200102030405 some file"), 550));
  EXPECT_EQ(time_of("some file"), "20100101000000");
  ASSERT_TRUE(answers(talker().store("20200102030405 some file", "x"), 226));
  talker().expect("MFMT 20110101000000 20200102030405 some file", 213);
  EXPECT_EQ(time_of("20200102030405 some file"), "20110101000000");
}

TEST_F(Facts, SiteMkdirMakesParentsAndRmdirOnlyWhatIsEmpty) {
  talker().expect("SITE MKDIR a/b c/d", 200);
  EXPECT_TRUE(exists("a/b c/d"));
  talker().expect("CWD a", 250);
  talker().expect("SITE MKDIR x/y/", 200);
  talker().expect("SITE MKDIR /a/x/z", 200);
  talker().expect("SITE MKDIR ../a/x/../w", 200);
  EXPECT_TRUE(exists("a/x/y") && exists("a/x/z") && exists("a/w"));
  talker().expect("CDUP", 250);
  for (const char* refused : {"a/x", "/", "some file/x", "some file", ".ferry", ".ferry/x"})
    EXPECT_EQ(talker().code(std::string("SITE MKDIR ") + refused) / 10, 55) << refused;
  EXPECT_TRUE(answers(talker().ask("SITE RMDIR a/x"), 550)) << "not empty";
  talker().expect("SITE RMDIR a/x/y", 200);
  EXPECT_FALSE(exists("a/x/y"));
  EXPECT_TRUE(answers(talker().ask("SITE RMDIR some file"), 550));
  EXPECT_TRUE(answers(talker().ask("SITE RMDIR missing"), 550));
  EXPECT_TRUE(exists("some file"));
}

TEST_F(Facts, AvblAgreesWithQuotaAndAllo) {
  expect_reply("AVBL", 213, "990");
  EXPECT_NE(talker().ask("SITE QUOTA").text().find("Bytes used: 10 of 1000, left 990"), std::string::npos);
  talker().expect("MKD folder", 257);
  expect_reply("AVBL folder", 213, "990");
  EXPECT_TRUE(answers(talker().ask("ALLO 991"), 552));
  talker().expect("ALLO 990", 200);
  EXPECT_TRUE(answers(talker().store("more", std::string(990, 'x')), 226));
  expect_reply("AVBL", 213, "0");
  EXPECT_TRUE(answers(talker().ask("AVBL some file"), 550));
  EXPECT_TRUE(answers(talker().ask("AVBL missing"), 550));
  server_.add_account("free");
  FtpTalker free = FtpTalker::logged_in(server_, "free");
  const auto left = std::stoll(free.ask("AVBL").text());
  const auto disk = std::filesystem::space(server_.home("free")).available;
  EXPECT_NEAR(static_cast<double>(left), static_cast<double>(disk), 1e9)
      << "without a quota the disk is the limit";
  EXPECT_EQ(FtpTalker::logged_in(server_, "reader").ask("AVBL").text(), "0");
}

TEST_F(Facts, WhoMayOnlyReadChangesNothing) {
  server_.put_file("reader", "file", "abc");
  for (const char* user : {"reader", "anonymous"}) {
    FtpTalker reader = FtpTalker::logged_in(server_, user);
    for (const char* command : {"MFF modify=20200102030405; file", "SITE UTIME 20200102030405 file",
                                "SITE MKDIR a/b", "SITE RMDIR a", "SITE CHMOD 600 file"})
      EXPECT_TRUE(answers(reader.ask(command), 550)) << user << ": " << command;
    for (const char* command : {"AVBL", "CSID x"})
      EXPECT_EQ(reader.code(command) / 100, 2) << user << command;
  }
}

TEST_F(Facts, CsidTellsTheVersionToWhoIsIn) {
  const std::string told = talker().ask("CSID Name=test; Version=1;").text();
  EXPECT_TRUE(told.starts_with("Name=Ferry; Version=")) << told;
  EXPECT_TRUE(told.ends_with("; CaseSensitive=1; DirSep=/;")) << told;
  FtpTalker stranger(server_);
  stranger.reply();
  EXPECT_EQ(stranger.ask("CSID Name=test;").text(), "Name=Ferry; CaseSensitive=1; DirSep=/;");
}

TEST_F(Facts, WhoShowsTheOwnSessions) {
  FtpTalker second = FtpTalker::logged_in(server_, "mika", true);
  FtpTalker stranger = FtpTalker::logged_in(server_, "reader");
  const auto mine = talker().ask("SITE WHO");
  ASSERT_TRUE(answers(mine, 200));
  ASSERT_EQ(mine.lines.size(), 4U) << mine.text();
  EXPECT_EQ(mine.lines.front(), "Sessions of mika");
  EXPECT_NE(mine.text().find(" 127.0.0.1 TLS "), std::string::npos) << mine.text();
  EXPECT_NE(mine.text().find(" 127.0.0.1 clear "), std::string::npos) << mine.text();
  EXPECT_EQ(stranger.ask("SITE WHO").lines.size(), 3U);
  FtpTalker guest = FtpTalker::logged_in(server_, "anonymous"),
            other = FtpTalker::logged_in(server_, "anonymous");
  EXPECT_EQ(guest.ask("SITE WHO").lines.size(), 3U) << "guests are strangers to each other";
}

TEST_F(Facts, IdleIsBoundedByTheOperator) {
  expect_reply("SITE IDLE", 200, "The session may be idle for 300 seconds, at most 300");
  expect_reply("SITE IDLE 30", 200, "The session may be idle for 30 seconds, at most 300");
  for (const char* refused : {"0", "301", "-1", "x", "1 ", "99999999999999999999"})
    EXPECT_TRUE(answers(talker().ask(fmt::format("SITE IDLE {}", refused)), 501)) << refused;
  expect_reply("SITE IDLE", 200, "The session may be idle for 30 seconds, at most 300");
  talker().expect("SITE IDLE 1", 200);
  EXPECT_TRUE(answers(talker().reply(10s), 421));
  EXPECT_TRUE(talker().is_closed());
}

TEST_F(Facts, WhatIsOffSaysSo) {
  for (const char* off : {"SITE SYMLINK a b", "SITE COPY a b", "SITE COPY", "SMNT x", "SMNT", "LPRT 4,4",
                          "LPSV", "ADAT x", "MIC x", "CONF x", "ENC x", "ENC"})
    EXPECT_TRUE(answers(talker().ask(off), 502)) << off;
  FtpTalker tls = FtpTalker::logged_in(server_, "mika", true);
  for (const char* replaced : {"MIC x", "CONF x", "ENC x", "ENC"})
    EXPECT_TRUE(answers(tls.ask(replaced), 533)) << replaced;
  EXPECT_TRUE(answers(tls.ask("ADAT x"), 502));
  EXPECT_EQ(talker().ask("SITE HELP").text().find("COPY"), std::string::npos);
  EXPECT_EQ(talker().ask("FEAT").text().find("COPY"), std::string::npos);
}

TEST_F(Facts, HelpNamesEveryCommandThatIsOn) {
  const std::string help = talker().ask("HELP").text();
  for (const char* verb : {"XSHA256", "XSHA512", "HASH", "RANG", "MD5", "USER"})
    EXPECT_NE(help.find(std::string(verb) + " "), std::string::npos) << help;
  for (const char* off : {"SMNT", "ENC"}) {
    EXPECT_EQ(help.find(off), std::string::npos) << off;
    EXPECT_TRUE(answers(talker().ask(std::string("HELP ") + off), 502));
  }
  EXPECT_TRUE(answers(talker().ask("HELP RANG"), 214));
}

}  // namespace
}  // namespace ferry::test
