// ferry's resume against foreign servers: one that has digests, and one where the person has to be asked.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "client/engine/upload_records.h"
#include "tests/support/ferry_client.h"
#include "tests/support/peer_server.h"
#include "tests/support/terminal.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

// A foreign server with digests: ProFTPD's mod_digest has HASH, without RANG, and XSHA256 with ranges.
class FerryAndForeignDigests : public testing::Test {
 protected:
  void SetUp() override {
    try {
      server_ = PeerServer::start(Peer::proftpd, {.digests = true});
    } catch (const PeerUnavailable& why) {
      SKIP_UNLESS_CI(why);
    }
    client_ = std::make_unique<FerryClient>(
        ClientServer{server_->host(), server_->port(), server_->user(), server_->password()},
        std::vector<std::string>{"--tls=off"});
    write_noise(here("tape 1"), 3'000'000, 5);
  }
  std::string remote() const { return server_->remote_dir() + "/tape 1"; }
  fs::path there() const { return server_->root() / "tape 1"; }
  fs::path here(const std::string& name) const { return client_->here() / name; }
  static testing::AssertionResult says(const RunResult& result, const std::string& text) {
    if (result.exit_code == 0 && result.err.find(text) != std::string::npos)
      return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << "exit " << result.exit_code << ", no " << text << ": " << result.err;
  }

  std::unique_ptr<PeerServer> server_;
  std::unique_ptr<FerryClient> client_;
};

TEST_F(FerryAndForeignDigests, VerifyBothDirections) {
  EXPECT_TRUE(says(client_->run("put", {"tape 1", server_->remote_dir()}), "verified=server"));
  EXPECT_TRUE(says(client_->run("get", {"-o", "back", remote()}), "verified=server"));
  for (const char* kind : {"--verify=sha512", "--verify=sha1", "--verify=md5"})
    EXPECT_TRUE(says(client_->run("get", {kind, "-o", "back", remote()}), "verified=server")) << kind;
  EXPECT_TRUE(same_content(here("tape 1"), here("back")));
}

TEST_F(FerryAndForeignDigests, LetAnUploadGoOnWithoutARecord) {
  fs::copy(here("tape 1"), there());
  fs::resize_file(there(), 1'000'001);
  EXPECT_TRUE(says(client_->run("put", {"-c", "tape 1", server_->remote_dir()}), " offset=1000001"));
  EXPECT_TRUE(same_content(here("tape 1"), there()));
  const RunResult again = client_->run("put", {"-c", "tape 1", server_->remote_dir()});
  EXPECT_TRUE(says(again, " bytes=0 "));
  write_noise(there(), 1'000'000, 6);
  EXPECT_TRUE(says(client_->run("put", {"-c", "tape 1", server_->remote_dir()}), "differs from this file"));
  EXPECT_TRUE(same_content(here("tape 1"), there()));
}

TEST_F(FerryAndForeignDigests, LetADownloadGoOnWithoutAJournal) {
  fs::rename(here("tape 1"), there());
  const fs::path part = here("tape 1.ferry-part");
  fs::copy(there(), part);
  fs::resize_file(part, 1'500'000);
  EXPECT_TRUE(says(client_->run("get", {"-c", remote()}), " offset=1500000"));
  EXPECT_TRUE(same_content(here("tape 1"), there()));
  fs::remove(here("tape 1"));
  write_noise(part, 1'500'000, 6);
  EXPECT_TRUE(says(client_->run("get", {"-c", remote()}), "differs from the server's"));
  EXPECT_TRUE(same_content(here("tape 1"), there()));
}

// vsftpd tells no digests, so nothing can be shown of a piece without a record.
class FerryAsks : public testing::Test {
 protected:
  void SetUp() override {
    try {
      server_ = PeerServer::start(Peer::vsftpd);
    } catch (const PeerUnavailable& why) {
      SKIP_UNLESS_CI(why);
    }
    client_ = std::make_unique<FerryClient>(
        ClientServer{server_->host(), server_->port(), server_->user(), server_->password()},
        std::vector<std::string>{"--tls=off"});
    write_noise(client_->here() / "tape", 1'500'000, 1);
    write_file(there(), read_file(client_->here() / "tape").substr(0, 1'000'000));
    fs::permissions(there(), fs::perms::all);
  }
  // Uploads on a terminal; answers with `typed`. The exit code.
  int put(const std::string& question, const std::string& typed) {
    std::vector<std::string> line =
        client_->command_line("put", {"--resume=ask", "tape", server_->remote_dir()});
    std::erase(line, "--no-input");
    line.insert(line.begin(),
                {"/usr/bin/env", "-C", client_->here().string(),
                 "HOME=" + client_->here().parent_path().string(), "TERM=dumb", "LC_ALL=C.UTF-8"});
    Terminal terminal(line);
    terminal.type_after(question, typed);
    const int code = terminal.exit_code();
    screen_ = terminal.screen();
    return code;
  }
  fs::path there() const { return server_->root() / "tape"; }

  std::unique_ptr<PeerServer> server_;
  std::unique_ptr<FerryClient> client_;
  std::string screen_;
};

TEST_F(FerryAsks, WhetherToGoOnWithWhatCannotBeShown) {
  EXPECT_EQ(put("[G]o on all the same", "g\n"), 0) << screen_;
  EXPECT_NE(screen_.find("offset=1000000"), std::string::npos) << screen_;
  EXPECT_TRUE(same_content(there(), client_->here() / "tape"));
}

TEST_F(FerryAsks, WhetherToLeaveIt) {
  const std::string before = read_file(there());
  EXPECT_EQ(put("[l]eave it", "l\n"), 11) << screen_;
  EXPECT_NE(screen_.find("left as it is"), std::string::npos) << screen_;
  EXPECT_TRUE(read_file(there()) == before);
}

TEST_F(FerryAsks, AndNeverOffersToGoOnWithWhatDiffers) {
  write_file(there(), std::string(2'000'000, 'x'));  // longer than the file here
  EXPECT_EQ(put("[S]tart over, [l]eave it", "g\ns\n"), 0) << screen_;
  EXPECT_EQ(screen_.find("[G]o on"), std::string::npos) << screen_;
  EXPECT_EQ(screen_.find("offset="), std::string::npos) << screen_;
  EXPECT_TRUE(same_content(there(), client_->here() / "tape"));
}

TEST_F(FerryAsks, NobodyWithoutATerminal) {
  const RunResult anew = client_->run("put", {"--resume=ask", "tape", server_->remote_dir()});
  EXPECT_EQ(anew.exit_code, 0) << anew.err;
  EXPECT_NE(anew.err.find("cannot be shown to be of this file"), std::string::npos) << anew.err;
  EXPECT_TRUE(same_content(there(), client_->here() / "tape"));
}

// We began this upload; but another has put a file of his own there since, or the server kept an old one.
TEST_F(FerryAsks, RecordIsNoProofOfWhatStandsThere) {
  const fs::path tape = client_->here() / "tape";
  const auto begin = [&] {
    struct stat info {};
    ASSERT_EQ(::stat(tape.c_str(), &info), 0);
    fs::create_directories(client_->upload_records().parent_path());
    client::UploadRecords records(client_->upload_records().string());
    ASSERT_TRUE(records.begin({server_->host() + ":" + std::to_string(server_->port()), server_->user(),
                               server_->remote_dir() + "/tape"},
                              client::identity_of(info)));
  };
  begin();
  const RunResult on = client_->run("put", {"-c", "tape", server_->remote_dir()});
  EXPECT_NE(on.err.find(" offset=1000000"), std::string::npos) << on.err;
  EXPECT_TRUE(same_content(there(), tape));
  write_noise(there(), 1'000'000, 6);
  begin();
  const RunResult anew = client_->run("put", {"-c", "tape", server_->remote_dir()});
  EXPECT_EQ(anew.exit_code, 0) << anew.err;
  EXPECT_NE(anew.err.find("cannot be shown to be of this file"), std::string::npos) << anew.err;
  EXPECT_TRUE(same_content(there(), tape));
}

}  // namespace
}  // namespace ferry::test
