// TLS on data connections is bound to its control connection: what data_resumption allows and refuses, on
// TLS 1.2 and 1.3 (RFC 4217 §10.2; another session's ticket must never open a data connection).
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "shared/net/address.h"
#include "shared/net/tls_internal.h"
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

// The inode of the connection's other end, which its worker holds.
std::string server_inode(const FtpTalker& talker) {
  const auto mine = net::Address::local_of(talker.control().fd());
  const std::string wanted = fmt::format("0100007F:{:04X}", mine->port());  // as the remote end
  std::ifstream table("/proc/net/tcp");
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::string number, local, remote, field, inode;
    fields >> number >> local >> remote;
    for (int i = 3; i < 10; ++i) fields >> (i == 9 ? inode : field);
    if (remote == wanted && inode != "0") return inode;
  }
  return "";
}

pid_t worker_of(const FerrydServer& server, const FtpTalker& talker) {
  const std::string socket = fmt::format("socket:[{}]", server_inode(talker));
  for (const pid_t worker : server.worker_pids()) {
    std::error_code gone;
    for (const auto& entry : std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", worker), gone)) {
      if (std::filesystem::read_symlink(entry.path(), gone) == socket) return worker;
    }
  }
  return 0;
}

TEST_P(Resumption, TicketFromAnotherWorkerIsRefusedInEveryMode) {
  for (const char* policy : {"preferred", "required", "off"}) {
    start(policy);
    FtpTalker victim = connect();
    victim.expect("NOOP", 200);
    const pid_t home = worker_of(*server_, victim);
    ASSERT_NE(home, 0);
    std::vector<FtpTalker> others;
    do {
      ASSERT_LT(others.size(), 100u) << "no session in another worker";
      others.push_back(connect());
    } while (worker_of(*server_, others.back()) == home);
    FtpTalker& attacker = others.back();
    attacker.expect("NOOP", 200);
    victim.offer_session(attacker.tls_session());
    expect_refused(victim);
    victim.offer_session(std::nullopt);
    expect_served(victim);
  }
}

TEST_P(Resumption, TicketOfAnotherServerIsRefusedInEveryMode) {
  FerrydServer elsewhere;
  elsewhere.add_account("mika");
  FtpTalker stranger = FtpTalker::logged_in(elsewhere, "mika", true, {.version = GetParam()});
  stranger.expect("NOOP", 200);
  for (const char* policy : {"preferred", "required", "off"}) {
    start(policy);
    FtpTalker talker = connect();
    talker.offer_session(stranger.tls_session());
    expect_refused(talker);
    talker.offer_session(std::nullopt);
    expect_served(talker);
  }
}

std::string ticket_of(const net::TlsSession& session) {
  const unsigned char* bytes = nullptr;
  std::size_t size = 0;
  SSL_SESSION_get0_ticket(static_cast<const SSL_SESSION*>(session.session_.get()), &bytes, &size);
  return {reinterpret_cast<const char*>(bytes), size};
}

// Clients that use a TLS 1.3 ticket once (RFC 8446 appendix C.4) never run out of them.
TEST_P(Resumption, EachTransferFindsAFreshTicket) {
  if (GetParam() == TlsVersion::tls12) GTEST_SKIP() << "a TLS 1.2 ticket may be used again";
  start("required");
  FtpTalker talker = connect();
  talker.expect("NOOP", 200);
  std::set<std::string> used;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(used.insert(ticket_of(talker.tls_session())).second) << "transfer " << i;
    auto started = talker.begin(i % 3 == 0 ? "STOR other" : i % 3 == 1 ? "RETR file" : "MLSD");
    ASSERT_TRUE(started.data);
    EXPECT_TRUE(started.data->tls()->resumed()) << "transfer " << i;
    static_cast<void>(started.data->finish(Deadline::after(std::chrono::seconds(10))));
    static_cast<void>(read_to_end(*started.data));
    started.data.reset();
    EXPECT_TRUE(answers(talker.reply(), 226));
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
