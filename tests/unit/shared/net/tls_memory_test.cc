// The pool must be set up before OpenSSL is used, so each test runs in a process of its own (gtest's
// thread-safe death tests start one).
#include "shared/net/tls_memory.h"

#include <gtest/gtest.h>
#include <openssl/crypto.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <thread>
#include <vector>

#include "shared/base/sanitized.h"
#include "tests/unit/shared/net/pairs.h"

namespace ferry::net {
namespace {

class TlsMemory : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

struct Ends {
  std::shared_ptr<TlsServer> server;
  std::shared_ptr<TlsClient> client;
};

Ends make_ends() {
  ::signal(SIGPIPE, SIG_IGN);
  const ferry::test::TempDir folder;
  const std::string certificate = (folder.path() / "cert.pem").string();
  const std::string key = (folder.path() / "key.pem").string();
  if (!make_self_signed(certificate, key, "localhost")) ::_exit(2);
  return {*TlsServer::load(certificate, key), *TlsClient::create({.ca_file = certificate})};
}

// Drives all handshakes by turns, so that all are half-open at once.
bool shake_all_hands(std::vector<Stream>& streams) {
  for (std::size_t done = 0; done < streams.size();) {
    done = 0;
    for (Stream& stream : streams) {
      const auto progress = stream.try_handshake();
      if (!progress) return false;
      if (progress->state == Progress::State::done) ++done;
    }
  }
  return true;
}

[[noreturn]] void fill_and_resize_blocks() {
  keep_tls_buffers_apart();
  std::vector<char*> blocks;
  for (int i = 0; i < 5000; ++i) {  // more than there are slots
    auto* block = static_cast<char*>(OPENSSL_malloc(16 * 1024));
    std::memset(block, i % 128, 16 * 1024);
    blocks.push_back(block);
  }
  bool intact = true;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const std::size_t size = i % 3 == 0 ? 20'000 : i % 3 == 1 ? 100'000 : 100;
    blocks[i] = static_cast<char*>(OPENSSL_realloc(blocks[i], size));
    intact = intact && blocks[i][0] == static_cast<char>(i % 128) && blocks[i][99] == blocks[i][0];
  }
  for (char* block : blocks) OPENSSL_free(block);
  ::_exit(intact ? 0 : 1);
}

[[noreturn]] void transfer_in_threads() {
  keep_tls_buffers_apart();
  const Ends ends = make_ends();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&ends] {
      test::Pair pair = test::connected_pair();
      pair.client.start_tls(ends.client->control_channel("localhost"));
      pair.server.start_tls(ends.server->control_channel(make_session_tag()));
      if (!test::shake_hands(pair).succeeded()) ::_exit(3);
      for (int round = 0; round < 50; ++round) {
        if (!test::talks(pair)) ::_exit(4);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ::_exit(0);
}

long pss_kib() {
  std::ifstream rollup("/proc/self/smaps_rollup");
  for (std::string line; std::getline(rollup, line);) {
    if (line.rfind("Pss:", 0) == 0) return std::stol(line.substr(4));
  }
  return -1;
}

[[noreturn]] void measure_idle_sessions() {
  keep_tls_buffers_apart();
  const Ends ends = make_ends();
  constexpr int kSessions = 300;
  std::vector<Stream> clients;
  std::vector<Stream> servers;
  for (int i = 0; i < kSessions; ++i) {
    test::Pair pair = test::connected_pair();
    clients.push_back(std::move(pair.client));
    servers.push_back(std::move(pair.server));
  }
  const pid_t child = ::fork();
  if (child == 0) {
    servers.clear();
    for (Stream& stream : clients) stream.start_tls(ends.client->control_channel("localhost"));
    bool ok = shake_all_hands(clients);
    for (Stream& stream : clients) ok = ok && test::read_text(stream) == "ready";
    for (Stream& stream : clients) ok = ok && test::read_text(stream) == "";  // until the parent has measured
    ::_exit(ok ? 0 : 1);
  }
  clients.clear();
  const long before = pss_kib();
  for (Stream& stream : servers) stream.start_tls(ends.server->control_channel(make_session_tag()));
  bool ok = child > 0 && shake_all_hands(servers);
  for (Stream& stream : servers) ok = ok && stream.write_all("ready", test::soon());
  const long per_session = (pss_kib() - before) / kSessions;
  std::fprintf(stderr, "%ld KiB a session\n", per_session);
  for (Stream& stream : servers) ok = ok && stream.finish(test::soon());
  int status = -1;
  ::waitpid(child, &status, 0);
  ::_exit(ok && status == 0 && per_session < 20 ? 0 : 1);
}

TEST_F(TlsMemory, BlocksKeepTheirContentInAndBeyondThePool) {
  EXPECT_EXIT(fill_and_resize_blocks(), ::testing::ExitedWithCode(0), "");
}

TEST_F(TlsMemory, ManyThreadsShareThePool) {
  EXPECT_EXIT(transfer_in_threads(), ::testing::ExitedWithCode(0), "");
}

TEST_F(TlsMemory, IdleSessionsStaySmallAfterABurstOfHandshakes) {
  if (kIsSanitized) GTEST_SKIP() << "sanitizers take memory of their own";
  EXPECT_EXIT(measure_idle_sessions(), ::testing::ExitedWithCode(0), "KiB a session");
}

TEST_F(TlsMemory, ItIsOurMistakeToAskTooLate) {
  EXPECT_DEATH(
      {
        OPENSSL_free(OPENSSL_malloc(1));
        keep_tls_buffers_apart();
      },
      "CRYPTO_set_mem_functions");
}

}  // namespace
}  // namespace ferry::net
