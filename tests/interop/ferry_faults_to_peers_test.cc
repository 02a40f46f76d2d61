// ferry against vsftpd, ProFTPD and Pure-FTPd over lines that fail: in time, with a reason, no mixture, and
// the same command goes on. What every kind of failure does is in tests/integration/ferry_faults_test.cc.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "tests/support/bytes.h"
#include "tests/support/fault_proxy.h"
#include "tests/support/ferry_client.h"
#include "tests/support/peer_server.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using What = Fault::What;
using Side = Fault::Side;
using Direction = Fault::Direction;

class FerryToPeersOverABadLine : public testing::TestWithParam<Peer> {
 protected:
  void SetUp() override {
    try {
      server_ = PeerServer::start(GetParam());
    } catch (const PeerUnavailable& why) {
      SKIP_UNLESS_CI(why);
    }
    const std::string bytes = some_bytes(400'000);
    write_file(server_->root() / "there", bytes);
    fs::create_directory(server_->root() / "tree");
    for (const char* name : {"a", "b", "c"})
      write_file(server_->root() / "tree" / name, bytes.substr(0, 70'000));
  }

  // All of them at once, each over a line of its own; then once more over a good one.
  void expect_all_get_over(const Fault& fault) {
    const std::string dir = server_->remote_dir();
    const std::vector<std::vector<std::string>> commands{
        {"get", "-c", "-o", "copy", dir + "/there"},
        {"put", "-c", "here", dir + "/copy"},
        {"get", "-r", "-c", "-o", "into", dir + "/tree"},
        {"ls", dir + "/tree"},
    };
    struct Try {
      FaultProxy line;
      FerryClient client;
      std::unique_ptr<ChildProcess> child;
      explicit Try(const PeerServer& server)
          : line(server.port()),
            client({FaultProxy::kHost, line.port(), server.user(), server.password()}, {"--tls=off"}) {}
    };
    std::vector<std::unique_ptr<Try>> tries;
    const auto begin = [&](std::size_t i, const std::string& timeout) {
      FerryClient& client = tries[i]->client;
      client.waits(timeout);
      std::vector<std::string> operands(commands[i].begin() + 1, commands[i].end());
      // The fault lasts until it is healed: one try says enough.
      const bool has_retries = commands[i][0] == "get" || commands[i][0] == "put";
      if (has_retries) operands.insert(operands.begin(), {"--retries", "0"});
      tries[i]->child = std::make_unique<ChildProcess>(client.command_line(commands[i][0], operands),
                                                       client.child_options());
    };
    for (std::size_t i = 0; i < commands.size(); ++i) {
      tries.push_back(std::make_unique<Try>(*server_));
      write_file(tries[i]->client.here() / "here", some_bytes(400'000));
      tries[i]->line.add(fault);
      begin(i, "400ms");
    }
    const auto is_whole_or_missing = [&](const fs::path& from, const fs::path& to) {
      return !fs::exists(to) || same_content(from, to);
    };
    for (std::size_t i = 0; i < commands.size(); ++i) {
      SCOPED_TRACE(commands[i][0]);
      const int code = tries[i]->child->wait(15s).value_or(1000);
      const std::string said = tries[i]->child->err();
      EXPECT_TRUE(std::set<int>({0, 6, 10}).contains(code)) << code << said;
      EXPECT_TRUE(code == 0 || said.find("ferry: ") != said.npos) << said;
      EXPECT_TRUE(is_whole_or_missing(server_->root() / "there", tries[i]->client.here() / "copy"));
      for (const char* name : {"a", "b", "c"})
        EXPECT_TRUE(is_whole_or_missing(server_->root() / "tree" / name,
                                        tries[i]->client.here() / "into/tree" / name));
      tries[i]->line.heal();
      begin(i, "20s");
      EXPECT_EQ(tries[i]->child->wait(30s), 0) << tries[i]->child->err() << server_->log();
    }
    EXPECT_TRUE(same_content(server_->root() / "there", tries[0]->client.here() / "copy"));
    EXPECT_TRUE(same_content(tries[1]->client.here() / "here", server_->root() / "copy"));
    for (const char* name : {"a", "b", "c"})
      EXPECT_TRUE(
          same_content(server_->root() / "tree" / name, tries[2]->client.here() / "into/tree" / name));
    EXPECT_NE(tries[3]->child->out().find("\tc\n"), std::string::npos);
  }

  std::unique_ptr<PeerServer> server_;
};

TEST_P(FerryToPeersOverABadLine, StallsAreGotOver) {
  expect_all_get_over({.what = What::stall, .side = Side::data, .at = 50'000});
  expect_all_get_over({.what = What::stall, .side = Side::data, .direction = Direction::up, .at = 50'000});
}

TEST_P(FerryToPeersOverABadLine, CutsAreGotOver) {
  expect_all_get_over({.what = What::reset, .side = Side::data, .direction = Direction::up, .at = 50'000});
  expect_all_get_over({.what = What::end, .side = Side::data, .at = 50'000});
  expect_all_get_over({.what = What::end, .at = 500});
}

TEST_P(FerryToPeersOverABadLine, AnswersThatAreNoneAreGotOver) {
  expect_all_get_over(
      {.what = What::answer, .verb = "*", .nth = 6, .bytes = "421 leaving\r\n", .then_close = true});
  expect_all_get_over({.what = What::behind, .verb = "TYPE", .bytes = "200 once more\r\n"});
}

INSTANTIATE_TEST_SUITE_P(Servers, FerryToPeersOverABadLine,
                         testing::Values(Peer::vsftpd, Peer::proftpd, Peer::pureftpd),
                         [](const auto& row) { return name_of(row.param); });

}  // namespace
}  // namespace ferry::test
