// TLS as RFC 4217 wants it around the commands: the order of AUTH, PBSZ and PROT, what protects which data
// connection, handshakes that fail, versions, ALPN, renegotiation, new certificates.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <filesystem>

#include "shared/net/socket.h"
#include "shared/net/tls_internal.h"
#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

using namespace std::chrono_literals;

Deadline soon() {
  return Deadline::after(20s);
}

class TlsServerTest : public testing::TestWithParam<TlsVersion> {
 protected:
  void start(std::vector<std::string> sets = {}) {
    server_.emplace(sets);
    server_->add_account("mika");
    server_->put_file("mika", "file", std::string("content"));
  }
  FtpTalker connect() { return FtpTalker::logged_in(*server_, "mika", true, {.version = GetParam()}); }
  FtpTalker greeted(bool implicit = false) {
    FtpTalker talker(*server_, {.implicit_tls = implicit, .version = GetParam()});
    EXPECT_TRUE(answers(talker.reply(), 220));
    return talker;
  }
  // A control connection whose client has been changed by `change` before its handshake.
  Status shake_hands(const std::function<void(SSL*)>& change) {
    FtpTalker talker = greeted();
    talker.expect("AUTH TLS", 234);
    auto channel = talker.new_channel();
    change(channel->impl().ssl.get());
    talker.control().start_tls(std::move(channel));
    if (auto done = talker.control().handshake(soon()); !done) return done;
    // The TLS 1.3 client is ready before the server has judged it: a command tells.
    try {
      talker.expect("NOOP", 200);
    } catch (const std::runtime_error& error) {
      return fail(Errc::tls, error.what());
    }
    return {};
  }

  std::optional<FerrydServer> server_;
};
using Tls = TlsServerTest;
INSTANTIATE_TEST_SUITE_P(Version, Tls, testing::Values(TlsVersion::tls12, TlsVersion::tls13),
                         [](const auto& version) {
                           return version.param == TlsVersion::tls12 ? "tls12" : "tls13";
                         });

// --- the order of AUTH, PBSZ and PROT (RFC 4217 §8, §9, RFC 2228 §3) ---

TEST_P(Tls, CommandsHaveTheirOrder) {
  start({"tls=required"});
  FtpTalker talker = greeted();
  for (const char* line : {"PBSZ 0", "PROT P", "PROT C"}) EXPECT_TRUE(answers(talker.ask(line), 503)) << line;
  for (const char* line : {"AUTH SSL", "AUTH TLS-C", "AUTH TLS-P", "AUTH GSSAPI", "AUTH TLSX"})
    EXPECT_TRUE(answers(talker.ask(line), 504)) << line;
  EXPECT_TRUE(answers(talker.ask("AUTH"), 501));
  talker.auth_tls();
  EXPECT_TRUE(answers(talker.ask("AUTH TLS"), 503));
  EXPECT_TRUE(answers(talker.ask("PROT P"), 503)) << "before PBSZ";
  for (const char* line : {"PBSZ x", "PBSZ -1", "PBSZ 0x10", "PBSZ 4294967296", "PBSZ 99999999999999999999"})
    EXPECT_TRUE(answers(talker.ask(line), 501)) << line;
  EXPECT_TRUE(answers(talker.ask("PROT P"), 503)) << "after a PBSZ that was refused";
  for (const char* line : {"PBSZ 0", "PBSZ 4294967295", "PBSZ 1024"}) {
    const auto reply = talker.ask(line);
    EXPECT_TRUE(answers(reply, 200)) << line;
    EXPECT_EQ(reply.text(), "PBSZ=0");
  }
  for (const char* line : {"PROT S", "PROT E"}) EXPECT_TRUE(answers(talker.ask(line), 536)) << line;
  EXPECT_TRUE(answers(talker.ask("PROT X"), 504));
  EXPECT_TRUE(answers(talker.ask("PROT"), 501));
  EXPECT_TRUE(answers(talker.ask("PROT C"), 534)) << "tls = required";
  EXPECT_TRUE(answers(talker.ask("prot p"), 200));
}

TEST_P(Tls, ImplicitTakesPbszAndProtAndIsPrivateFromTheStart) {
  start({"implicit_tls_listen=127.0.0.1:0", "tls=offered"});
  FtpTalker talker = greeted(true);
  EXPECT_TRUE(answers(talker.ask("AUTH TLS"), 503));
  talker.log_in("mika");
  talker.expect("TYPE I", 200);
  EXPECT_EQ(talker.fetch("file").bytes, "content") << "private without PROT";
  EXPECT_TRUE(answers(talker.ask("PBSZ 0"), 200));
  EXPECT_TRUE(answers(talker.ask("PROT C"), 200));
  talker.data_protected(false);
  EXPECT_EQ(talker.fetch("file").bytes, "content");
  EXPECT_TRUE(answers(talker.ask("PROT P"), 200));
  talker.data_protected(true);
  EXPECT_EQ(talker.fetch("file").bytes, "content");
  EXPECT_NE(talker.ask("FEAT").text().find("PROT"), std::string::npos);
}

// --- which data connections are protected (CVE-2026-116844's class) ---

constexpr DataMode kModes[] = {DataMode::epsv, DataMode::pasv, DataMode::eprt, DataMode::port};
constexpr const char* kCommands[] = {"RETR file", "STOR new", "MLSD"};

// The type of the first record that comes, kept in an int of the test's.
void note_first_record(int is_sent, int, int content_type, const void* bytes, std::size_t, SSL*,
                       void* first) {
  int& noted = *static_cast<int*>(first);
  if (is_sent == 0 && content_type == SSL3_RT_HEADER && noted < 0)
    noted = *static_cast<const unsigned char*>(bytes);
}

void expect_moved(FtpTalker& talker, const std::string& command, net::Stream& data) {
  if (command.starts_with("STOR")) {
    ASSERT_TRUE(data.write_all("content", soon()));
  } else {
    EXPECT_NE(read_to_end(data).find(command == "MLSD" ? "type=" : "content"), std::string::npos);
  }
  ASSERT_TRUE(data.finish(soon()));
  EXPECT_TRUE(answers(talker.reply(), 226));
}

void expect_protected(FtpTalker& talker, const std::string& command) {
  EXPECT_TRUE(answers(talker.ask(command), 150));
  net::Stream data = talker.take_data();
  auto channel = talker.new_data_channel();
  int first = -1;
  SSL_set_msg_callback(channel->impl().ssl.get(), note_first_record);
  SSL_set_msg_callback_arg(channel->impl().ssl.get(), &first);
  data.start_tls(std::move(channel));
  ASSERT_TRUE(data.handshake(soon()));
  EXPECT_EQ(first, SSL3_RT_HANDSHAKE);
  expect_moved(talker, command, data);
}

void expect_clear(FtpTalker& talker, const std::string& command) {
  EXPECT_TRUE(answers(talker.ask(command), 150));
  net::Stream data = talker.take_data();
  expect_moved(talker, command, data);
}

TEST_P(Tls, ProtectionIsWhatProtSaidWhenTheTransferBegins) {
  start();
  FtpTalker talker = connect();
  for (const DataMode mode : kModes) {
    talker.use(mode);
    for (const char* command : kCommands) {
      for (const std::string before : {"PROT P", "PROT C"}) {
        for (const std::string after : {"PROT P", "PROT C"}) {
          SCOPED_TRACE(
              fmt::format("way {}, {}, then {}, {}", static_cast<int>(mode), before, after, command));
          talker.expect(before, 200);
          talker.prepare_data();
          talker.expect(after, 200);
          after == "PROT P" ? expect_protected(talker, command) : expect_clear(talker, command);
          if (std::string(command) == "STOR new") {
            EXPECT_EQ(read_bytes(server_->home("mika") / "new"), "content");
          }
        }
      }
    }
  }
}

TEST_P(Tls, RequiredMeansNoDataInClearWhateverTheOrder) {
  start({"tls=required"});
  FtpTalker talker = greeted();
  talker.auth_tls();
  talker.log_in("mika");
  talker.expect("TYPE I", 200);
  const auto all_are_refused = [&] {
    for (const char* command : kCommands) EXPECT_TRUE(answers(talker.ask(command), 521)) << command;
  };
  for (const DataMode mode : kModes) {
    SCOPED_TRACE(static_cast<int>(mode));
    talker.use(mode);
    talker.prepare_data();
    all_are_refused();
    static_cast<void>(talker.begin("MLSD"));  // gives up what has been prepared
  }
  talker.expect("PBSZ 0", 200);
  all_are_refused();
  EXPECT_TRUE(answers(talker.ask("PROT C"), 534));
  all_are_refused();
  EXPECT_FALSE(std::filesystem::exists(server_->home("mika") / "new"));
  for (const DataMode mode : kModes) {
    talker.use(mode);
    talker.prepare_data();
    talker.expect("PROT P", 200);
    EXPECT_TRUE(answers(talker.ask("PROT C"), 534));
    expect_protected(talker, "RETR file");
  }
}

TEST_P(Tls, CloseNotifyIsSentBeforeThe226) {
  start();
  FtpTalker talker = connect();
  auto started = talker.begin("RETR file");
  ASSERT_TRUE(started.data);
  EXPECT_TRUE(answers(talker.reply(), 226));
  char buffer[64];
  std::string bytes;
  while (true) {  // without waiting: all of it is here by now
    const auto progress = started.data->try_read(buffer);
    ASSERT_TRUE(progress) << progress.error().context;
    ASSERT_TRUE(progress->state == net::Progress::State::done ||
                progress->state == net::Progress::State::end);
    if (progress->state == net::Progress::State::end) break;
    bytes.append(buffer, progress->bytes);
  }
  EXPECT_EQ(bytes, "content");
  EXPECT_TRUE(started.data->tls()->saw_close_notify());
}

// --- handshakes of data connections that fail (RFC 4217 §10.2) ---

TEST_P(Tls, AFailedDataHandshakeIs522AndCostsNothing) {
  start();
  FtpTalker talker = connect();
  ASSERT_TRUE(answers(talker.break_off("partial", "12345"), 426));
  const std::function<void(net::Stream&)> ways[] = {
      [](net::Stream& data) {
        static_cast<void>(data.write_all("this is no ClientHello at all\r\n", soon()));
      },
      [](net::Stream& data) { ::shutdown(data.fd(), SHUT_WR); },
      [](net::Stream& data) { data.interrupt(); },
      [&](net::Stream& data) {
        auto channel = talker.new_data_channel();
        SSL* ssl = channel->impl().ssl.get();
        const unsigned char web[] = {2, 'h', '2'};
        SSL_set_alpn_protos(ssl, web, sizeof web);
        data.start_tls(std::move(channel));
        static_cast<void>(data.handshake(soon()));
      },
      [&](net::Stream& data) {
        talker.resume(false);
        auto channel = talker.new_data_channel();
        talker.resume(true);
        SSL* ssl = channel->impl().ssl.get();
        SSL_set_security_level(ssl, 0);
        SSL_set_min_proto_version(ssl, TLS1_VERSION);
        SSL_set_max_proto_version(ssl, TLS1_1_VERSION);
        SSL_set_cipher_list(ssl, "ALL:@SECLEVEL=0");
        data.start_tls(std::move(channel));
        static_cast<void>(data.handshake(soon()));
      },
  };
  int number = 0;
  for (const auto& way : ways) {
    for (const std::string command : {"RETR file", "STOR partial", "MLSD"}) {
      SCOPED_TRACE(fmt::format("way {}, {}", number, command));
      if (command == "STOR partial") talker.expect("REST 5", 350);
      talker.prepare_data();
      EXPECT_TRUE(answers(talker.ask(command), 150));
      net::Stream data = talker.take_data();
      way(data);
      EXPECT_TRUE(answers(talker.reply(), 522));
      EXPECT_TRUE(answers(talker.ask("NOOP"), 200));
      EXPECT_EQ(talker.ask("SIZE partial").text(), "5") << "the prefix";
    }
    ++number;
  }
  talker.expect("REST 5", 350);
  EXPECT_TRUE(answers(talker.store("partial", "67890"), 226));
  EXPECT_EQ(read_bytes(server_->home("mika") / "partial"), "1234567890");
}

// --- the control connection's handshake ---

TEST_P(Tls, OldVersionsAreRefused) {
  start();
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    EXPECT_FALSE(shake_hands([&](SSL* ssl) {
      SSL_set_security_level(ssl, 0);
      SSL_set_min_proto_version(ssl, version);
      SSL_set_max_proto_version(ssl, version);
      SSL_set_cipher_list(ssl, "ALL:@SECLEVEL=0");
    })) << version;
  }
  EXPECT_TRUE(shake_hands([](SSL*) {}));
}

TEST_P(Tls, AlpnMustNameFtpIfItNamesAnything) {
  start();
  const auto offering = [](std::string_view names) {
    return [names](SSL* ssl) {
      SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(names.data()),
                          static_cast<unsigned>(names.size()));
    };
  };
  EXPECT_FALSE(shake_hands(offering("\x02h2")));
  EXPECT_FALSE(shake_hands(offering("\x02h2\x08http/1.1")));
  EXPECT_TRUE(shake_hands(offering("")));
  EXPECT_TRUE(
      shake_hands(offering("\x03"
                           "ftp")));
  EXPECT_TRUE(
      shake_hands(offering("\x02h2\x03"
                           "ftp")));
  FtpTalker talker = greeted();
  talker.expect("AUTH TLS", 234);
  auto channel = talker.new_channel();
  offering(
      "\x02h2\x03"
      "ftp")(channel->impl().ssl.get());
  talker.start_tls(std::move(channel));
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(talker.control().tls()->impl().ssl.get(), &chosen, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), size), "ftp");
}

TEST_P(Tls, RenegotiationIsRefusedWithoutAHang) {
  if (GetParam() == TlsVersion::tls13) GTEST_SKIP() << "TLS 1.3 has none";
  start({"workers=1", "threads_per_worker=4"});
  FtpTalker talker = connect();
  SSL* ssl = talker.control().tls()->impl().ssl.get();
  SSL_clear_options(ssl, SSL_OP_NO_RENEGOTIATION);
  ASSERT_EQ(SSL_renegotiate(ssl), 1);
  static_cast<void>(SSL_do_handshake(ssl));
  char buffer[64];
  EXPECT_FALSE(talker.control().read(buffer, soon())) << "an alert, no handshake";
  EXPECT_EQ(connect().fetch("file").bytes, "content") << "the others are served";
}

// A client that says nothing, or one byte, waits in the epoll set like any other.
TEST_P(Tls, HalfAHandshakeHoldsNoThread) {
  start({"login_timeout=1s", "threads_per_worker=4", "workers=1", "implicit_tls_listen=127.0.0.1:0"});
  std::vector<net::Stream> implicit;
  for (int i = 0; i < 12; ++i) {
    auto socket = net::connect_to(*net::Address::parse("127.0.0.1", server_->implicit_port()), soon());
    ASSERT_TRUE(socket);
    implicit.emplace_back(std::move(*socket));
    if (i % 2 == 1) {
      ASSERT_TRUE(implicit.back().write_all("\x16", soon()));
    }
  }
  EXPECT_EQ(connect().fetch("file").bytes, "content");
  for (net::Stream& stuck : implicit) {
    char buffer[64];
    const auto got = stuck.read(buffer, soon());
    EXPECT_TRUE(!got || *got == 0) << "nothing in clear on an implicit port";
  }
}

// --- new certificates ---

class Certificates : public TlsServerTest {
 protected:
  Certificates() {
    make_certificate();
    start({"tls_certificate=" + file("cert.pem"), "tls_key=" + file("key.pem")});
  }
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }
  void make_certificate() {
    ASSERT_TRUE(net::make_self_signed(file("cert.new"), file("key.new"), "localhost"));
    std::filesystem::rename(file("cert.new"), file("cert.pem"));
    std::filesystem::rename(file("key.new"), file("key.pem"));
  }
  std::string shown() { return connect().control().tls()->peer_fingerprint(); }
  // Until a new session meets the new generation of workers.
  void reload_to_another(const std::string& old) {
    server_->reload();
    ASSERT_TRUE(wait_until([&] { return shown() != old; }));
  }
  TempDir folder_;
};
INSTANTIATE_TEST_SUITE_P(Version, Certificates, testing::Values(TlsVersion::tls12, TlsVersion::tls13),
                         [](const auto& version) {
                           return version.param == TlsVersion::tls12 ? "tls12" : "tls13";
                         });

TEST_P(Certificates, AReloadTouchesNoRunningSession) {
  FtpTalker running = connect();
  const std::string old = running.control().tls()->peer_fingerprint();
  auto started = running.begin("STOR upload");
  ASSERT_TRUE(started.data);
  make_certificate();
  reload_to_another(old);
  ASSERT_TRUE(started.data->write_all("whole", soon()));
  ASSERT_TRUE(started.data->finish(soon()));
  started.data.reset();
  EXPECT_TRUE(answers(running.reply(), 226));
  auto later = running.begin("RETR file");
  ASSERT_TRUE(later.data);
  EXPECT_TRUE(later.data->tls()->resumed());
  EXPECT_EQ(read_to_end(*later.data), "content");
  later.data.reset();
  EXPECT_TRUE(answers(running.reply(), 226));
  FtpTalker fresh = connect();
  fresh.offer_session(running.tls_session());
  EXPECT_ANY_THROW(fresh.fetch("file")) << "the ticket of a session from before the reload";
  EXPECT_TRUE(answers(fresh.reply(), 522));
}

TEST_P(Certificates, ABrokenFileLeavesTheOldOne) {
  const std::string old = shown();
  write_bytes(file("cert.pem"), "-----BEGIN CERTIFICATE-----\nnonsense\n");
  server_->reload();
  ASSERT_TRUE(
      wait_until([&] { return server_->log("ferryd.log").find("not reloaded") != std::string::npos; }));
  EXPECT_EQ(shown(), old);
  make_certificate();
  reload_to_another(old);
}

}  // namespace
}  // namespace ferry::test
