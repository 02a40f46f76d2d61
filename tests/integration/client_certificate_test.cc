// Clients that show a certificate: who is let in by it, as whom, and what it must never do (RFC 4217 §10, RFC
// 2228 §3 for 232).
#include <fmt/core.h>
#include <gtest/gtest.h>

#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"
#include "tests/support/test_ca.h"

namespace ferry::test {
namespace {

using namespace std::chrono_literals;

class ClientCertificate : public testing::TestWithParam<TlsVersion> {
 protected:
  void start(const std::string& mode, std::vector<std::string> sets = {}) {
    sets.insert(sets.end(), {"client_certificates=" + mode, "tls=required"});
    server_.emplace(sets);
    for (const char* name : {"mika", "noor"}) {
      server_->add_account(name);
      server_->put_file(name, "file", std::string(name) + "'s");
    }
  }
  std::string ca() const { return "client_ca=" + ca_.file(); }
  // With the greeting read, under TLS.
  FtpTalker connect(const CertificateFiles& shown = {}) {
    FtpTalker talker(*server_, {.version = GetParam(), .certificate = shown.certificate, .key = shown.key});
    EXPECT_TRUE(answers(talker.reply(), 220));
    talker.auth_tls();
    return talker;
  }
  // Whether the server ends the connection before a command is answered.
  bool is_turned_away(const CertificateFiles& shown = {}) {
    try {
      FtpTalker talker = connect(shown);
      return talker.is_closed(5s);
    } catch (const std::runtime_error&) {
      return true;
    }
  }
  void pin(const std::string& name, const std::string& fingerprint) {
    store::AccountChange change;
    change.certificate = fingerprint;
    ASSERT_TRUE(server_->store().change_account(name, change));
  }

  TestCa ca_, stranger_;
  std::optional<FerrydServer> server_;
};
INSTANTIATE_TEST_SUITE_P(Version, ClientCertificate, testing::Values(TlsVersion::tls12, TlsVersion::tls13),
                         [](const auto& version) {
                           return version.param == TlsVersion::tls12 ? "tls12" : "tls13";
                         });

TEST_P(ClientCertificate, ItsCommonNameLogsInThatUserAndNobodyElse) {
  start("optional", {ca()});
  FtpTalker talker = connect(ca_.issue("mika"));
  EXPECT_TRUE(answers(talker.ask("USER mika"), 232));
  talker.protect();
  talker.expect("TYPE I", 200);
  EXPECT_EQ(talker.fetch("file").bytes, "mika's");
  talker.expect("USER noor", 331);
  EXPECT_TRUE(answers(talker.ask("PWD"), 530)) << "USER starts anew";
  EXPECT_TRUE(answers(talker.ask("PASS wrong-password"), 530));
  talker.log_in("noor");
  EXPECT_TRUE(answers(talker.ask("USER mika"), 232)) << "back again";
  EXPECT_TRUE(wait_until([&] {
    return server_->log("login.log").find("user=mika by=certificate") != std::string::npos;
  })) << server_->log("login.log");
  EXPECT_NE(server_->log("login.log").find("user=noor by=password"), std::string::npos);
}

TEST_P(ClientCertificate, TellsNothingAboutOtherAccounts) {
  start("optional", {ca()});
  FtpTalker talker = connect(ca_.issue("somebody"));
  const auto known = talker.ask("USER mika"), unknown = talker.ask("USER somebody");
  EXPECT_TRUE(answers(known, 331));
  EXPECT_EQ(known.text(), unknown.text());
  EXPECT_TRUE(answers(talker.ask("PASS wrong-password"), 530));
}

TEST_P(ClientCertificate, OfAnotherCaOrSelfSignedHasNoName) {
  start("optional", {ca()});
  for (const auto& shown : {stranger_.issue("mika"), stranger_.self_signed("mika")}) {
    FtpTalker talker = connect(shown);
    EXPECT_TRUE(answers(talker.ask("USER mika"), 331));
    EXPECT_TRUE(answers(talker.ask(fmt::format("PASS {}", kPassword)), 230));
  }
}

TEST_P(ClientCertificate, FingerprintWorksWithoutAnyCa) {
  start("optional");
  const auto own = stranger_.self_signed("whatever");
  pin("mika", own.fingerprint);
  FtpTalker talker = connect(own);
  EXPECT_TRUE(answers(talker.ask("USER noor"), 331));
  EXPECT_TRUE(answers(talker.ask("USER mika"), 232));
  EXPECT_TRUE(answers(connect(stranger_.self_signed("mika")).ask("USER mika"), 331))
      << "its name is no proof";
  EXPECT_TRUE(answers(connect().ask("USER mika"), 331));
}

TEST_P(ClientCertificate, FingerprintIsStrongerThanTheName) {
  start("optional", {ca()});
  const auto pinned = ca_.issue("laptop");
  pin("mika", pinned.fingerprint);
  EXPECT_TRUE(answers(connect(ca_.issue("mika")).ask("USER mika"), 331));
  EXPECT_TRUE(answers(connect(pinned).ask("USER mika"), 232));
  pin("mika", "");
  EXPECT_TRUE(answers(connect(ca_.issue("mika")).ask("USER mika"), 232));
  EXPECT_TRUE(answers(connect(pinned).ask("USER mika"), 331));
}

TEST_P(ClientCertificate, ThatHasEndedProvesNothing) {
  start("optional", {ca()});
  const auto ended = stranger_.ended("mika");
  pin("mika", ended.fingerprint);
  EXPECT_TRUE(answers(connect(ended).ask("USER mika"), 331));
}

TEST_P(ClientCertificate, WithTwoCommonNamesHasNone) {
  start("optional", {ca()});
  EXPECT_TRUE(answers(connect(ca_.issue("noor/CN=mika")).ask("USER mika"), 331));
  EXPECT_TRUE(answers(connect(ca_.issue("noor/CN=mika")).ask("USER noor"), 331));
}

TEST_P(ClientCertificate, IsNoWayIntoALockedOrReadOnlyAccount) {
  start("optional", {ca()});
  store::AccountChange change;
  change.is_read_only = true;
  ASSERT_TRUE(server_->store().change_account("mika", change));
  FtpTalker talker = connect(ca_.issue("mika"));
  EXPECT_TRUE(answers(talker.ask("USER mika"), 232));
  EXPECT_TRUE(answers(talker.ask("MKD folder"), 550));
  change.is_locked = true;
  ASSERT_TRUE(server_->store().change_account("mika", change));
  EXPECT_TRUE(answers(talker.ask("PWD"), 421));
  FtpTalker later = connect(ca_.issue("mika"));
  EXPECT_TRUE(answers(later.ask("USER mika"), 331));
  EXPECT_TRUE(answers(later.ask(fmt::format("PASS {}", kPassword)), 530));
}

// Whoever registers another's name first must not get what the other uploads.
TEST_P(ClientCertificate, NameIsNoProofWherePeopleRegister) {
  start("optional", {ca(), "registration=open"});
  FtpTalker other = connect();
  EXPECT_TRUE(answers(other.ask("SITE REGISTER karin"), 350));
  EXPECT_TRUE(answers(other.ask("PASS an-uninvited-guest"), 200));
  const auto own = ca_.issue("karin");
  for (const bool is_open : {true, false}) {
    EXPECT_TRUE(answers(connect(own).ask("USER karin"), 331)) << is_open;
    EXPECT_TRUE(answers(connect(ca_.issue("mika")).ask("USER mika"), 232)) << "the operator made this one";
    server_->stop();
    server_->set("registration=closed");
    server_->start();
  }
  pin("karin", own.fingerprint);
  EXPECT_TRUE(answers(connect(own).ask("USER karin"), 232));
}

TEST_P(ClientCertificate, OfAGuestsNameIsAGuest) {
  start("optional", {ca(), "anonymous=true"});
  for (const char* name : {"anonymous", "guest", "ftp"}) {
    FtpTalker talker = connect(ca_.issue(name));
    EXPECT_TRUE(answers(talker.ask(fmt::format("USER {}", name)), 331)) << name;
  }
}

TEST_P(ClientCertificate, RequiredLetsNobodyInWithout) {
  start("required", {ca()});
  EXPECT_TRUE(is_turned_away());
  EXPECT_TRUE(is_turned_away(stranger_.issue("mika")));
  EXPECT_TRUE(is_turned_away(stranger_.self_signed("mika")));
  FtpTalker talker = connect(ca_.issue("somebody"));
  talker.log_in("noor");
  talker.protect();
  EXPECT_EQ(talker.fetch("file").bytes, "noor's");
}

// A full handshake proves no more than it shows; a resumed one is the session's own.
TEST_P(ClientCertificate, DataConnectionsShowTheSameOne) {
  const auto own = ca_.issue("mika"), other = ca_.issue("noor");
  for (const char* mode : {"required", "optional"}) {
    start(mode, {ca()});
    FtpTalker talker = connect(own);
    EXPECT_TRUE(answers(talker.ask("USER mika"), 232));
    talker.protect();
    talker.expect("TYPE I", 200);
    talker.resume(false);
    EXPECT_EQ(talker.fetch("file").bytes, "mika's") << "in full, with the same certificate";
    for (const CertificateFiles& shown : {other, CertificateFiles{}}) {
      net::TlsClient::Options wanted;
      wanted.allow_tls12_only = GetParam() == TlsVersion::tls12;
      wanted.certificate_file = shown.certificate;
      wanted.key_file = shown.key;
      const auto thief = net::TlsClient::create(wanted);
      ASSERT_TRUE(thief);
      talker.prepare_data();
      EXPECT_TRUE(answers(talker.ask("RETR file"), 150));
      net::Stream data = talker.take_data();
      data.start_tls((*thief)->data_channel("localhost", {}, talker.control().tls()->peer_fingerprint()));
      char buffer[64];
      const auto got = data.read(buffer, Deadline::after(20s));
      EXPECT_TRUE(!got || *got == 0);
      EXPECT_TRUE(answers(talker.reply(), 522));
    }
    talker.resume(true);
    EXPECT_EQ(talker.fetch("file").bytes, "mika's");
    talker.resume(false);
  }
}

TEST_P(ClientCertificate, ANewCaCountsFromTheReload) {
  start("optional", {ca()});
  FtpTalker running = connect(ca_.issue("mika"));
  EXPECT_TRUE(answers(running.ask("USER mika"), 232));
  ca_.become(stranger_);
  server_->reload();
  EXPECT_TRUE(wait_until([&] { return connect(stranger_.issue("noor")).code("USER noor") == 232; }));
  EXPECT_TRUE(answers(running.ask("PWD"), 257));
}

TEST_P(ClientCertificate, IsNotAskedForByDefault) {
  start("off", {ca()});
  FtpTalker talker = connect(ca_.issue("mika"));
  EXPECT_TRUE(answers(talker.ask("USER mika"), 331));
}

}  // namespace
}  // namespace ferry::test
