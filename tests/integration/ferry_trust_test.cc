// Whom ferry believes: CAs, pins of every kind, first use, and never a certificate that has changed.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "shared/net/socket.h"
#include "shared/net/stream.h"
#include "shared/net/tls.h"
#include "tests/support/ferry_client.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/terminal.h"
#include "tests/support/test_ca.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

std::string spelled(const std::string& fingerprint) {
  std::string text = "sha256:";
  for (const char c : fingerprint) {
    if (c != ':') text += c;
  }
  return text;
}

class FerryTrust : public testing::Test {
 protected:
  FerryTrust() { use(first_); }

  // The server shows this one from now on, at the same ports.
  void use(const CertificateFiles& certificate) {
    for (const auto& [from, to] : {std::pair{certificate.certificate, cert()}, {certificate.key, key()}}) {
      fs::copy_file(from, to, fs::copy_options::overwrite_existing);
      fs::permissions(to, fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read |
                              fs::perms::others_read);
    }
  }
  void start() {
    server_ = std::make_unique<FerrydServer>(std::vector<std::string>{
        "tls_certificate=" + cert(), "tls_key=" + key(), "implicit_tls_listen=127.0.0.1:0"});
    server_->add_account("akira");
    client_ = std::make_unique<FerryClient>(ClientServer{"localhost", server_->port(), "akira", kPassword},
                                            std::vector<std::string>());
  }
  void change_to(const CertificateFiles& certificate) {
    use(certificate);
    server_->set("listen=127.0.0.1:" + std::to_string(server_->port()));
    server_->stop();
    server_->start();
  }
  std::string cert() const { return (folder_.path() / "cert.pem").string(); }
  std::string key() const { return (folder_.path() / "key.pem").string(); }
  std::string place() const { return "localhost:" + std::to_string(server_->port()); }

  RunResult ls(std::vector<std::string> options = {}) const {
    options.emplace_back("/");
    return client_->run("ls", options);
  }
  RunResult ls_implicit(std::vector<std::string> options) const {
    const FerryClient client({"localhost", server_->implicit_port(), "akira", kPassword}, {"--tls=implicit"});
    options.emplace_back("/");
    return client.run("ls", options);
  }
  RunResult trust(std::vector<std::string> words) const {
    words.insert(words.begin(), {ferry_program().string(), "trust"});
    words.emplace_back("--no-input");
    return run(words, client_->child_options());
  }
  std::string pins() const { return trust({"list"}).out; }
  static testing::AssertionResult exits(int code, const RunResult& result) {
    if (result.exit_code == code) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "exit " << result.exit_code << "\n" << result.out << result.err;
  }

  TempDir folder_;
  TestCa ca_;
  CertificateFiles first_ = ca_.self_signed("localhost"), second_ = ca_.self_signed("localhost");
  std::unique_ptr<FerrydServer> server_;
  std::unique_ptr<FerryClient> client_;
};

TEST_F(FerryTrust, ANewCertificateIsRememberedOnlyOnAWord) {
  start();
  const RunResult unknown = ls();
  EXPECT_TRUE(exits(7, unknown));
  EXPECT_NE(unknown.err.find(spelled(first_.fingerprint)), std::string::npos) << unknown.err;
  EXPECT_EQ(pins(), "");
  const RunResult accepted = ls({"--accept-new"});
  EXPECT_TRUE(exits(0, accepted));
  EXPECT_NE(accepted.err.find("remembered from now on: " + spelled(first_.fingerprint)), std::string::npos)
      << accepted.err;
  EXPECT_EQ(pins().substr(0, pins().rfind('\t', pins().rfind('\t') - 1)),
            place() + "\t" + spelled(first_.fingerprint));
  const RunResult known = ls();
  EXPECT_TRUE(exits(0, known));
  EXPECT_EQ(known.err, "");
}

TEST_F(FerryTrust, AChangedCertificateIsRefusedWhateverTheOptions) {
  start();
  ASSERT_TRUE(exits(0, ls({"--accept-new"})));
  change_to(second_);
  for (const std::vector<std::string>& options :
       {std::vector<std::string>(), {"--accept-new"}, {"--ca", second_.certificate}}) {
    const RunResult refused = ls(options);
    EXPECT_TRUE(exits(7, refused));
    EXPECT_NE(refused.err.find("pinned " + spelled(first_.fingerprint)), std::string::npos) << refused.err;
    EXPECT_NE(refused.err.find("now " + spelled(second_.fingerprint)), std::string::npos) << refused.err;
    EXPECT_NE(refused.err.find("ferry trust add " + place()), std::string::npos) << refused.err;
  }
  EXPECT_TRUE(exits(2, trust({"add", place()}))) << "nobody can be asked";
  EXPECT_TRUE(exits(2, trust({"add", place(), "--accept-new"}))) << "it is not new";
  const RunResult replaced = trust({"add", place(), spelled(second_.fingerprint)});
  EXPECT_TRUE(exits(0, replaced));
  EXPECT_NE(replaced.err.find(" instead of " + spelled(first_.fingerprint)), std::string::npos)
      << replaced.err;
  EXPECT_TRUE(exits(0, ls()));
}

TEST_F(FerryTrust, PinsAreAddedAndForgotten) {
  start();
  EXPECT_TRUE(exits(2, trust({"add", "localhost", "sha256:12"})));
  EXPECT_TRUE(exits(0, trust({"add", "LocalHost", spelled(second_.fingerprint)})));
  EXPECT_TRUE(exits(0, trust({"add", place(), "--accept-new"})));
  EXPECT_TRUE(exits(0, trust({"add", place()}))) << "it is trusted already";
  EXPECT_TRUE(exits(0, ls()));
  EXPECT_NE(pins().find("localhost:21\t" + spelled(second_.fingerprint)), std::string::npos) << pins();
  EXPECT_NE(pins().find(place() + "\t" + spelled(first_.fingerprint)), std::string::npos) << pins();
  EXPECT_TRUE(exits(0, trust({"rm", "localhost"})));
  const RunResult none = trust({"rm", "localhost"});
  EXPECT_TRUE(exits(3, none));
  EXPECT_NE(none.err.find("there is " + place()), std::string::npos) << none.err;
  EXPECT_TRUE(exits(0, trust({"rm", place()})));
  EXPECT_TRUE(exits(7, ls()));
}

TEST_F(FerryTrust, TheQuestionShowsBothWhenOneIsPinned) {
  start();
  ASSERT_TRUE(exits(0, ls({"--accept-new"})));
  change_to(second_);
  const auto asked = [&](const std::string& answer) {
    Terminal terminal({"/usr/bin/env", "HOME=" + client_->here().parent_path().string(),
                       "XDG_DATA_HOME=" + (client_->here().parent_path() / "data").string(),
                       ferry_program().string(), "trust", "add", place()});
    terminal.type_after("instead of the pinned one? [y/N]: ", answer + "\n");
    const int code = terminal.exit_code();
    EXPECT_NE(terminal.screen().find(first_.fingerprint), std::string::npos) << terminal.screen();
    EXPECT_NE(terminal.screen().find(second_.fingerprint), std::string::npos) << terminal.screen();
    return code;
  };
  EXPECT_EQ(asked(""), 7);
  EXPECT_TRUE(exits(7, ls()));
  EXPECT_EQ(asked("y"), 0);
  EXPECT_TRUE(exits(0, ls()));
}

TEST_F(FerryTrust, PinAndCaHoldWithExplicitAndImplicitTls) {
  const CertificateFiles issued = ca_.issue("localhost");
  use(issued);
  start();
  for (const bool implicit : {false, true}) {
    SCOPED_TRACE(implicit ? "implicit" : "explicit");
    const auto list = [&](const std::vector<std::string>& options) {
      return implicit ? ls_implicit(options) : ls(options);
    };
    EXPECT_TRUE(exits(0, list({"--ca", ca_.file()})));
    EXPECT_TRUE(exits(7, list({"--ca", TestCa().file()})));
    EXPECT_TRUE(exits(0, list({"--pin", spelled(issued.fingerprint)})));
    const RunResult other = list({"--pin", spelled(first_.fingerprint), "--ca", ca_.file()});
    EXPECT_TRUE(exits(7, other)) << "the pin decides alone";
    EXPECT_NE(other.err.find(spelled(issued.fingerprint)), std::string::npos) << other.err;
  }
  EXPECT_EQ(pins(), "") << "neither is first use";
}

TEST_F(FerryTrust, ACertificateOutOfTimeOrOfAnotherHostIsNotVerified) {
  const CertificateFiles ended = ca_.issue_ended("localhost"), other = ca_.issue("other.example.org");
  use(ended);
  start();
  const RunResult late = ls({"--ca", ca_.file()});
  EXPECT_TRUE(exits(7, late));
  EXPECT_NE(late.err.find("expired"), std::string::npos) << late.err;
  EXPECT_TRUE(exits(0, ls({"--pin", spelled(ended.fingerprint)}))) << "a pin is no matter of time";
  change_to(other);
  const RunResult elsewhere = ls({"--ca", ca_.file()});
  EXPECT_TRUE(exits(7, elsewhere));
  EXPECT_NE(elsewhere.err.find("for another host"), std::string::npos) << elsewhere.err;
}

// A server whose data connections show another certificate than its control connection.
class TwoFaced {
 public:
  TwoFaced(const CertificateFiles& control, const CertificateFiles& data)
      : control_tls_(*net::TlsServer::load(control.certificate, control.key)),
        data_tls_(*net::TlsServer::load(data.certificate, data.key)),
        listener_(listen()),
        thread_([this] { serve(); }) {}
  ~TwoFaced() { thread_.join(); }
  std::uint16_t port() const { return net::Address::local_of(listener_.get())->port(); }
  std::string commands() const { return commands_; }  // after its end

 private:
  static Deadline soon() { return Deadline::after(std::chrono::seconds(10)); }
  static UniqueFd listen() {
    return std::move(*net::listen_on(*net::Address::parse("127.0.0.1", 0), {1, false}));
  }
  static net::Stream accept(int listener) {
    while (true) {
      auto accepted = net::accept_now(listener);
      if (accepted) return net::Stream(std::move(accepted->socket));
      std::this_thread::yield();
    }
  }
  void say(net::Stream& control, const std::string& line) { (void)control.write_all(line + "\r\n", soon()); }
  void serve() {
    net::Stream control = accept(listener_.get());
    const auto tag = net::make_session_tag();
    say(control, "220 hello");
    UniqueFd passive;
    std::string line;
    char c = 0;
    while (true) {
      const auto got = control.read(std::span(&c, 1), soon());
      if (!got || *got == 0) return;
      if (c != '\n') {
        line += c;
        continue;
      }
      commands_ += line + "\n";
      const std::string verb = line.substr(0, line.find_first_of(" \r"));
      line.clear();
      if (verb == "AUTH") {
        say(control, "234 go");
        control.start_tls(control_tls_->control_channel(tag));
        if (!control.handshake(soon())) return;
      } else if (verb == "USER") {
        say(control, "331 password");
      } else if (verb == "PWD") {
        say(control, "257 \"/\"");
      } else if (verb == "EPSV") {
        passive = listen();
        say(control, "229 here (|||" + std::to_string(net::Address::local_of(passive.get())->port()) + "|)");
      } else if (verb == "MLSD" || verb == "LIST") {
        say(control, "150 comes");
        net::Stream data = accept(passive.get());
        data.start_tls(data_tls_->control_channel(tag));  // which takes anybody, without resuming
        const bool shaken = data.handshake(soon()).has_value();
        if (shaken) (void)data.write_all("-rw-r--r-- 1 a a 1 Jan 1 00:00 leaked\r\n", soon());
        (void)data.finish(soon());
        say(control, "226 done");
      } else {
        say(control, verb == "FEAT" || verb == "OPTS" ? "502 no" : "200 fine");
      }
    }
  }

  std::shared_ptr<net::TlsServer> control_tls_, data_tls_;
  UniqueFd listener_;
  std::string commands_;
  std::thread thread_;
};

TEST_F(FerryTrust, ADataConnectionShowsTheCertificateOfItsControlConnection) {
  ::signal(SIGPIPE, SIG_IGN);
  const auto list_on = [](TwoFaced& server, const std::string& fingerprint) {
    const FerryClient client({"localhost", server.port(), "akira", kPassword}, {"--pin", fingerprint});
    return client.run("ls", {"/"});
  };
  TwoFaced honest(first_, first_);
  const RunResult fine = list_on(honest, spelled(first_.fingerprint));
  EXPECT_TRUE(exits(0, fine));
  EXPECT_NE(fine.out.find("leaked"), std::string::npos);
  TwoFaced false_friend(first_, second_);
  const RunResult refused = list_on(false_friend, spelled(first_.fingerprint));
  EXPECT_TRUE(exits(7, refused));
  EXPECT_EQ(refused.out, "");
}

}  // namespace
}  // namespace ferry::test
