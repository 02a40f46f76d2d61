// Accounts that people make for themselves: SITE REGISTER, where the operator lets them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

class Registering : public testing::Test {
 protected:
  void start(std::vector<std::string> sets = {"registration=open"}) {
    sets.emplace_back("default_quota=20K");
    server_.emplace(std::move(sets));
    server_->add_account("mika");
  }
  FtpTalker greeted(bool tls = true) {
    FtpTalker talker(*server_);
    talker.reply();
    if (tls) talker.auth_tls();
    return talker;
  }
  // The code of the last reply.
  int register_as(FtpTalker& talker, const std::string& name, const std::string& password = kPassword) {
    const int asked = talker.code("SITE REGISTER " + name);
    return asked == 350 ? talker.code("PASS " + password) : asked;
  }
  std::optional<FerrydServer> server_;
};

TEST_F(Registering, IsClosedUnlessTheOperatorOpensIt) {
  start({});
  FtpTalker talker = greeted();
  EXPECT_EQ(talker.code("SITE REGISTER ann"), 502);
  EXPECT_EQ(talker.ask("SITE HELP").text().find("REGISTER"), std::string::npos);
  EXPECT_EQ(talker.code("PASS whatever"), 503);
}

TEST_F(Registering, MakesAnAccountWithTheDefaultQuotaAndAHomeOfItsOwn) {
  start();
  FtpTalker talker = greeted();
  EXPECT_NE(talker.ask("SITE HELP").text().find("REGISTER"), std::string::npos);
  EXPECT_EQ(register_as(talker, "ann"), 200);
  talker.log_in("ann");
  talker.protect();
  EXPECT_TRUE(answers(talker.store("file", std::string(20 << 10, 'x')), 226));
  EXPECT_TRUE(answers(talker.store("more", "x"), 552)) << "the default quota counts";
  EXPECT_EQ(talker.list("NLST"), std::vector<std::string>{"file"});
  EXPECT_EQ(server_->store().find_account("ann")->quota_bytes, 20 << 10);
  EXPECT_TRUE(server_->is_settled("ann"));
  EXPECT_NE(server_->log("login.log").find("registered from=127.0.0.1 user=ann"), std::string::npos);
}

TEST_F(Registering, WorksOnlyUnderTls) {
  start({"registration=open", "tls=offered"});
  FtpTalker talker = greeted(false);
  EXPECT_EQ(talker.code("SITE REGISTER ann"), 530);
  EXPECT_EQ(talker.code("PASS whatever"), 503);
  EXPECT_FALSE(server_->store().find_account("ann"));
}

TEST_F(Registering, PasswordMustFollowAtOnce) {
  start();
  FtpTalker talker = greeted();
  talker.expect("SITE REGISTER ann", 350);
  talker.expect("NOOP", 200);
  EXPECT_EQ(talker.code(std::string("PASS ") + kPassword), 503);
  EXPECT_FALSE(server_->store().find_account("ann"));
  talker.expect("SITE REGISTER ann", 350);
  talker.expect("USER mika", 331);
  EXPECT_TRUE(answers(talker.ask(std::string("PASS ") + kPassword), 230)) << "mika logs in, nobody registers";
  EXPECT_FALSE(server_->store().find_account("ann"));
  EXPECT_EQ(talker.code("SITE REGISTER ann"), 503) << "who is in has an account";
}

TEST_F(Registering, NeitherTakesNorGuessesNames) {
  start();
  server_->put_file("mika", "secret", std::string("x"));
  std::filesystem::create_directories(server_->home("mika").parent_path() / "left");
  std::ofstream(server_->home("mika").parent_path() / "left" / "file") << "of an account that was removed";
  for (const char* name : {"mika", "anonymous", "guest", "../mika", ".hidden", "a/b", "-x"}) {
    FtpTalker talker = greeted();
    EXPECT_EQ(register_as(talker, name), 553) << name;
    EXPECT_TRUE(answers(talker.ask("NOOP"), 200));
  }
  FtpTalker talker = greeted();
  EXPECT_EQ(register_as(talker, "left"), 553) << "a folder that holds something is somebody's";
  EXPECT_FALSE(server_->store().find_account("left"));
  EXPECT_EQ(register_as(talker, "mika"), 553);
  EXPECT_EQ(register_as(talker, "mika"), 421) << "three tries a connection";
  EXPECT_TRUE(talker.is_closed());
}

TEST_F(Registering, WeakPasswordIsRefusedAndTheNameStaysFree) {
  start();
  FtpTalker talker = greeted();
  EXPECT_EQ(register_as(talker, "ann", "short"), 501);
  EXPECT_FALSE(server_->store().find_account("ann"));
  EXPECT_EQ(register_as(talker, "ann"), 200);
}

TEST_F(Registering, IsLimitedPerAddressAndHour) {
  start({"registration=open", "registration_limit=2"});
  for (const char* name : {"a1", "a2"}) {
    FtpTalker talker = greeted();
    EXPECT_EQ(register_as(talker, name), 200) << name;
  }
  FtpTalker talker = greeted();
  EXPECT_EQ(register_as(talker, "a3"), 450);
  EXPECT_FALSE(server_->store().find_account("a3"));
}

// What a death between folder and account leaves.
TEST_F(Registering, EmptyFolderOfNobodyIsNoHindrance) {
  start();
  const auto left = server_->home("mika").parent_path() / "ann";
  server_->put_file("mika", "../ann", std::nullopt);
  ASSERT_TRUE(std::filesystem::is_directory(left));
  FtpTalker talker = greeted();
  EXPECT_EQ(register_as(talker, "ann"), 200);
  talker.log_in("ann");
}

TEST_F(Registering, PasswordsStandInNoLog) {
  start();
  FtpTalker talker = greeted();
  EXPECT_EQ(talker.code("SITE REGISTER ann a-very-private-word"), 501) << "it belongs into PASS";
  EXPECT_EQ(register_as(talker, "ann", "a-very-private-word"), 200);
  for (const char* log : {"operate.log", "login.log", "ferryd.log"})
    EXPECT_EQ(server_->log(log).find("private"), std::string::npos) << log;
}

// --- HOST (RFC 7151) ---

TEST(HostCommand, TakesAnyNameUnlessTheOperatorListsThem) {
  FerrydServer server;
  server.add_account("mika");
  FtpTalker talker(server);
  talker.reply();
  for (const char* name : {"ftp.example.org", "FTP.example.org.", "192.0.2.1", "[2001:db8::1]"})
    EXPECT_EQ(talker.code(std::string("HOST ") + name), 220) << name;
  for (const char* name : {"a b", "a..b", "2001:db8::1", "ftp.example.org:21"})
    EXPECT_EQ(talker.code(std::string("HOST ") + name), 501) << name;
  EXPECT_NE(talker.ask("FEAT").text().find("\nHOST\n"), std::string::npos);
  talker.expect("USER mika", 331);
  EXPECT_EQ(talker.code("HOST ftp.example.org"), 503) << "HOST comes before USER";
  talker.log_in("mika");
  EXPECT_EQ(talker.code("HOST ftp.example.org"), 503);
  talker.expect("REIN", 220);
  EXPECT_EQ(talker.code("HOST ftp.example.org"), 220);
}

TEST(HostCommand, KnowsItsOwnNames) {
  FerrydServer server({"host_names=FTP.example.org,192.0.2.1"});
  FtpTalker talker(server);
  talker.reply();
  EXPECT_EQ(talker.code("HOST ftp.EXAMPLE.org"), 220);
  EXPECT_EQ(talker.code("HOST 192.0.2.1"), 220);
  EXPECT_EQ(talker.code("HOST other.example.org"), 504);
}

}  // namespace
}  // namespace ferry::test
