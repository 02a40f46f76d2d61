// TLS that ends on the control connection while the session goes on: CCC (RFC 4217 §5) and REIN (§13).
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>

#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

class Ccc : public testing::TestWithParam<TlsVersion> {
 protected:
  void start(std::vector<std::string> sets = {}) {
    sets.emplace_back("clear_command_channel=true");
    server_.emplace(sets);
    server_->add_account("mika");
    server_->put_file("mika", "file", std::string("content"));
  }
  FtpTalker connect() { return FtpTalker::logged_in(*server_, "mika", true, {.version = GetParam()}); }
  FtpTalker cleared() {
    FtpTalker talker = connect();
    talker.expect("CCC", 200);
    talker.leave_tls();
    return talker;
  }

  std::optional<FerrydServer> server_;
};
INSTANTIATE_TEST_SUITE_P(Version, Ccc, testing::Values(TlsVersion::tls12, TlsVersion::tls13),
                         [](const auto& version) {
                           return version.param == TlsVersion::tls12 ? "tls12" : "tls13";
                         });

TEST_P(Ccc, GoesOnInClearWithDataAsProtHadIt) {
  start();
  FtpTalker talker = cleared();
  EXPECT_TRUE(answers(talker.ask("PWD"), 257));
  const auto fetched = talker.fetch("file");  // a full handshake: the talker forgot its tickets
  EXPECT_TRUE(answers(fetched.reply, 226));
  EXPECT_EQ(fetched.bytes, "content");
  EXPECT_TRUE(answers(talker.store("other", "bytes"), 226));
  talker.data_protected(false);
  auto clear = talker.begin("RETR file");  // no ClientHello comes: nothing may come back
  ASSERT_TRUE(clear.data);
  ::shutdown(clear.data->fd(), SHUT_WR);
  EXPECT_TRUE(answers(talker.reply(), 522));
}

TEST_P(Ccc, AllowsNoMorePbszProtOrAuth) {
  start();
  FtpTalker talker = cleared();
  for (const char* line : {"PBSZ 0", "PROT C", "PROT P", "AUTH TLS"})
    EXPECT_TRUE(answers(talker.ask(line), 503)) << line;
  EXPECT_TRUE(answers(talker.ask("CCC"), 533));
}

TEST_P(Ccc, TicketsFromBeforeStillResumeAndNoOthers) {
  start({"data_resumption=required"});
  FtpTalker talker = connect(), stranger = connect();
  stranger.expect("NOOP", 200);
  talker.expect("CCC", 200);
  const net::TlsSession own = talker.tls_session();
  talker.leave_tls();
  talker.offer_session(own);
  auto started = talker.begin("RETR file");
  ASSERT_TRUE(started.data);
  EXPECT_TRUE(started.data->tls()->resumed());
  EXPECT_EQ(read_to_end(*started.data), "content");
  started.data.reset();
  EXPECT_TRUE(answers(talker.reply(), 226));
  for (const auto& offered : {stranger.tls_session(), net::TlsSession()}) {
    talker.offer_session(offered);
    std::string bytes;
    try {
      auto refused = talker.begin("RETR file");
      bytes = read_to_end(*refused.data);
    } catch (const std::runtime_error&) {  // the server ended it
    }
    EXPECT_EQ(bytes, "");
    EXPECT_TRUE(answers(talker.reply(), 522));
  }
}

// No ticket can reach a client behind CCC: who used up what it had must not be locked out by having resumed.
TEST_P(Ccc, WhoHasResumedOnceMayMakeFullHandshakesAfterwards) {
  start();
  FtpTalker talker = connect();
  EXPECT_EQ(talker.fetch("file").bytes, "content");  // resumed
  talker.expect("CCC", 200);
  talker.leave_tls();
  EXPECT_EQ(talker.fetch("file").bytes, "content");
}

TEST_P(Ccc, CommandsBehindItUnderTlsRunInOrder) {
  start();
  FtpTalker talker = connect();
  talker.send_raw("CCC\r\nMKD a\r\nMKD b\r\nPW");  // half a line must not be completed in clear
  EXPECT_TRUE(answers(talker.reply(), 200));
  talker.leave_tls();
  EXPECT_TRUE(answers(talker.reply(), 257));
  EXPECT_TRUE(answers(talker.reply(), 257));
  talker.send("D");
  EXPECT_TRUE(answers(talker.reply(), 500));
  EXPECT_TRUE(std::filesystem::is_directory(server_->home("mika") / "b"));
}

TEST_P(Ccc, BytesBehindTheCloseNotifyInItsPacketAreNotLost) {
  start();
  FtpTalker talker = connect();
  talker.expect("CCC", 200);
  // Both through one buffer: a corked socket sends them as one segment.
  const int on = 1, off = 0;
  ASSERT_EQ(::setsockopt(talker.control().fd(), IPPROTO_TCP, TCP_CORK, &on, sizeof on), 0);
  ASSERT_TRUE(talker.control().try_close_notify());
  ASSERT_EQ(::send(talker.control().fd(), "PWD\r\n", 5, 0), 5);
  ::setsockopt(talker.control().fd(), IPPROTO_TCP, TCP_CORK, &off, sizeof off);
  talker.leave_tls();
  EXPECT_TRUE(answers(talker.reply(), 257));
}

TEST_P(Ccc, NothingInClearIsBelievedBeforeTheCloseNotify) {
  start();
  FtpTalker talker = connect();
  talker.expect("CCC", 200);
  ASSERT_EQ(::send(talker.control().fd(), "MKD forged\r\n", 12, 0), 12);
  EXPECT_TRUE(talker.is_closed());
  EXPECT_FALSE(std::filesystem::exists(server_->home("mika") / "forged"));
}

TEST_P(Ccc, AClientThatNeverAnswersHoldsNoThreadAndEnds) {
  start({"workers=1", "threads_per_worker=4", "idle_timeout=1s"});
  std::vector<FtpTalker> silent;
  for (int i = 0; i < 12; ++i) {
    silent.push_back(connect());
    silent.back().expect("CCC", 200);
  }
  EXPECT_EQ(connect().fetch("file").bytes, "content");
  for (FtpTalker& talker : silent) EXPECT_TRUE(talker.is_closed());
}

TEST_P(Ccc, ComesAfterTheLoginAndPasswordsStayUnderTls) {
  start({"tls=required"});
  FtpTalker early(*server_, {.version = GetParam()});
  EXPECT_TRUE(answers(early.reply(), 220));
  EXPECT_TRUE(answers(early.ask("CCC"), 533));
  early.auth_tls();
  EXPECT_TRUE(answers(early.ask("CCC"), 534));
  early.log_in("mika");

  FtpTalker talker = cleared();
  for (const char* line : {"USER mika", "PASS x", "SITE PASSWD a b", "SITE PASSWD"})
    EXPECT_TRUE(answers(talker.ask(line), 530)) << line;
  EXPECT_EQ(talker.fetch("file").bytes, "content");
}

TEST_P(Ccc, IsOffUnlessTheOperatorAllowsIt) {
  start({"clear_command_channel=false"});
  server_.emplace();  // the default
  server_->add_account("mika");
  FtpTalker talker = connect();
  EXPECT_TRUE(answers(talker.ask("CCC"), 534));
  EXPECT_EQ(talker.ask("FEAT").text().find("CCC"), std::string::npos);
  EXPECT_TRUE(talker.is_tls());
  EXPECT_TRUE(answers(talker.ask("CCC x"), 501));
  start();
  FtpTalker allowed = connect();
  const auto features = allowed.ask("FEAT");
  for (const char* line : {"AUTH TLS", "CCC", "PBSZ", "PROT"})
    EXPECT_NE(std::find(features.lines.begin(), features.lines.end(), line), features.lines.end()) << line;
}

// RFC 4217 §13: the reply is the last under TLS, then both connections are in clear and all begins anew.
TEST_P(Ccc, ReinEndsTlsAndForgetsWhatItProtected) {
  start({"data_resumption=required"});
  FtpTalker talker = connect();
  talker.expect("NOOP", 200);
  const net::TlsSession old = talker.tls_session();
  EXPECT_EQ(talker.fetch("file").bytes, "content");
  talker.expect("REIN", 220);
  talker.leave_tls();
  EXPECT_TRUE(answers(talker.ask("PWD"), 530));
  EXPECT_TRUE(answers(talker.ask("PBSZ 0"), 503));
  EXPECT_TRUE(answers(talker.ask("PROT P"), 503));
  talker.log_in("mika");  // tls = "offered"
  talker.expect("TYPE I", 200);
  talker.data_protected(false);
  EXPECT_EQ(talker.fetch("file").bytes, "content") << "PROT is C again";

  talker.auth_tls();
  EXPECT_TRUE(answers(talker.ask("PROT P"), 503)) << "PBSZ has been forgotten";
  talker.protect();
  talker.log_in("mika");
  talker.expect("TYPE I", 200);
  EXPECT_EQ(talker.fetch("file").bytes, "content");
  talker.offer_session(old);
  EXPECT_ANY_THROW(talker.fetch("file")) << "a ticket of the TLS session that REIN ended";
  EXPECT_TRUE(answers(talker.reply(), 522));
}

TEST_P(Ccc, ReinAfterCccAllowsAuthAgain) {
  start();
  FtpTalker talker = cleared();
  EXPECT_TRUE(answers(talker.ask("AUTH TLS"), 503));
  talker.expect("REIN", 220);
  talker.auth_tls();
  talker.protect();
  talker.log_in("mika");
  EXPECT_EQ(talker.fetch("file").bytes, "content");
}

TEST_P(Ccc, ReinOnAnImplicitPortKeepsTls) {
  start({"implicit_tls_listen=127.0.0.1:0", "tls=required"});
  FtpTalker talker =
      FtpTalker::logged_in(*server_, "mika", false, {.implicit_tls = true, .version = GetParam()});
  talker.expect("REIN", 220);
  talker.log_in("mika");
  EXPECT_EQ(talker.fetch("file").bytes, "content");
}

}  // namespace
}  // namespace ferry::test
