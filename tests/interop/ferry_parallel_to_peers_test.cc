// ferry with several sessions at once against vsftpd, ProFTPD and Pure-FTPd, also where they let in only two.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "tests/support/bytes.h"
#include "tests/support/ferry_client.h"
#include "tests/support/peer_server.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

struct Case {
  Peer peer;
  bool tls;
  int most_sessions;
};

std::string name_of_case(const testing::TestParamInfo<Case>& info) {
  return name_of(info.param.peer) + (info.param.tls ? "Tls" : "Clear") +
         (info.param.most_sessions > 0 ? "Only" + std::to_string(info.param.most_sessions) : "");
}

std::map<std::string, std::string> content_of(const fs::path& root) {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    found[entry.path().lexically_relative(root)] = entry.is_directory() ? "" : read_file(entry.path());
  }
  return found;
}

class FerryParallelToPeer : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    PeerOptions options;
    options.require_tls = GetParam().tls;
    options.most_sessions = GetParam().most_sessions;
    try {
      server_ = PeerServer::start(GetParam().peer, options);
    } catch (const PeerUnavailable& why) {
      SKIP_UNLESS_CI(why);
    }
    std::vector<std::string> security{"--tls=off"};
    if (GetParam().tls) security = {"--tls=required", "--ca", server_->certificate().string()};
    client_ = std::make_unique<FerryClient>(
        ClientServer{server_->host(), server_->port(), server_->user(), server_->password()}, security);
  }

  testing::AssertionResult is_done(const RunResult& result) const {
    if (result.exit_code == 0 && result.err.find("oo many") == std::string::npos &&
        result.err.find("maximum") == std::string::npos)
      return testing::AssertionSuccess();
    return testing::AssertionFailure() << "exit " << result.exit_code << "\n" << result.err << server_->log();
  }

  std::unique_ptr<PeerServer> server_;
  std::unique_ptr<FerryClient> client_;
};

INSTANTIATE_TEST_SUITE_P(AllServers, FerryParallelToPeer,
                         testing::Values(Case{Peer::vsftpd, false, 2}, Case{Peer::vsftpd, true, 0},
                                         Case{Peer::proftpd, false, 2}, Case{Peer::proftpd, true, 0},
                                         Case{Peer::pureftpd, false, 2}, Case{Peer::pureftpd, true, 0},
                                         Case{Peer::pureftpd, false, 1}),
                         name_of_case);

TEST_P(FerryParallelToPeer, ATreeGoesUpAndComesBack) {
  const fs::path tree = client_->here() / "tree";
  for (const char* folder : {"one", "two", "two/deeper"}) {
    fs::create_directories(tree / folder);
    for (std::size_t i = 0; i < 6; ++i) write_file(tree / folder / std::to_string(i), some_bytes(30'000 + i));
  }
  EXPECT_TRUE(is_done(client_->run("put", {"-r", "-j", "4", "tree", server_->remote_dir()})));
  EXPECT_EQ(content_of(server_->root() / "tree"), content_of(tree));
  EXPECT_TRUE(is_done(client_->run("get", {"-r", "-j", "4", "-o", "back", server_->remote_dir() + "/tree"})));
  EXPECT_EQ(content_of(client_->here() / "back/tree"), content_of(tree));
}

}  // namespace
}  // namespace ferry::test
