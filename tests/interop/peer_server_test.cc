// The foreign servers that other interop tests rely on, proved with curl: what these fixtures promise holds,
// so a failure elsewhere is Ferry's.
#include "tests/support/peer_server.h"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>
#include <fstream>
#include <sstream>

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

struct Case {
  Peer peer;
  bool tls;
};

std::string name_of_case(const testing::TestParamInfo<Case>& info) {
  return name_of(info.param.peer) + (info.param.tls ? "_tls" : "_clear");
}

// Every byte value, at offsets that no buffer size divides.
std::string all_bytes(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 12345;
  for (char& byte : text) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return text;
}

void write_bytes(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string read_bytes(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string url_of(const PeerServer& server, const std::string& path) {
  const bool ipv6 = server.host().find(':') != std::string::npos;
  return fmt::format("ftp://{}:{}/{}", ipv6 ? "[" + server.host() + "]" : server.host(), server.port(), path);
}

// curl with the server's login on its standard input, where no process list shows it.
RunResult curl(const PeerServer& server, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(),
                   {"curl", "--config", "-", "--silent", "--show-error", "--max-time", "30"});
  ChildOptions options;
  options.input = fmt::format("user = \"{}:{}\"\n", server.user(), server.password());
  return run(arguments, options);
}

class PeerServerTest : public testing::TestWithParam<Case> {
 protected:
  PeerServerTest() : server_(PeerServer::start(GetParam().peer, {.tls = GetParam().tls})) {}

  // curl for this server; with TLS it insists on it and trusts only this server's certificate. TLS 1.2
  // because with 1.3 curl ends an upload's data connection without having read the server's tickets; the
  // kernel answers those with a reset, and vsftpd now and then loses the tail and says 426.
  std::string curl_output(std::vector<std::string> arguments) {
    if (GetParam().tls) {
      arguments.insert(arguments.begin(),
                       {"--ssl-reqd", "--tls-max", "1.2", "--cacert", server_->certificate().string()});
    }
    const RunResult result = curl(*server_, arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err << server_->log();
    return result.out;
  }

  std::string url(const std::string& path) const { return url_of(*server_, path); }

  std::unique_ptr<PeerServer> server_;
  TempDir here_;
};

TEST_P(PeerServerTest, KeepsAnUploadByteForByte) {
  const std::string bytes = all_bytes(1234567);
  write_bytes(here_.path() / "file", bytes);
  curl_output({"--upload-file", (here_.path() / "file").string(), url("kept")});
  EXPECT_TRUE(read_bytes(server_->root() / "kept") == bytes);
}

TEST_P(PeerServerTest, GivesADownloadByteForByte) {
  const std::string bytes = all_bytes(1234567);
  write_bytes(server_->root() / "given", bytes);
  curl_output({"--output", (here_.path() / "got").string(), url("given")});
  EXPECT_TRUE(read_bytes(here_.path() / "got") == bytes);
}

TEST_P(PeerServerTest, NamesItsFolderAsRemoteDirDoes) {
  write_bytes(server_->root() / "named", "found");
  EXPECT_EQ(curl_output({url("%2F" + server_->remote_dir().substr(1) + "/named")}), "found");
}

TEST_P(PeerServerTest, ListsWhatIsThere) {
  write_bytes(server_->root() / "one", "1");
  fs::create_directory(server_->root() / "two");
  const std::string listing = curl_output({url("")});
  EXPECT_NE(listing.find("one"), std::string::npos) << listing;
  EXPECT_NE(listing.find("two"), std::string::npos) << listing;
}

TEST_P(PeerServerTest, MakesRenamesAndRemoves) {
  write_bytes(here_.path() / "file", "text");
  curl_output(
      {"--ftp-create-dirs", "--upload-file", (here_.path() / "file").string(), url("made/inside/file")});
  curl_output({"--quote", "RNFR made/inside/file", "--quote", "RNTO made/moved", "--quote", "RMD made/inside",
               url("")});
  EXPECT_EQ(read_bytes(server_->root() / "made/moved"), "text");
  EXPECT_FALSE(fs::exists(server_->root() / "made/inside"));
  curl_output({"--quote", "DELE made/moved", "--quote", "RMD made", url("")});
  EXPECT_TRUE(fs::is_empty(server_->root()));
}

TEST_P(PeerServerTest, ResumesAnUploadAndADownload) {
  const std::string bytes = all_bytes(300000);
  const std::string half = bytes.substr(0, 123457);
  write_bytes(here_.path() / "file", bytes);
  write_bytes(server_->root() / "resumed", half);
  curl_output({"--continue-at", "-", "--upload-file", (here_.path() / "file").string(), url("resumed")});
  EXPECT_TRUE(read_bytes(server_->root() / "resumed") == bytes);

  write_bytes(here_.path() / "half", half);
  curl_output({"--continue-at", "-", "--output", (here_.path() / "half").string(), url("resumed")});
  EXPECT_TRUE(read_bytes(here_.path() / "half") == bytes);
}

TEST_P(PeerServerTest, RestartsAnUploadInTheMiddleOfAFile) {
  write_bytes(server_->root() / "patched", "0123456789");
  write_bytes(here_.path() / "rest", "abcdef");
  curl_output({"--quote", "+REST 4", "--upload-file", (here_.path() / "rest").string(), url("patched")});
  EXPECT_EQ(read_bytes(server_->root() / "patched"), "0123abcdef");
}

TEST_P(PeerServerTest, LeavesNothingBehind) {
  curl_output({url("")});
  const fs::path folder = server_->root().parent_path();
  const pid_t pid = server_->pid();
  const std::uint16_t port = server_->port();
  const std::string host = server_->host();
  server_.reset();
  EXPECT_FALSE(fs::exists(folder));
  EXPECT_TRUE(is_port_free(host, port));
  EXPECT_TRUE(wait_until([&] { return ::kill(-pid, 0) != 0 && errno == ESRCH; })) << "processes are left";
}

// Debian's curl and pyftpdlib do not get on over TLS (the data connection is reset); ferry and pyftpdlib do.
INSTANTIATE_TEST_SUITE_P(Peers, PeerServerTest,
                         testing::Values(Case{Peer::vsftpd, false}, Case{Peer::vsftpd, true},
                                         Case{Peer::proftpd, false}, Case{Peer::proftpd, true},
                                         Case{Peer::pureftpd, false}, Case{Peer::pureftpd, true},
                                         Case{Peer::pyftpdlib, false}),
                         name_of_case);

std::string name_of_peer(const testing::TestParamInfo<Peer>& info) {
  return name_of(info.param);
}

class EveryPeerTest : public testing::TestWithParam<Peer> {};

TEST_P(EveryPeerTest, SpeaksTls12And13) {
  const auto server = PeerServer::start(GetParam(), {.tls = true});
  for (const char* newest : {"1.2", "1.3"}) {
    const RunResult result =
        curl(*server, {"--ssl-reqd", "--insecure", "--tls-max", newest, url_of(*server, "")});
    EXPECT_EQ(result.exit_code, 0) << newest << '\n' << result.err << server->log();
  }
}

TEST_P(EveryPeerTest, RefusesAClearLoginIfTlsIsRequired) {
  const auto server = PeerServer::start(GetParam(), {.require_tls = true});
  EXPECT_NE(curl(*server, {url_of(*server, "")}).exit_code, 0);
  const RunResult result = curl(*server, {"--ssl-reqd", "--insecure", url_of(*server, "")});
  EXPECT_EQ(result.exit_code, 0) << result.err << server->log();
}

TEST_P(EveryPeerTest, ServesIpv6) {
  const auto server = PeerServer::start(GetParam(), {.tls = true, .ipv6 = true});
  write_bytes(server->root() / "six", "text");
  const RunResult result =
      curl(*server, {"--ssl-reqd", "--cacert", server->certificate().string(), url_of(*server, "six")});
  EXPECT_EQ(result.out, "text") << result.err << server->log();
}

INSTANTIATE_TEST_SUITE_P(Peers, EveryPeerTest, testing::Values(Peer::vsftpd, Peer::proftpd, Peer::pureftpd),
                         name_of_peer);

TEST(PeerServer, RefusesAWrongPassword) {
  const auto server = PeerServer::start(Peer::proftpd);
  ChildOptions options;
  options.input = fmt::format("user = \"{}:wrong\"\n", server->user());
  const int kLoginDenied = 67;
  EXPECT_EQ(run({"curl", "--config", "-", "--silent", url_of(*server, "")}, options).exit_code, kLoginDenied);
}

TEST(PeerServer, RunsSeveralAtOnce) {
  const auto one = PeerServer::start(Peer::pureftpd);
  const auto two = PeerServer::start(Peer::pureftpd);
  EXPECT_NE(one->port(), two->port());
  EXPECT_EQ(curl(*one, {url_of(*one, "")}).exit_code, 0);
  EXPECT_EQ(curl(*two, {url_of(*two, "")}).exit_code, 0);
}

}  // namespace
}  // namespace ferry::test
