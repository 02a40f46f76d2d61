// ferry doctor against vsftpd, ProFTPD and Pure-FTPd as Debian ships them.
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

class FerryDoctorAndPeers : public testing::TestWithParam<Case> {};

TEST_P(FerryDoctorAndPeers, FindsNoProblemAndLeavesNothing) {
  std::unique_ptr<PeerServer> server;
  try {
    server = PeerServer::start(GetParam().peer, {.require_tls = GetParam().tls});
  } catch (const PeerUnavailable& why) {
    SKIP_UNLESS_CI(why);
  }
  std::vector<std::string> security{"--tls=off"};
  if (GetParam().tls) security = {"--ca", server->certificate().string()};
  const FerryClient client({server->host(), server->port(), server->user(), server->password()}, security);
  const RunResult result = client.run("doctor", {"--active", "--write", server->remote_dir()});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err << server->log();
  const auto has = [&](const std::string& text) { return result.out.find(text) != std::string::npos; };
  for (const char* topic : {"ok\tlogin\t", "ok\tdata\t", "ok\tactive\t", "ok\twrite\t", "ok\tclock\t"})
    EXPECT_TRUE(has(topic)) << topic << result.out;
  EXPECT_TRUE(has("ok\tpassive\tEPSV")) << result.out;
  EXPECT_EQ(has("ok\tlisting\t"), GetParam().peer != Peer::vsftpd) << result.out;
  // vsftpd and ProFTPD refuse data connections that do not resume; Pure-FTPd does not care.
  const bool must_resume = GetParam().tls && GetParam().peer != Peer::pureftpd;
  EXPECT_TRUE(!must_resume || has("ok\tresumption\t")) << result.out;
  EXPECT_EQ(has("\tencryption\tnothing is encrypted"), !GetParam().tls) << result.out;
  EXPECT_TRUE(fs::is_empty(server->root()));
}

std::string name_of_case(const testing::TestParamInfo<Case>& info) {
  return name_of(info.param.peer) + (info.param.tls ? "Tls" : "Clear");
}

INSTANTIATE_TEST_SUITE_P(Servers, FerryDoctorAndPeers,
                         testing::Values(Case{Peer::vsftpd, false}, Case{Peer::vsftpd, true},
                                         Case{Peer::proftpd, false}, Case{Peer::proftpd, true},
                                         Case{Peer::pureftpd, false}, Case{Peer::pureftpd, true}),
                         name_of_case);

}  // namespace
}  // namespace ferry::test
