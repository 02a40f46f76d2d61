// LANG (RFC 2640): replies in English and Chinese, the same codes in both.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

bool is_ascii(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

class LanguageOfReplies : public testing::Test {
 protected:
  LanguageOfReplies() { server_.add_account("mika"); }
  FerrydServer server_;
};

TEST_F(LanguageOfReplies, ChangesAtOnceAlsoBeforeLogin) {
  FtpTalker talker(server_);
  talker.reply();
  EXPECT_EQ(talker.ask("NOOP").text(), "Still here");
  EXPECT_EQ(talker.ask("LANG zh-CN").text(), "语言为中文");
  EXPECT_EQ(talker.ask("NOOP").text(), "仍在线");
  talker.log_in("mika");
  EXPECT_EQ(talker.ask("TYPE I").text(), "类型为二进制");
  EXPECT_EQ(talker.ask("LANG en").text(), "Language is English");
  EXPECT_EQ(talker.ask("TYPE I").text(), "Type is binary");
}

TEST_F(LanguageOfReplies, UnknownOneIsRefusedAndNothingChanges) {
  FtpTalker talker = FtpTalker::logged_in(server_, "mika");
  talker.expect("LANG zh", 200);
  EXPECT_TRUE(answers(talker.ask("LANG tlh"), 504));
  EXPECT_EQ(talker.ask("NOOP").text(), "仍在线");
  EXPECT_TRUE(answers(talker.ask("LANG"), 200)) << "back to the default";
  EXPECT_EQ(talker.ask("NOOP").text(), "Still here");
  talker.expect("LANG zh", 200);
  talker.expect("REIN", 220);
  EXPECT_EQ(talker.ask("NOOP").text(), "Still here") << "REIN: all as at the beginning";
}

TEST_F(LanguageOfReplies, IsStarredInFeat) {
  FtpTalker talker = FtpTalker::logged_in(server_, "mika");
  EXPECT_NE(talker.ask("FEAT").text().find("LANG EN*;ZH\n"), std::string::npos);
  talker.expect("LANG zh", 200);
  EXPECT_NE(talker.ask("FEAT").text().find("LANG EN;ZH*\n"), std::string::npos);
}

// A whole session in both: the codes are the same, and in Chinese no reply is English.
TEST_F(LanguageOfReplies, CodesDoNotDependOnIt) {
  const std::vector<std::string> commands = {"PWD",
                                             "CWD missing",
                                             "MKD a",
                                             "MKD a",
                                             "CWD a",
                                             "CDUP",
                                             "RMD missing",
                                             "RMD a",
                                             "DELE missing",
                                             "RNFR x",
                                             "RNTO y",
                                             "TYPE I",
                                             "TYPE X",
                                             "SIZE missing",
                                             "REST 5",
                                             "REST x",
                                             "RETR file",
                                             "STOR",
                                             "MODE Z",
                                             "STRU R",
                                             "PORT 1",
                                             "PORT 1,2,3,4,5,6",
                                             "EPRT |3|x|1|",
                                             "EPSV 9",
                                             "OPTS UTF8 ON",
                                             "OPTS X",
                                             "XYZZY",
                                             "SITE CHMOD 8 x",
                                             "SITE QUOTA",
                                             "SITE X",
                                             "STAT",
                                             "STAT missing",
                                             "ABOR",
                                             "ALLO x",
                                             "ALLO 5",
                                             "PBSZ 0",
                                             "PROT P",
                                             "AUTH X",
                                             "ACCT x",
                                             "MFMT 1 x",
                                             "MFMT 20200101000000 missing",
                                             "MLST missing",
                                             "HELP",
                                             "HELP NOOP",
                                             "FEAT",
                                             "CLNT x",
                                             "LIST missing",
                                             "STOR /a/b/c",
                                             "DELE /",
                                             "RMD /",
                                             "USER mika",
                                             "PASS wrong"};
  FtpTalker english = FtpTalker::logged_in(server_, "mika"), chinese = FtpTalker::logged_in(server_, "mika");
  chinese.expect("LANG zh", 200);
  for (const std::string& command : commands) {
    const auto expected = english.ask(command), said = chinese.ask(command);
    if (command == "MKD a" || command == "RMD a") continue;  // they share the home
    EXPECT_EQ(said.code, expected.code) << command;
    EXPECT_TRUE(is_ascii(expected.text())) << expected.text();
    EXPECT_FALSE(is_ascii(said.text())) << command << ": " << said.text();
  }
}

TEST_F(LanguageOfReplies, TransfersAndTheirEndsAreSaidInIt) {
  FtpTalker talker = FtpTalker::logged_in(server_, "mika");
  talker.expect("LANG zh", 200);
  const auto stored = talker.store("文件", "content");
  EXPECT_TRUE(answers(stored, 226));
  EXPECT_NE(stored.text().find("已存储 7 字节"), std::string::npos) << stored.text();
  EXPECT_NE(stored.text().find("SHA-256="), std::string::npos) << "what programs read stays";
  EXPECT_EQ(talker.fetch("文件").bytes, "content");
  EXPECT_EQ(talker.list("NLST"), std::vector<std::string>{"文件"});
  EXPECT_EQ(talker.ask("SIZE 没有").text(), "/没有：没有这个文件");
}

}  // namespace
}  // namespace ferry::test
