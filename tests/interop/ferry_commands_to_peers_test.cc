// Every command of ferry against vsftpd, ProFTPD, Pure-FTPd and pyftpdlib, in clear and over TLS: what it
// does, and how it ends where a server cannot serve it.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/ferry_client.h"
#include "tests/support/peer_server.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

struct Case {
  Peer peer;
  bool tls;
};

std::string name_of_case(const testing::TestParamInfo<Case>& info) {
  return name_of(info.param.peer) + (info.param.tls ? "Tls" : "Clear");
}

class FerryCommandsToPeer : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    try {
      server_ = PeerServer::start(GetParam().peer, {.require_tls = GetParam().tls});
    } catch (const PeerUnavailable& why) {
      SKIP_UNLESS_CI(why);
    }
    std::vector<std::string> security{"--tls=off"};
    if (GetParam().tls) security = {"--tls=required", "--ca", server_->certificate().string()};
    client_ = std::make_unique<FerryClient>(
        ClientServer{server_->host(), server_->port(), server_->user(), server_->password()}, security);
  }

  RunResult ferry(const std::string& command, const std::vector<std::string>& operands,
                  const std::string& input = {}) const {
    return client_->run(command, operands, input);
  }
  std::string remote(const std::string& name) const { return server_->remote_dir() + "/" + name; }
  fs::path there(const std::string& name) const { return server_->root() / name; }
  fs::path here(const std::string& name) const { return client_->here() / name; }
  testing::AssertionResult exits(int code, const RunResult& result) const {
    if (result.exit_code == code) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "exit " << result.exit_code << "\n"
                                       << result.out << result.err << server_->log();
  }
  // Fields of a line for programs.
  static std::string field(const std::string& line, int number) {
    std::string rest = line.substr(0, line.find('\n'));
    for (; number > 0; --number) rest.erase(0, rest.find('\t') + 1);
    return rest.substr(0, rest.find('\t'));
  }

  std::unique_ptr<PeerServer> server_;
  std::unique_ptr<FerryClient> client_;
};

TEST_P(FerryCommandsToPeer, WorkOnFilesAndFolders) {
  write_file(here("a file"), "hello");
  EXPECT_TRUE(exits(0, ferry("mkdir", {"-p", remote("one/two"), remote("void")})));
  EXPECT_TRUE(exits(0, ferry("put", {"a file", remote("one/")})));
  EXPECT_TRUE(exits(0, ferry("put", {"-", remote("one/two/streamed")}, "from stdin")));
  EXPECT_EQ(read_file(there("one/two/streamed")), "from stdin");

  const RunResult tree = ferry("ls", {"-R", "--sort=size", remote("one")});
  EXPECT_TRUE(exits(0, tree));
  EXPECT_EQ(field(tree.out, 1), "5") << tree.out;
  EXPECT_NE(tree.out.find("\ttwo\n"), std::string::npos) << tree.out;
  EXPECT_NE(tree.out.find("\ttwo/streamed\n"), std::string::npos) << tree.out;
  const RunResult usage = ferry("du", {remote("one")});
  EXPECT_TRUE(exits(0, usage));
  EXPECT_EQ(usage.out, "10\t" + remote("one/two") + "\n15\t" + remote("one") + "\n");
  const RunResult facts = ferry("stat", {remote("one/a file"), remote("one")});
  EXPECT_TRUE(exits(0, facts));
  EXPECT_EQ(field(facts.out, 0) + field(facts.out, 1), "file5") << facts.out;
  EXPECT_NE(facts.out.find("\ndir\t-\t"), std::string::npos) << facts.out;

  const RunResult shown = ferry("cat", {remote("one/a file"), remote("one/two/streamed")});
  EXPECT_TRUE(exits(0, shown));
  EXPECT_EQ(shown.out, "hellofrom stdin");
  EXPECT_EQ(ferry("get", {"-o", "-", remote("one/a file")}).out, "hello");
  EXPECT_TRUE(exits(0, ferry("get", {"-o", "back", remote("one/a file")})));
  EXPECT_EQ(read_file(here("back")), "hello");

  EXPECT_TRUE(exits(0, ferry("mv", {remote("one/a file"), remote("one/renamed")})));
  EXPECT_TRUE(exits(0, ferry("mv", {remote("one/renamed"), remote("one/two/streamed"), remote("void")})));
  EXPECT_EQ(read_file(there("void/renamed")), "hello");
  EXPECT_NE(ferry("rmdir", {remote("void")}).exit_code, 0);
  EXPECT_TRUE(exits(0, ferry("rm", {remote("void/renamed"), remote("void/streamed")})));
  EXPECT_TRUE(exits(0, ferry("rmdir", {remote("void"), remote("one/two")})));
  EXPECT_TRUE(exits(0, ferry("rm", {"-r", remote("one")})));
  EXPECT_TRUE(fs::is_empty(server_->root())) << server_->log();
}

TEST_P(FerryCommandsToPeer, WorkInTheShell) {
  write_file(here("x"), "hello");
  const RunResult done = ferry("shell", {"--fail-fast", "-c",
                                         "mkdir d; cd d; put x; mv x y; ls -R; du -s; stat y; cat y; "
                                         "sha256 y; cd ..; rm -r d"});
  EXPECT_TRUE(exits(0, done));
  EXPECT_NE(done.out.find("5\t" + remote("d") + "\n"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824  y"),
            std::string::npos)
      << done.out;
  EXPECT_TRUE(fs::is_empty(server_->root())) << server_->log();
}

// In clear: the replies are the same, and every one of these is a login.
class FerryErrorsFromPeer : public FerryCommandsToPeer {};

TEST_P(FerryErrorsFromPeer, SayWhatIsNotThere) {
  write_file(here("x"), "x");
  EXPECT_TRUE(exits(3, ferry("cat", {remote("nosuch")})));
  EXPECT_TRUE(exits(3, ferry("get", {"-o", "-", remote("nosuch")})));
  EXPECT_TRUE(exits(3, ferry("stat", {remote("nosuch")})));
  EXPECT_TRUE(exits(3, ferry("du", {remote("nosuch")})));
  EXPECT_TRUE(exits(3, ferry("ls", {"-R", remote("nosuch")})));
  EXPECT_TRUE(exits(3, ferry("rm", {"-r", remote("nosuch")})));
  EXPECT_TRUE(exits(3, ferry("rmdir", {remote("nosuch")})));
  EXPECT_TRUE(exits(3, ferry("mv", {remote("nosuch"), remote("other")})));
  EXPECT_TRUE(exits(3, ferry("put", {"-", remote("nosuch/x")}, "x")));
  EXPECT_TRUE(exits(10, ferry("stat", {server_->remote_dir(), remote("nosuch")})));
}

// What is ferryd's alone ends with a sentence about it, and leaves the session as it was.
TEST_P(FerryCommandsToPeer, SayWhatTheServerCannotDo) {
  const RunResult quota = ferry("quota", {});
  EXPECT_TRUE(exits(1, quota));
  EXPECT_NE(quota.err.find("does not tell quotas"), std::string::npos) << quota.err;
  write_file(here("new"), "nine-new-words-here\n");
  const RunResult passwd = ferry("passwd", {"--new-password-file", "new"});
  EXPECT_TRUE(passwd.exit_code == 1 || passwd.exit_code == 5) << passwd.exit_code << passwd.err;
  EXPECT_NE(passwd.err.find("changing the password"), std::string::npos) << passwd.err;
  EXPECT_EQ(server_->log().find("nine-new-words"), std::string::npos) << "it was sent all the same";
  const RunResult registered = ferry("register", {});
  EXPECT_TRUE(exits(GetParam().tls ? 1 : 2, registered)) << "in clear it is not even asked";
  if (GetParam().tls) {
    EXPECT_NE(registered.err.find("people cannot register on this server"), std::string::npos)
        << registered.err;
  }
}

INSTANTIATE_TEST_SUITE_P(AllServers, FerryCommandsToPeer,
                         testing::Values(Case{Peer::vsftpd, false}, Case{Peer::vsftpd, true},
                                         Case{Peer::proftpd, false}, Case{Peer::proftpd, true},
                                         Case{Peer::pureftpd, false}, Case{Peer::pureftpd, true},
                                         Case{Peer::pyftpdlib, false}, Case{Peer::pyftpdlib, true}),
                         name_of_case);

INSTANTIATE_TEST_SUITE_P(AllServers, FerryErrorsFromPeer,
                         testing::Values(Case{Peer::vsftpd, false}, Case{Peer::proftpd, false},
                                         Case{Peer::pureftpd, false}, Case{Peer::pyftpdlib, false}),
                         name_of_case);

}  // namespace
}  // namespace ferry::test
