// TLS on data connections is bound to its control connection: what data_resumption allows and refuses, on
// TLS 1.2 and 1.3 (RFC 4217 §10.2; another session's ticket must never open a data connection).
#include <gtest/gtest.h>

#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

class Resumption : public testing::TestWithParam<TlsVersion> {
 protected:
  void start(const std::string& policy) {
    server_.emplace(std::vector<std::string>{"data_resumption=" + policy});
    server_->add_account("mika");
    server_->put_file("mika", "file", std::string("content"));
  }
  FtpTalker connect() { return FtpTalker::logged_in(*server_, "mika", true, {.version = GetParam()}); }

  // A download that must be refused: with 522 if the handshake came to an end for us, and never with data.
  static void expect_refused(FtpTalker& talker) {
    std::string bytes;
    int code = 0;
    try {
      const auto fetched = talker.fetch("file");
      bytes = fetched.bytes;
      code = fetched.reply.code;
    } catch (const std::runtime_error&) {  // the server ended the handshake
      code = talker.reply().code;
    }
    EXPECT_EQ(bytes, "");
    EXPECT_EQ(code, 522);
    EXPECT_TRUE(answers(talker.ask("NOOP"), 200));
  }
  static void expect_served(FtpTalker& talker) {
    const auto fetched = talker.fetch("file");
    EXPECT_TRUE(answers(fetched.reply, 226));
    EXPECT_EQ(fetched.bytes, "content");
  }

  std::optional<FerrydServer> server_;
};
INSTANTIATE_TEST_SUITE_P(Version, Resumption, testing::Values(TlsVersion::tls12, TlsVersion::tls13),
                         [](const auto& version) {
                           return version.param == TlsVersion::tls12 ? "tls12" : "tls13";
                         });

TEST_P(Resumption, DataConnectionsResume) {
  start("preferred");
  FtpTalker talker = connect();
  for (int i = 0; i < 4; ++i) {
    auto started = talker.begin(i % 2 == 0 ? "RETR file" : "STOR other");
    ASSERT_TRUE(started.data);
    EXPECT_TRUE(started.data->tls()->resumed()) << "transfer " << i;
    static_cast<void>(started.data->finish(Deadline::after(std::chrono::seconds(10))));
    if (i % 2 == 0) {
      EXPECT_EQ(read_to_end(*started.data), "content");
    }
    EXPECT_TRUE(answers(talker.reply(), 226));
  }
}

TEST_P(Resumption, AnotherSessionsTicketIsRefusedInEveryMode) {
  for (const char* policy : {"preferred", "required", "off"}) {
    start(policy);
    FtpTalker victim = connect(), attacker = connect();
    victim.expect("NOOP", 200);  // TLS 1.3 tickets come behind the handshake
    attacker.offer_session(victim.tls_session());
    ASSERT_TRUE(victim.tls_session().is_set());
    expect_refused(attacker);
    attacker.offer_session(std::nullopt);
    expect_served(attacker);
  }
}

TEST_P(Resumption, PreferredLetsClientsInThatCannot) {
  start("preferred");
  FtpTalker talker = connect();
  talker.resume(false);
  expect_served(talker);
  expect_served(talker);
}

TEST_P(Resumption, WhoHasResumedOnceMustGoOn) {
  start("preferred");
  FtpTalker talker = connect();
  expect_served(talker);
  talker.resume(false);
  expect_refused(talker);
  talker.resume(true);
  expect_served(talker);
}

TEST_P(Resumption, RequiredKeepsOthersOut) {
  start("required");
  FtpTalker talker = connect();
  talker.resume(false);
  expect_refused(talker);
  talker.resume(true);
  expect_served(talker);
}

TEST_P(Resumption, OffAsksForNothing) {
  start("off");
  FtpTalker talker = connect();
  expect_served(talker);
  talker.resume(false);
  expect_served(talker);
}

TEST_P(Resumption, RefusedUploadCostsThePrefixNothing) {
  start("required");
  FtpTalker talker = connect();
  ASSERT_TRUE(answers(talker.break_off("upload", "12345"), 426));
  talker.resume(false);
  talker.expect("REST 5", 350);
  try {
    EXPECT_TRUE(answers(talker.store("upload", "67890"), 522));
  } catch (const std::runtime_error&) {
    EXPECT_TRUE(answers(talker.reply(), 522));
  }
  EXPECT_EQ(talker.ask("SIZE upload").text(), "5");
  EXPECT_FALSE(std::filesystem::exists(server_->home("mika") / "upload"));
}

}  // namespace
}  // namespace ferry::test
