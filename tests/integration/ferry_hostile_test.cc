// ferry against servers and lines that mean harm or are merely slow: what they make up reaches no terminal,
// no folder but the target, and no figure of the progress.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>

#include "client/engine/transfer.h"
#include "tests/support/bytes.h"
#include "tests/support/fault_proxy.h"
#include "tests/support/ferry_client.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/terminal.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using namespace std::string_literals;
using What = Fault::What;
using Side = Fault::Side;
using Direction = Fault::Direction;

class FerryAndHostileServers : public testing::Test {
 protected:
  FerryAndHostileServers() { server_.add_account("akira"); }

  void list(const std::string& bytes) {
    line_.add({.what = What::content, .side = Side::data, .bytes = bytes});
  }
  std::vector<std::string> names_here() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(client_.here().parent_path()))
      names.push_back(entry.path().string());
    return names;
  }

  FerrydServer server_;
  FaultProxy line_{server_.port()};
  FerryClient client_{{FaultProxy::kHost, line_.port(), "akira", kPassword}, {"--tls=off"}};
};

// Every one of them is an offer to write somewhere else, or to draw on the terminal.
const std::string kHostileNames =
    "type=file;size=3; ../../escape\r\n"
    "type=file;size=3; /tmp/escape\r\n"
    "type=dir; ..\r\n"
    "type=dir; ../up\r\n"
    "type=file;size=3; a/b\r\n"
    "type=file;size=3; nul\0byte\r\n"
    "type=file;size=3; \x1b]0;owned\x07\x1b[2Jred\r\n"
    "type=file;size=3; carriage\rreturn\r\n"
    "type=file;size=99999999999999999999; huge\r\n"
    "type=file;size=-5; negative\r\n"
    "type=file;size=3; \r\n"
    "no facts at all\r\n"
    "type=file;size=3; good\r\n"s;

TEST_F(FerryAndHostileServers, NamesThatWouldLeaveTheTargetAreRefused) {
  server_.put_file("akira", "good", "yes");
  list(kHostileNames);
  const auto before = names_here();
  const RunResult got = client_.run("get", {"-r", "-o", "into", "/"});
  EXPECT_EQ(read_file(client_.here() / "into/good"), "yes") << got.err;
  for (const std::string& name : names_here()) {
    const bool is_allowed = std::ranges::find(before, name) != before.end() ||
                            name.find("/into") != name.npos || name.find(".local") != name.npos;
    EXPECT_TRUE(is_allowed) << name;
    EXPECT_EQ(name.find("escape"), name.npos) << name;
  }
  EXPECT_FALSE(fs::exists("/tmp/escape"));
  EXPECT_EQ(got.err.find('\x1b'), std::string::npos);
  EXPECT_NE(got.err.find("unsafe name, skipped"), std::string::npos) << got.err;
  EXPECT_NE(got.err.find("of the listing were not understood"), std::string::npos) << got.err;
}

TEST_F(FerryAndHostileServers, NamesReachATerminalSafe) {
  list(kHostileNames);
  std::vector<std::string> words = client_.command_line("ls", {"/"});
  Terminal terminal(words);
  EXPECT_EQ(terminal.exit_code(), 0) << terminal.screen();
  for (const char bad : {'\x1b', '\x07', '\0'}) EXPECT_EQ(terminal.screen().find(bad), std::string::npos);
  EXPECT_EQ(terminal.screen().find("carriage\rreturn"), std::string::npos);
  EXPECT_NE(terminal.screen().find("good"), std::string::npos) << terminal.screen();
}

TEST_F(FerryAndHostileServers, AMillionNamesAreListed) {
  std::string listing;
  constexpr int kNames = 1'000'000;
  listing.reserve(kNames * 30);
  for (int i = 0; i < kNames; ++i) listing += "type=file;size=1; n" + std::to_string(i) + "\r\n";
  list(listing);
  const RunResult got = client_.run("ls", {"/"});
  EXPECT_EQ(got.exit_code, 0) << got.err;
  EXPECT_EQ(std::ranges::count(got.out, '\n'), kNames);
}

TEST_F(FerryAndHostileServers, ANameWithoutAnEndIsNoListing) {
  list("type=file;size=1; " + std::string(5'000'000, 'x'));
  const RunResult got = client_.run("ls", {"/"});
  EXPECT_EQ(got.exit_code, 1) << got.err;
  EXPECT_NE(got.err.find("the listing does not end"), std::string::npos) << got.err;
}

// The reply is refused where it becomes too long; what is kept of it stays small.
TEST_F(FerryAndHostileServers, ALongReplyCostsNoMemory) {
  line_.add({.what = What::answer, .verb = "PWD", .bytes = "257 ", .repeat = std::string(100'000, 'x')});
  ChildOptions options = client_.child_options();
  std::vector<std::string> words{"/usr/bin/env", "bash", "-c", "ulimit -d 65536; exec \"$@\"", "bash"};
  for (const std::string& word : client_.command_line("ls", {"/"})) words.push_back(word);
  const RunResult got = run(words, options);
  EXPECT_EQ(got.exit_code, 6) << got.err;
  EXPECT_NE(got.err.find("reply longer than"), std::string::npos) << got.err;
}

// A server behind a router tells the address it has at home, or one that somebody wants to see connected to.
TEST(FerryAndPassiveAddresses, NoAddressInAReplyIsEverDialled) {
  FerrydServer server({"passive_address=192.0.2.1"});
  server.add_account("akira");
  server.put_file("akira", "file", "content");
  FaultProxy line(server.port());
  line.add({.what = What::answer, .verb = "EPSV", .bytes = "502 not here\r\n"});
  FerryClient client({FaultProxy::kHost, line.port(), "akira", kPassword}, {"--tls=off"});
  client.waits("3s");
  const RunResult got = client.run("get", {"-o", "copy", "/file"});
  EXPECT_EQ(got.exit_code, 0) << got.err;
  EXPECT_EQ(read_file(client.here() / "copy"), "content");
  EXPECT_TRUE(line.has_happened());
}

class NobodyIsAsked : public client::TrustAsker {
 public:
  client::TrustAnswer unknown_certificate(const client::Site&, const client::Certificate&) override {
    return client::TrustAnswer::no;
  }
};

// The kernel takes a whole small file at once. What is told as sent has left it, "all is there but the
// server's word" comes when it has, and a line that needs longer than the time-out for it is slow, not dead.
TEST(FerryOverASlowLine, UploadCountsWhatHasLeft) {
  FerrydServer server;
  server.add_account("akira");
  FaultProxy line(server.port());
  constexpr Bytes kSize = 1'200'000, kRate = 1'000'000;
  line.add({.what = What::slow, .side = Side::data, .direction = Direction::up, .rate = kRate});
  TempDir folder;
  write_noise(folder.path() / "file", kSize, 3);

  client::Site site;
  site.host = FaultProxy::kHost;
  site.port = line.port();
  site.security = ftp::Security::clear;
  site.timeout = 500ms;
  client::TrustStore store((folder.path() / "trust").string());
  NobodyIsAsked asker;
  client::Cancel cancel;
  auto connection = client::Connection::open(site, store, asker, cancel);
  ASSERT_TRUE(connection) << connection.error().context;
  ASSERT_TRUE((*connection)->login("akira", Secret(kPassword)));

  const auto began = std::chrono::steady_clock::now();
  Bytes last = 0;
  std::optional<std::chrono::steady_clock::duration> confirming;
  const auto progress = [&](const client::TransferState& state) {
    const auto now = std::chrono::steady_clock::now() - began;
    EXPECT_GE(state.done, last);
    last = state.done;
    if (state.phase == client::Phase::confirming && !confirming) confirming = now;
    // What the line has let through by now, and what its own small buffer may hold.
    const auto most = kRate * std::chrono::duration_cast<std::chrono::milliseconds>(now).count() / 1000;
    EXPECT_LE(state.done, most + 150'000) << state.done;
  };
  const auto put = client::put_file(**connection, (folder.path() / "file").string(), "/file", {}, progress);
  ASSERT_TRUE(put) << put.error().context;
  EXPECT_EQ(last, kSize);
  ASSERT_TRUE(confirming);
  EXPECT_GT(*confirming, 800ms);
  EXPECT_TRUE(same_content(folder.path() / "file", server.home("akira") / "file"));
}

}  // namespace
}  // namespace ferry::test
