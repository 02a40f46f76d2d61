// Two connected streams in one process, in clear or TLS, driven by turns so that no test needs a thread to
// shake hands.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <csignal>
#include <memory>
#include <string>
#include <utility>

#include "shared/net/stream.h"
#include "shared/net/tls.h"
#include "tests/support/temp_dir.h"

namespace ferry::net::test {

inline Deadline soon() {
  return Deadline::after(std::chrono::seconds(20));
}
inline Deadline at_once() {
  return Deadline::after(std::chrono::milliseconds(30));
}

struct Pair {
  Stream client;
  Stream server;
};

inline Pair connected_pair() {
  int fds[2] = {-1, -1};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
  return {Stream(UniqueFd(fds[0])), Stream(UniqueFd(fds[1]))};
}

inline std::string read_text(Stream& stream) {
  char buffer[256];
  const auto got = stream.read(buffer, soon());
  if (!got) return "error: " + got.error().context;
  return std::string(buffer, *got);
}

// Both handshakes to their ends, whatever they are.
struct Handshakes {
  Result<Progress> client = Progress{Progress::State::want_read, 0};
  Result<Progress> server = Progress{Progress::State::want_read, 0};
  bool succeeded() const { return client && server; }
};

inline Handshakes shake_hands(Pair& pair) {
  Handshakes result;
  const auto open = [](const Result<Progress>& end) { return end && end->state != Progress::State::done; };
  const Deadline deadline = soon();
  while ((open(result.client) || open(result.server)) && !deadline.passed()) {
    if (open(result.client)) result.client = pair.client.try_handshake();
    if (!result.client) pair.client.interrupt();
    if (open(result.server)) result.server = pair.server.try_handshake();
    if (!result.server) pair.server.interrupt();
  }
  return result;
}

// The TLS 1.3 client of OpenSSL is ready before the server has judged its ticket: what counts is that no byte
// arrives.
inline bool talks(Pair& pair) {
  if (!pair.server.write_all("ping", soon())) return false;
  if (read_text(pair.client) != "ping") return false;
  if (!pair.client.write_all("pong", soon())) return false;
  return read_text(pair.server) == "pong";
}

// A server with its certificate and clients that trust it, for both versions of TLS.
class TlsTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    ::signal(SIGPIPE, SIG_IGN);
    const auto made = make_self_signed(certificate_file(), key_file(), "localhost");
    ASSERT_TRUE(made) << made.error().context;
    auto loaded = TlsServer::load(certificate_file(), key_file());
    ASSERT_TRUE(loaded) << loaded.error().context;
    server_ = *loaded;
    client_ = *TlsClient::create({.ca_file = certificate_file(), .allow_tls12_only = tls12()});
  }

  bool tls12() const { return GetParam(); }
  std::string certificate_file() const { return (folder_.path() / "cert.pem").string(); }
  std::string key_file() const { return (folder_.path() / "key.pem").string(); }

  // A control connection after its handshake and a first exchange, which has brought the client its tickets.
  Pair control(const SessionTag& tag) { return control(*server_, tag); }
  Pair control(const TlsServer& server, const SessionTag& tag) {
    Pair pair = connected_pair();
    pair.client.start_tls(client_->control_channel("localhost"));
    pair.server.start_tls(server.control_channel(tag));
    EXPECT_TRUE(shake_hands(pair).succeeded());
    EXPECT_TRUE(talks(pair));
    return pair;
  }

  Pair data(const SessionTag& tag, const TlsSession& session) { return data(*server_, tag, session); }
  Pair data(const TlsServer& server, const SessionTag& tag, const TlsSession& session) {
    Pair pair = connected_pair();
    pair.client.start_tls(client_->data_channel("localhost", session, server_->fingerprint()));
    pair.server.start_tls(server.data_channel(tag));
    return pair;
  }

  ferry::test::TempDir folder_;
  std::shared_ptr<TlsServer> server_;
  std::shared_ptr<TlsClient> client_;
};

inline std::string version_name(const ::testing::TestParamInfo<bool>& info) {
  return info.param ? "Tls12" : "Tls13";
}

}  // namespace ferry::net::test
