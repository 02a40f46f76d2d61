// Handshake, data and the ends of a TLS stream. Tickets: tls_tickets_test.cc; certificates:
// certificate_test.cc.
#include "shared/net/tls.h"

#include <gtest/gtest.h>

#include <thread>

#include "shared/net/line_reader.h"
#include "shared/net/tls_internal.h"
#include "tests/unit/shared/net/pairs.h"

namespace ferry::net {
namespace {

using State = Progress::State;
using test::at_once;
using test::Pair;
using test::read_text;
using test::shake_hands;
using test::soon;

class Tls : public test::TlsTest {
 protected:
  // Both ends before the handshake.
  Pair before_handshake() {
    Pair pair = test::connected_pair();
    pair.client.start_tls(client_->control_channel("localhost"));
    pair.server.start_tls(server_->control_channel(tag_));
    return pair;
  }
  Pair ready() { return control(tag_); }

  const SessionTag tag_ = make_session_tag();
};
INSTANTIATE_TEST_SUITE_P(Versions, Tls, ::testing::Bool(), test::version_name);

TEST_P(Tls, TalksAndTellsWhatWasAgreed) {
  Pair pair = ready();
  EXPECT_EQ(pair.client.tls()->version(), tls12() ? "TLSv1.2" : "TLSv1.3");
  EXPECT_EQ(pair.server.tls()->version(), pair.client.tls()->version());
  EXPECT_NE(pair.client.tls()->cipher(), "");
  EXPECT_EQ(pair.server.tls()->cipher(), pair.client.tls()->cipher());
  EXPECT_FALSE(pair.client.tls()->resumed());
  EXPECT_EQ(pair.client.tls()->peer_fingerprint(), server_->fingerprint());
  EXPECT_EQ(pair.server.tls()->peer_fingerprint(), "");
  EXPECT_FALSE(pair.server.tls()->peer_certificate());
}

TEST_P(Tls, DescribesThePeersCertificate) {
  Pair pair = ready();
  const auto certificate = pair.client.tls()->peer_certificate();
  ASSERT_TRUE(certificate);
  EXPECT_EQ(certificate->subject, "CN=localhost");
  EXPECT_EQ(certificate->issuer, "CN=localhost");
  EXPECT_EQ(certificate->fingerprint, server_->fingerprint());
  EXPECT_EQ(certificate->not_before.size(), std::string("2026-11-21T04:30:00Z").size());
  EXPECT_LT(certificate->not_before, certificate->not_after);
}

TEST_P(Tls, TrustsACertificateOfItsCaFileAndChecksTheHost) {
  Pair pair = ready();
  EXPECT_EQ(TlsClient::why_untrusted(*pair.client.tls()), std::nullopt);
  Pair other = test::connected_pair();
  other.client.start_tls(client_->control_channel("ftp.example.org"));
  other.server.start_tls(server_->control_channel(tag_));
  ASSERT_TRUE(shake_hands(other).succeeded());
  EXPECT_EQ(TlsClient::why_untrusted(*other.client.tls()), "the certificate is for another host");
}

TEST_P(Tls, AnUnknownCertificateIsUntrustedButTheHandshakeGoesOn) {
  client_ = *TlsClient::create({.ca_file = "", .allow_tls12_only = tls12()});
  Pair pair = ready();
  const auto why = TlsClient::why_untrusted(*pair.client.tls());
  ASSERT_TRUE(why);
  EXPECT_NE(why->find("self-signed"), std::string::npos) << *why;
}

TEST_P(Tls, IsUntrustedBeforeTheHandshake) {
  const auto channel = client_->control_channel("localhost");
  EXPECT_TRUE(TlsClient::why_untrusted(*channel));
}

TEST_P(Tls, HandshakeNeedsNoCallOfItsOwn) {
  Pair pair = before_handshake();
  std::thread client([&] { EXPECT_TRUE(pair.client.write_all("hello", soon())); });
  EXPECT_EQ(read_text(pair.server), "hello");
  client.join();
}

TEST_P(Tls, BlockingHandshakeGivesUpAtItsDeadline) {
  Pair pair = before_handshake();
  const auto status = pair.server.handshake(at_once());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, Errc::timeout);
}

TEST_P(Tls, SomethingElseThanTlsIsATlsError) {
  Pair pair = test::connected_pair();
  pair.server.start_tls(server_->control_channel(tag_));
  ASSERT_TRUE(pair.client.write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n", soon()));
  const auto status = pair.server.handshake(soon());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, Errc::tls);
  const auto again = pair.server.write_all("x", soon());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, Errc::tls);
}

TEST_P(Tls, APeerThatLeavesDuringTheHandshakeIsReset) {
  Pair pair = before_handshake();
  ASSERT_TRUE(pair.client.try_handshake());
  { const Stream gone = std::move(pair.client); }
  Status status = pair.server.handshake(soon());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, Errc::reset) << status.error().context;
}

TEST_P(Tls, CloseNotifyIsTheEndAndReadingGoesOnAfterOurs) {
  Pair pair = ready();
  ASSERT_TRUE(pair.client.write_all("last", soon()));
  ASSERT_TRUE(pair.client.finish(soon()));
  EXPECT_FALSE(pair.server.tls()->saw_close_notify());
  EXPECT_EQ(read_text(pair.server), "last");
  char buffer[8];
  EXPECT_EQ(pair.server.try_read(buffer)->state, State::end);
  EXPECT_TRUE(pair.server.tls()->saw_close_notify());
  ASSERT_TRUE(pair.server.write_all("answer", soon()));
  ASSERT_TRUE(pair.server.finish(soon()));
  EXPECT_EQ(read_text(pair.client), "answer");
  EXPECT_EQ(read_text(pair.client), "");
  EXPECT_TRUE(pair.client.tls()->saw_close_notify());
}

TEST_P(Tls, FinWithoutCloseNotifyIsATruncation) {
  Pair pair = ready();
  ASSERT_TRUE(pair.client.write_all("half", soon()));
  { const Stream gone = std::move(pair.client); }
  EXPECT_EQ(read_text(pair.server), "half");
  char buffer[8];
  for (int i = 0; i < 2; ++i) {
    const auto got = pair.server.read(buffer, soon());
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, Errc::reset);
  }
  EXPECT_FALSE(pair.server.tls()->saw_close_notify());
}

TEST_P(Tls, TheTruncationIsNamed) {
  Pair pair = ready();
  pair.client.interrupt();
  char buffer[8];
  const auto got = pair.server.read(buffer, soon());
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().context.find("truncated"), std::string::npos) << got.error().context;
}

TEST_P(Tls, FinishWithATicketStillToSendIsInOrder) {
  Pair pair = ready();
  pair.server.tls()->refresh_ticket();
  ASSERT_TRUE(pair.server.finish(soon()));
  EXPECT_EQ(read_text(pair.client), "");
  EXPECT_TRUE(pair.client.tls()->saw_close_notify());
}

TEST_P(Tls, FinishBeforeTheHandshakeSendsOnlyFin) {
  Pair pair = test::connected_pair();
  pair.server.start_tls(server_->control_channel(tag_));
  ASSERT_TRUE(pair.server.finish(soon()));
  EXPECT_EQ(read_text(pair.client), "");
}

TEST_P(Tls, ADamagedRecordIsATlsError) {
  Pair pair = ready();
  const std::string forged = std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x');
  ASSERT_EQ(::send(pair.client.fd(), forged.data(), forged.size(), 0), static_cast<ssize_t>(forged.size()));
  char buffer[8];
  const auto got = pair.server.read(buffer, soon());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Errc::tls);
}

TEST_P(Tls, OneConnectionsFailureDoesNotTouchAnother) {
  Pair good = ready();
  Pair bad = test::connected_pair();
  bad.server.start_tls(server_->control_channel(tag_));
  ASSERT_TRUE(bad.client.write_all("rubbish rubbish", soon()));
  EXPECT_FALSE(bad.server.handshake(soon()));
  EXPECT_TRUE(test::talks(good));
}

TEST_P(Tls, KnowsWhatPollDoesNotAnnounce) {
  Pair pair = ready();
  ASSERT_TRUE(pair.client.write_all("0123456789", soon()));
  char buffer[4];
  ASSERT_EQ(*pair.server.read(buffer, soon()), 4u);
  EXPECT_TRUE(pair.server.has_buffered());
  EXPECT_EQ(read_text(pair.server), "456789");
  EXPECT_FALSE(pair.server.has_buffered());
}

TEST_P(Tls, HasNothingBufferedAfterPartOfARecord) {
  Pair pair = ready();
  ASSERT_EQ(::send(pair.client.fd(), "\x17\x03\x03\x01", 4, 0), 4);
  char buffer[4];
  EXPECT_EQ(pair.server.try_read(buffer)->state, State::want_read);
  EXPECT_FALSE(pair.server.has_buffered());
}

TEST_P(Tls, LineReaderUsesUpAllRecordsBeforeItWantsMore) {
  Pair pair = ready();
  ASSERT_TRUE(pair.client.write_all("one\r\ntwo\r\n", soon()));
  ASSERT_TRUE(pair.client.write_all("three\r\n", soon()));
  LineReader reader(100);
  for (const char* text : {"one", "two", "three"}) EXPECT_EQ(reader.next(pair.server)->text, text);
  EXPECT_EQ(reader.next(pair.server)->state, LineReader::Line::State::need_more);
  EXPECT_FALSE(pair.server.has_buffered());
  EXPECT_EQ(reader.buffered_bytes(), 0u);
}

TEST_P(Tls, TryWriteGoesOnFromAnotherCopyOfTheSameBytes) {
  Pair pair = ready();
  const std::string sent = [] {
    std::string bytes;
    for (int i = 0; i < 400'000; ++i) bytes += std::to_string(i % 10);
    return bytes;
  }();
  std::string got;
  std::size_t written = 0;
  char buffer[50'000];
  while (got.size() < sent.size()) {
    const std::string rest = sent.substr(written);  // a fresh buffer each time
    if (!rest.empty()) written += pair.client.try_write(rest)->bytes;
    const auto progress = pair.server.try_read(buffer);
    ASSERT_TRUE(progress);
    got.append(buffer, progress->bytes);
  }
  EXPECT_EQ(got, sent);
}

TEST_P(Tls, CarriesManyBytes) {
  Pair pair = ready();
  const std::string sent(3'000'000, 'q');
  std::thread writer([&] {
    EXPECT_TRUE(pair.client.write_all(sent, soon()));
    EXPECT_TRUE(pair.client.finish(soon()));
  });
  std::size_t total = 0;
  char buffer[65536];
  for (;;) {
    const auto got = pair.server.read(buffer, soon());
    ASSERT_TRUE(got) << got.error().context;
    if (*got == 0) break;
    total += *got;
  }
  writer.join();
  EXPECT_EQ(total, sent.size());
}

TEST_P(Tls, InterruptWakesAReaderInAnotherThread) {
  Pair pair = ready();
  Result<std::size_t> got = std::size_t{99};
  std::thread reader([&] {
    char buffer[8];
    got = pair.server.read(buffer, soon());
  });
  pair.server.interrupt();
  reader.join();
  EXPECT_FALSE(got);
}

TEST_P(Tls, RefusesAClientThatNamesOtherProtocolsOnly) {
  Pair pair = before_handshake();
  const unsigned char web[] = {2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_set_alpn_protos(pair.client.tls()->impl().ssl.get(), web, sizeof web);
  const auto ends = shake_hands(pair);
  ASSERT_FALSE(ends.server);
  EXPECT_EQ(ends.server.error().kind, Errc::tls);
  ASSERT_FALSE(ends.client);
  EXPECT_NE(ends.client.error().context.find("no application protocol"), std::string::npos)
      << ends.client.error().context;
}

TEST_P(Tls, TakesAClientThatNamesFtpAmongOthersOrNothing) {
  const unsigned char several[] = {15,  'x', '-', 'f', 'i', 'l', 'e', 'z', 'i', 'l',
                                   'l', 'a', '-', 'f', 't', 'p', 3,   'f', 't', 'p'};
  for (const unsigned int size : {static_cast<unsigned int>(sizeof several), 0u}) {
    Pair pair = before_handshake();
    SSL_set_alpn_protos(pair.client.tls()->impl().ssl.get(), several, size);
    EXPECT_TRUE(shake_hands(pair).succeeded()) << size;
    EXPECT_TRUE(test::talks(pair));
  }
}

TEST_P(Tls, RefusesTls11) {
  Pair pair = before_handshake();
  SSL* client = pair.client.tls()->impl().ssl.get();
  SSL_set_security_level(client, 0);
  SSL_set_min_proto_version(client, TLS1_1_VERSION);
  SSL_set_max_proto_version(client, TLS1_1_VERSION);
  SSL_set_cipher_list(client, "ALL:@SECLEVEL=0");
  EXPECT_FALSE(shake_hands(pair).server);
}

TEST_P(Tls, RefusesRenegotiation) {
  if (!tls12()) GTEST_SKIP() << "TLS 1.3 has none";
  Pair pair = ready();
  SSL* client = pair.client.tls()->impl().ssl.get();
  SSL_clear_options(client, SSL_OP_NO_RENEGOTIATION);
  ASSERT_EQ(SSL_renegotiate(client), 1);
  (void)SSL_do_handshake(client);
  char buffer[8];
  EXPECT_EQ(pair.server.try_read(buffer)->state, State::want_read);
  EXPECT_FALSE(pair.client.read(buffer, soon()));
}

TEST_P(Tls, DataConnectionWithAnotherCertificateIsUntrusted) {
  const std::string other_certificate = (folder_.path() / "other.pem").string();
  const std::string other_key = (folder_.path() / "other.key").string();
  ASSERT_TRUE(make_self_signed(other_certificate, other_key, "localhost"));
  const auto other = *TlsServer::load(other_certificate, other_key);
  Pair pair = data(*other, tag_, {});
  const auto ends = shake_hands(pair);
  ASSERT_FALSE(ends.client);
  EXPECT_EQ(ends.client.error().kind, Errc::untrusted);
  const auto written = pair.client.write_all("secret", soon());
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, Errc::untrusted);
}

TEST_P(Tls, DataConnectionWithoutAKnownFingerprintIsUntrusted) {
  Pair pair = test::connected_pair();
  pair.client.start_tls(client_->data_channel("localhost", {}, ""));
  pair.server.start_tls(server_->data_channel(tag_));
  EXPECT_EQ(shake_hands(pair).client.error().kind, Errc::untrusted);
}

TEST_P(Tls, RunningSessionsOutliveTheServerObject) {
  Pair pair = ready();
  server_.reset();
  client_.reset();
  EXPECT_TRUE(test::talks(pair));
}

TEST_P(Tls, EndsAndTheSocketGoesOnInClear) {
  Pair pair = ready();
  ASSERT_TRUE(pair.server.try_close_notify());
  EXPECT_EQ(read_text(pair.client), "");
  ASSERT_TRUE(pair.client.try_close_notify());
  ASSERT_EQ(::send(pair.client.fd(), "in clear", 8, 0), 8);  // behind it, read with it by nobody
  pair.client.leave_tls();
  char buffer[16];
  EXPECT_EQ(pair.server.try_read(buffer)->state, State::end);
  ASSERT_TRUE(pair.server.tls()->saw_close_notify());
  pair.server.leave_tls();
  EXPECT_EQ(read_text(pair.server), "in clear");
  EXPECT_TRUE(test::talks(pair));
}

TEST_P(Tls, TellsABareEndFromABrokenConnection) {
  Pair bare = ready();
  ::shutdown(bare.client.fd(), SHUT_WR);
  char buffer[8];
  EXPECT_FALSE(bare.server.read(buffer, soon()));
  EXPECT_TRUE(bare.server.tls()->saw_bare_end());
  Pair notified = ready();
  ASSERT_TRUE(notified.client.finish(soon()));
  EXPECT_EQ(*notified.server.read(buffer, soon()), 0u);
  EXPECT_FALSE(notified.server.tls()->saw_bare_end());
}

}  // namespace
}  // namespace ferry::net
