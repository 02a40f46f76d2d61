// The binding of data connections to their control connection (CVE-2026-119568's class), on TLS 1.2 and 1.3.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/net/tls.h"
#include "shared/net/tls_internal.h"
#include "tests/unit/shared/net/pairs.h"

namespace ferry::net {
namespace {

using test::Pair;
using test::shake_hands;
using test::soon;

class TlsTickets : public test::TlsTest {
 protected:
  void expect_resumed(Pair pair) {
    const auto ends = shake_hands(pair);
    ASSERT_TRUE(ends.server) << ends.server.error().context;
    EXPECT_TRUE(test::talks(pair));
    EXPECT_TRUE(pair.server.tls()->resumed());
    EXPECT_TRUE(pair.client.tls()->resumed());
    EXPECT_FALSE(pair.server.tls()->foreign_ticket());
  }
  void expect_full(Pair pair) {
    const auto ends = shake_hands(pair);
    ASSERT_TRUE(ends.server) << ends.server.error().context;
    EXPECT_TRUE(test::talks(pair));
    EXPECT_FALSE(pair.server.tls()->resumed());
    EXPECT_FALSE(pair.client.tls()->resumed());
    EXPECT_FALSE(pair.server.tls()->foreign_ticket());
  }
  void expect_refused(Pair pair) {
    const auto ends = shake_hands(pair);
    ASSERT_FALSE(ends.server);
    EXPECT_EQ(ends.server.error().kind, Errc::tls);
    EXPECT_NE(ends.server.error().context.find("another session"), std::string::npos);
    EXPECT_TRUE(pair.server.tls()->foreign_ticket());
    char buffer[8];
    EXPECT_FALSE(pair.client.read(buffer, soon()));
    EXPECT_FALSE(pair.server.write_all("x", soon()));
  }

  const SessionTag tag_ = make_session_tag();
  const SessionTag other_tag_ = make_session_tag();
};
INSTANTIATE_TEST_SUITE_P(Versions, TlsTickets, ::testing::Bool(), test::version_name);

TEST_P(TlsTickets, TagsDiffer) {
  EXPECT_NE(make_session_tag(), make_session_tag());
}

TEST_P(TlsTickets, DataConnectionResumesItsOwnSession) {
  Pair own = control(tag_);
  const TlsSession session = TlsClient::session_of(*own.client.tls());
  ASSERT_TRUE(session.is_set());
  expect_resumed(data(tag_, session));
}

TEST_P(TlsTickets, TicketOfAnotherSessionIsRefused) {
  Pair own = control(tag_);
  Pair attacker = control(other_tag_);
  expect_refused(data(tag_, TlsClient::session_of(*attacker.client.tls())));
  expect_resumed(data(tag_, TlsClient::session_of(*own.client.tls())));
}

TEST_P(TlsTickets, TicketThatCannotBeReadIsRefused) {
  const auto stranger = *TlsServer::load(certificate_file(), key_file());
  Pair foreign = control(*stranger, tag_);
  expect_refused(data(tag_, TlsClient::session_of(*foreign.client.tls())));
}

TEST_P(TlsTickets, WithoutATicketTheHandshakeIsFull) {
  expect_full(data(tag_, {}));
}

TEST_P(TlsTickets, ControlConnectionIgnoresOldTickets) {
  const auto stranger = *TlsServer::load(certificate_file(), key_file());
  Pair old = control(tag_);
  Pair unreadable = control(*stranger, tag_);
  for (Pair* source : {&old, &unreadable}) {
    Pair pair = test::connected_pair();
    const TlsSession session = TlsClient::session_of(*source->client.tls());
    pair.client.start_tls(client_->data_channel("localhost", session, server_->fingerprint()));
    pair.server.start_tls(server_->control_channel(tag_));
    expect_full(std::move(pair));
  }
}

TEST_P(TlsTickets, ControlConnectionAfterAnOldTicketGivesNewOnes) {
  Pair old = control(tag_);
  Pair pair = test::connected_pair();
  auto channel = client_->control_channel("localhost");
  const TlsSession session = TlsClient::session_of(*old.client.tls());
  SSL_set_session(channel->impl().ssl.get(), static_cast<SSL_SESSION*>(session.session_.get()));
  pair.client.start_tls(std::move(channel));
  pair.server.start_tls(server_->control_channel(other_tag_));
  ASSERT_TRUE(shake_hands(pair).succeeded());
  ASSERT_TRUE(test::talks(pair));
  EXPECT_FALSE(pair.client.tls()->resumed());
  expect_resumed(data(other_tag_, TlsClient::session_of(*pair.client.tls())));
  expect_refused(data(other_tag_, TlsClient::session_of(*old.client.tls())));
}

TEST_P(TlsTickets, OneHandleServesManyDataConnections) {
  Pair own = control(tag_);
  const TlsSession session = TlsClient::session_of(*own.client.tls());
  for (int i = 0; i < 5; ++i) expect_resumed(data(tag_, session));
}

TEST_P(TlsTickets, RefreshSendsANewTicketWithTheNextReply) {
  Pair own = control(tag_);
  const auto* before = own.client.tls()->impl().newest_session.get();
  own.server.tls()->refresh_ticket();
  ASSERT_TRUE(test::talks(own));
  const auto* after = own.client.tls()->impl().newest_session.get();
  EXPECT_EQ(before == after, tls12());
  expect_resumed(data(tag_, TlsClient::session_of(*own.client.tls())));
}

TEST_P(TlsTickets, RefreshBeforeTheHandshakeDoesNothing) {
  Pair pair = test::connected_pair();
  pair.client.start_tls(client_->control_channel("localhost"));
  pair.server.start_tls(server_->control_channel(tag_));
  pair.server.tls()->refresh_ticket();
  EXPECT_TRUE(shake_hands(pair).succeeded());
  EXPECT_TRUE(test::talks(pair));
}

TEST_P(TlsTickets, DataConnectionsSendNoUnreadTickets) {
  Pair own = control(tag_);
  for (const TlsSession& session : {TlsClient::session_of(*own.client.tls()), TlsSession()}) {
    Pair pair = data(tag_, session);
    ASSERT_TRUE(shake_hands(pair).succeeded());
    char byte;
    EXPECT_EQ(::recv(pair.client.fd(), &byte, 1, MSG_PEEK), -1) << "bytes wait after the handshake";
  }
}

// Java's TLS 1.2 offers it whenever a passive port comes up again, and must not be held to it.
TEST_P(TlsTickets, ATicketOfAFullDataHandshakeCountsAsNoneInItsSession) {
  if (!tls12()) GTEST_SKIP() << "data connections give no TLS 1.3 tickets";
  Pair pair = data(tag_, {});
  pair.client.tls()->impl().keeps_session = true;
  ASSERT_TRUE(shake_hands(pair).succeeded());
  const TlsSession session = TlsClient::session_of(*pair.client.tls());
  ASSERT_TRUE(session.is_set());
  expect_full(data(tag_, session));
  expect_refused(data(other_tag_, session));
}

TEST_P(TlsTickets, ResumedDataConnectionStillChecksTheFingerprint) {
  Pair own = control(tag_);
  Pair pair = test::connected_pair();
  const TlsSession session = TlsClient::session_of(*own.client.tls());
  pair.client.start_tls(client_->data_channel("localhost", session, "00:11"));
  pair.server.start_tls(server_->data_channel(tag_));
  EXPECT_EQ(shake_hands(pair).client.error().kind, Errc::untrusted);
}

TEST_P(TlsTickets, NoSessionBeforeTheHandshake) {
  EXPECT_FALSE(TlsClient::session_of(*client_->control_channel("localhost")).is_set());
}

TEST_P(TlsTickets, ReloadedServerTakesTheTicketsOfTheOldOne) {
  Pair own = control(tag_);
  Pair attacker = control(other_tag_);
  const auto reloaded = *TlsServer::load(certificate_file(), key_file());
  reloaded->take_ticket_keys(*server_);
  expect_resumed(data(*reloaded, tag_, TlsClient::session_of(*own.client.tls())));
  expect_refused(data(*reloaded, tag_, TlsClient::session_of(*attacker.client.tls())));
}

TEST_P(TlsTickets, WorkersAfterAForkShareTheKeys) {
  Pair own = control(tag_);
  Pair pair = data(tag_, TlsClient::session_of(*own.client.tls()));
  const pid_t worker = ::fork();
  ASSERT_GE(worker, 0);
  if (worker == 0) {
    const bool ok = pair.server.handshake(soon()) && pair.server.tls()->resumed() &&
                    pair.server.write_all("from the worker", soon()) && pair.server.finish(soon());
    ::_exit(ok ? 0 : 1);
  }
  EXPECT_TRUE(pair.client.handshake(soon()));
  EXPECT_EQ(test::read_text(pair.client), "from the worker");
  EXPECT_TRUE(pair.client.tls()->resumed());
  int status = -1;
  ASSERT_EQ(::waitpid(worker, &status, 0), worker);
  EXPECT_EQ(status, 0);
}

// Sessions are kept by nobody: without tickets nothing resumes, by no session id either.
TEST_P(TlsTickets, NothingResumesWithoutATicket) {
  if (!tls12()) GTEST_SKIP() << "TLS 1.3 resumes with tickets only";
  Pair own = test::connected_pair();
  auto channel = client_->control_channel("localhost");
  SSL_set_options(channel->impl().ssl.get(), SSL_OP_NO_TICKET);
  own.client.start_tls(std::move(channel));
  own.server.start_tls(server_->control_channel(tag_));
  ASSERT_TRUE(shake_hands(own).succeeded());
  ASSERT_TRUE(test::talks(own));
  SslSessionPtr session(SSL_get1_session(own.client.tls()->impl().ssl.get()));
  Pair pair = test::connected_pair();
  auto data_channel = client_->data_channel("localhost", {}, server_->fingerprint());
  SSL_set_options(data_channel->impl().ssl.get(), SSL_OP_NO_TICKET);
  SSL_set_session(data_channel->impl().ssl.get(), session.get());
  pair.client.start_tls(std::move(data_channel));
  pair.server.start_tls(server_->data_channel(tag_));
  expect_full(std::move(pair));
}

int count_ticket(SSL* ssl, SSL_SESSION*) {
  ++*static_cast<int*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  return 0;
}

TEST_P(TlsTickets, FourAreGivenAtTheStart) {
  Pair pair = test::connected_pair();
  pair.client.start_tls(client_->control_channel("localhost"));
  SSL_CTX* context = SSL_get_SSL_CTX(pair.client.tls()->impl().ssl.get());
  int tickets = 0;
  SSL_CTX_set_app_data(context, &tickets);
  SSL_CTX_sess_set_new_cb(context, count_ticket);
  pair.server.start_tls(server_->control_channel(tag_));
  ASSERT_TRUE(shake_hands(pair).succeeded());
  ASSERT_TRUE(test::talks(pair));
  EXPECT_EQ(tickets, tls12() ? 1 : 4);
}

}  // namespace
}  // namespace ferry::net
