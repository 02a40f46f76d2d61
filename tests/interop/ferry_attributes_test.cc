// What files keep on their way to and from foreign servers: MFMT, MDTM as an order, SITE CHMOD and MFF
// differ.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/support/ferry_client.h"
#include "tests/support/peer_server.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kThen = 1'600'000'000;  // 2020-09-13 12:26:40 UTC

class FerryAttributesToPeers : public testing::TestWithParam<Peer> {
 protected:
  void SetUp() override {
    try {
      server_ = PeerServer::start(GetParam());
    } catch (const PeerUnavailable& why) {
      SKIP_UNLESS_CI(why);
    }
    client_ = std::make_unique<FerryClient>(
        ClientServer{server_->host(), server_->port(), server_->user(), server_->password()},
        std::vector<std::string>{"--tls=off"});
    fs::create_directory(here("tree"));
    for (const char* name : {"tree/a file", "tree/b"}) {
      write_file(here(name), name);
      fs::permissions(here(name), fs::perms(0750));
      const timespec times[2]{{0, UTIME_OMIT}, {kThen, 0}};
      ASSERT_EQ(::utimensat(AT_FDCWD, here(name).c_str(), times, 0), 0);
    }
  }
  fs::path here(const std::string& name) const { return client_->here() / name; }
  fs::path there(const std::string& name) const { return server_->root() / name; }
  static struct stat look(const fs::path& path) {
    struct stat info {};
    EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
    return info;
  }

  std::unique_ptr<PeerServer> server_;
  std::unique_ptr<FerryClient> client_;
};

TEST_P(FerryAttributesToPeers, AreKeptBothWays) {
  const RunResult up = client_->run("put", {"-r", "--preserve=time,mode", "tree", server_->remote_dir()});
  ASSERT_EQ(up.exit_code, 0) << up.err << server_->log();
  // vsftpd has SITE CHMOD for local users only; here it serves its anonymous one.
  const bool keeps_modes = GetParam() != Peer::vsftpd;
  EXPECT_EQ(up.err.find("keeps its own modes") == std::string::npos, keeps_modes) << up.err << server_->log();
  EXPECT_EQ(up.err.find("keeps its own times"), std::string::npos) << up.err << server_->log();
  for (const char* name : {"tree/a file", "tree/b"}) {
    EXPECT_EQ(look(there(name)).st_mtim.tv_sec, kThen) << name << up.err << server_->log();
    if (keeps_modes) {
      EXPECT_EQ(look(there(name)).st_mode & 07777, 0750U) << name;
    }
    fs::permissions(there(name), fs::perms(0740));
  }
  const RunResult down =
      client_->run("get", {"-r", "--preserve=time,mode", "-o", "back", server_->remote_dir() + "/tree"});
  ASSERT_EQ(down.exit_code, 0) << down.err << server_->log();
  const RunResult one =
      client_->run("get", {"--preserve=time,mode", "-o", "one", server_->remote_dir() + "/tree/a file"});
  ASSERT_EQ(one.exit_code, 0) << one.err << server_->log();
  for (const char* name : {"back/tree/a file", "back/tree/b", "one"}) {
    EXPECT_EQ(look(here(name)).st_mtim.tv_sec, kThen) << name << server_->log();
    EXPECT_EQ(look(here(name)).st_mode & 07777, 0740U) << name << server_->log();
  }
}

INSTANTIATE_TEST_SUITE_P(AllServers, FerryAttributesToPeers,
                         testing::Values(Peer::vsftpd, Peer::proftpd, Peer::pureftpd),
                         [](const auto& each) { return name_of(each.param); });

}  // namespace
}  // namespace ferry::test
