// ferry sync against vsftpd, ProFTPD, Pure-FTPd and pyftpdlib, in clear and over TLS: what has been done once
// is not done again.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <map>

#include "tests/support/ferry_client.h"
#include "tests/support/peer_server.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct Case {
  Peer peer;
  bool tls;
  bool digests = false;
};

std::string name_of_case(const testing::TestParamInfo<Case>& info) {
  return name_of(info.param.peer) + (info.param.tls ? "Tls" : "Clear") +
         (info.param.digests ? "Digests" : "");
}

std::map<std::string, std::string> snapshot(const fs::path& root) {
  std::map<std::string, std::string> tree;
  for (const auto& entry : fs::recursive_directory_iterator(root))
    tree[fs::relative(entry.path(), root).native()] =
        entry.is_directory() ? "folder" : read_file(entry.path());
  return tree;
}

class FerrySyncToPeer : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    PeerOptions options;
    options.require_tls = GetParam().tls;
    options.digests = GetParam().digests;
    try {
      server_ = PeerServer::start(GetParam().peer, options);
    } catch (const PeerUnavailable& why) {
      SKIP_UNLESS_CI(why);
    }
    std::vector<std::string> security{"--tls=off"};
    if (GetParam().tls) security = {"--tls=required", "--ca", server_->certificate().string()};
    client_ = std::make_unique<FerryClient>(
        ClientServer{server_->host(), server_->port(), server_->user(), server_->password()}, security);
    put("old.txt", "one", 24h * 400);
    put("a.txt", "two", 48h);
    put("b/c d.txt", "three", 1h);
    put("b/e/f", "", 0h);
    put(".profile", "some servers hide it", 24h);
    put(".config/app", "and what is in it", 24h);
    put("b/写真.zip", std::string(300'000, 'x'), 24h * 200);
    fs::create_directory(here("empty"));
  }
  void put(const std::string& name, const std::string& bytes, std::chrono::hours age) {
    fs::create_directories(here(name).parent_path());
    write_file(here(name), bytes);
    fs::last_write_time(here(name), fs::file_time_type::clock::now() - age);
  }

  fs::path here(const std::string& name = "") const { return client_->here() / "tree" / name; }
  fs::path there(const std::string& name = "") const { return server_->root() / "tree" / name; }
  testing::AssertionResult does(std::vector<std::string> options, int code,
                                const std::string& text = "") const {
    std::vector<std::string> line = client_->command_line("sync", {});
    const bool is_up = options.front() == "--up";
    const std::string remote = server_->remote_dir() + "/tree";
    line.insert(line.end(), options.begin(), options.end());
    line.insert(line.end(), {is_up ? "tree" : remote, is_up ? remote : "tree"});
    const RunResult result = run(line, client_->child_options());
    if (result.exit_code == code && result.err.find(text) != std::string::npos)
      return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << "exit " << result.exit_code << ", not " << code << " with \"" << text << "\":\n"
           << result.out << result.err << server_->log();
  }

  std::unique_ptr<PeerServer> server_;
  std::unique_ptr<FerryClient> client_;
};

TEST_P(FerrySyncToPeer, UploadsOnceAndThenHasNothingToDo) {
  EXPECT_TRUE(does({"--up"}, 0, "7 files to copy"));
  EXPECT_EQ(snapshot(there()), snapshot(here()));
  EXPECT_TRUE(does({"--up"}, 0, "nothing to do"));
  EXPECT_TRUE(does({"--up", "--delete"}, 0, "nothing to do"));

  put("a.txt", "owt", 0h);  // the same size
  EXPECT_TRUE(does({"--up"}, 0, "1 file to copy"));
  EXPECT_EQ(read_file(there("a.txt")), "owt");
  EXPECT_TRUE(does({"--up"}, 0, "nothing to do"));

  fs::remove_all(here("b"));
  EXPECT_TRUE(does({"--up", "--delete", "--yes"}, 0, "removed 5"));
  EXPECT_EQ(snapshot(there()), snapshot(here()));
  EXPECT_TRUE(does({"--up", "--delete", "--yes"}, 0, "nothing to do"));
}

TEST_P(FerrySyncToPeer, DownloadsOnceAndThenHasNothingToDo) {
  ASSERT_TRUE(does({"--up"}, 0));
  const auto all = snapshot(here());
  fs::remove_all(here());
  EXPECT_TRUE(does({"--down"}, 0, "7 files to copy"));
  EXPECT_EQ(snapshot(here()), all);
  EXPECT_TRUE(does({"--down"}, 0, "nothing to do"));
  put("extra", "x", 0h);
  EXPECT_TRUE(does({"--down", "--delete", "--yes"}, 0, "removed 1"));
  EXPECT_EQ(snapshot(here()), all);
}

// What a killed upload has left there is younger than the file; it is gone on with all the same, and never
// kept as it is.
TEST_P(FerrySyncToPeer, GoesOnAfterKill) {
  put("big", std::string(3'000'000, 'y'), 48h);
  {
    const std::string remote = server_->remote_dir() + "/tree";
    ChildProcess killed(client_->command_line("sync", {"--up", "--limit", "1M", "tree", remote}),
                        client_->child_options());
    const auto has_begun = [&] {
      std::error_code failure;
      const auto size = fs::file_size(there("big"), failure);
      return !failure && size > 100'000;
    };
    ASSERT_TRUE(wait_until(has_begun)) << killed.err();
    killed.send_signal(SIGKILL);
    (void)killed.wait(5s);
  }
  ASSERT_LT(fs::file_size(there("big")), 3'000'000u);
  EXPECT_TRUE(does({"--up", "--delete", "--yes"}, 0));
  EXPECT_EQ(snapshot(there()), snapshot(here()));
  EXPECT_TRUE(does({"--up"}, 0, "nothing to do"));
}

TEST_P(FerrySyncToPeer, ComparesByHashWhereTheServerCan) {
  ASSERT_TRUE(does({"--up"}, 0));
  const auto time = fs::last_write_time(here("a.txt"));
  write_file(here("a.txt"), "owt");
  fs::last_write_time(here("a.txt"), time);
  if (GetParam().digests) {
    EXPECT_TRUE(does({"--up", "--compare=hash"}, 0, "1 file to copy"));
    EXPECT_EQ(read_file(there("a.txt")), "owt");
  } else {
    EXPECT_TRUE(does({"--up", "--compare=hash"}, 11, "the server computes no digests"));
    EXPECT_EQ(read_file(there("a.txt")), "two");
  }
}

INSTANTIATE_TEST_SUITE_P(Peers, FerrySyncToPeer,
                         testing::Values(Case{Peer::vsftpd, false}, Case{Peer::vsftpd, true},
                                         Case{Peer::proftpd, false}, Case{Peer::proftpd, true, true},
                                         Case{Peer::pureftpd, false}, Case{Peer::pureftpd, true},
                                         Case{Peer::pyftpdlib, false}),
                         name_of_case);

}  // namespace
}  // namespace ferry::test
