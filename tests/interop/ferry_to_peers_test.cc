// ferry against vsftpd, ProFTPD and Pure-FTPd as Debian ships them, in clear and over TLS.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "client/engine/part_journal.h"
#include "client/engine/upload_records.h"
#include "tests/support/bytes.h"
#include "tests/support/ferry_client.h"
#include "tests/support/peer_server.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBigFile = 200'000'000;

struct Case {
  Peer peer;
  bool tls;
  bool ipv6 = false;
  bool active = false;
};

std::string name_of_case(const testing::TestParamInfo<Case>& info) {
  return name_of(info.param.peer) + (info.param.tls ? "Tls" : "Clear") + (info.param.ipv6 ? "V6" : "") +
         (info.param.active ? "Active" : "");
}

class FerryToPeer : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    PeerOptions options;
    options.require_tls = GetParam().tls;
    options.ipv6 = GetParam().ipv6;
    try {
      server_ = PeerServer::start(GetParam().peer, options);
    } catch (const PeerUnavailable& why) {
      SKIP_UNLESS_CI(why);
    }
    std::vector<std::string> security{"--tls=off"};
    if (GetParam().tls) security = {"--tls=required", "--ca", server_->certificate().string()};
    if (GetParam().active) security.push_back("--active");
    client_ = std::make_unique<FerryClient>(
        ClientServer{server_->host(), server_->port(), server_->user(), server_->password()}, security);
  }

  RunResult ferry(const std::string& command, const std::vector<std::string>& operands) {
    return client_->run(command, operands);
  }
  std::string remote(const std::string& name) const { return server_->remote_dir() + "/" + name; }
  fs::path on_server(const std::string& name) const { return server_->root() / name; }
  fs::path here(const std::string& name) const { return client_->here() / name; }
  std::string log() const { return server_->log(); }
  testing::AssertionResult exits(int code, const RunResult& result) const {
    if (result.exit_code == code) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "exit " << result.exit_code << "\n"
                                       << result.out << result.err << log();
  }

  std::string key() const {  // as Site::key()
    const std::string host = GetParam().ipv6 ? "[" + server_->host() + "]" : server_->host();
    return host + ":" + std::to_string(server_->port());
  }
  // Makes of the file that was downloaded what a run leaves that was killed after `bytes`. Returns its
  // journal.
  client::PartJournal leave_partial(const std::string& name, Bytes bytes) {
    const fs::path part = here(name + ".ferry-part");
    struct stat info {};
    EXPECT_EQ(::stat(here(name).c_str(), &info), 0);
    client::PartJournal journal;
    journal.from = {key(), server_->user(), remote(name)};
    journal.size = info.st_size;
    // The server's time as ferry was told it: whole seconds, or what MLST gave.
    journal.modified_ns = info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec;
    journal.boot = client::boot_id();
    fs::rename(here(name), part);
    fs::resize_file(part, static_cast<std::uintmax_t>(bytes));
    EXPECT_TRUE(client::write_journal(part, journal, client::Durability::may_be_lost));
    return journal;
  }

  std::unique_ptr<PeerServer> server_;
  std::unique_ptr<FerryClient> client_;
};

TEST_P(FerryToPeer, MovesBigAndEmptyFilesByteForByte) {
  write_noise(here("big"), kBigFile, 1);
  write_file(here("empty"), "");
  EXPECT_TRUE(exits(0, ferry("put", {"big", "empty", server_->remote_dir()})));
  EXPECT_TRUE(same_content(here("big"), on_server("big")));
  EXPECT_TRUE(same_content(here("empty"), on_server("empty")));
  fs::create_directory(here("back"));
  EXPECT_TRUE(exits(0, ferry("get", {"-o", "back", remote("big"), remote("empty")})));
  EXPECT_TRUE(same_content(here("big"), here("back/big")));
  EXPECT_TRUE(same_content(here("empty"), here("back/empty")));
  EXPECT_FALSE(fs::exists(here("back/big.ferry-part")));
}

TEST_P(FerryToPeer, ListsMakesRenamesAndRemoves) {
  write_file(here("a file.txt"), "hello\n");
  EXPECT_TRUE(exits(0, ferry("mkdir", {remote("photos")})));
  EXPECT_TRUE(exits(0, ferry("put", {"a file.txt", remote("photos/")})));
  const RunResult listing = ferry("ls", {remote("photos")});
  EXPECT_EQ(listing.exit_code, 0) << listing.err;
  EXPECT_EQ(listing.out.substr(0, 7), "file\t6\t") << listing.out;
  EXPECT_NE(listing.out.find("\ta file.txt\n"), std::string::npos) << listing.out;

  const std::string dir = server_->remote_dir();
  const RunResult moved = client_->shell(
      "cd \"" + dir +
      "/photos\"\nmv \"a file.txt\" b.txt\nls\nmkdir deep\nrmdir deep\nrm b.txt\ncd ..\nrmdir photos\n");
  EXPECT_EQ(moved.exit_code, 0) << moved.err;
  EXPECT_NE(moved.out.find("\tb.txt\n"), std::string::npos) << moved.out;
  EXPECT_FALSE(fs::exists(on_server("photos")));
}

TEST_P(FerryToPeer, RefusesToRemoveAFolderThatIsNotEmpty) {
  EXPECT_TRUE(exits(0, ferry("mkdir", {"-p", remote("full/inner")})));
  const RunResult refused = client_->shell("rmdir " + remote("full") + "\n");
  EXPECT_NE(refused.exit_code, 0) << refused.out;
  EXPECT_TRUE(fs::exists(on_server("full/inner")));
  EXPECT_TRUE(exits(0, ferry("rm", {"-r", remote("full")})));
  EXPECT_FALSE(fs::exists(on_server("full")));
}

TEST_P(FerryToPeer, GoesOnWithAnInterruptedDownload) {
  constexpr std::size_t kSize = 3'000'000;
  constexpr Bytes kFirstPart = 1'234'567;
  write_noise(on_server("movie"), kSize, 2);
  EXPECT_TRUE(exits(0, ferry("get", {remote("movie")})));
  // What an interrupted run leaves: the beginning, and its journal.
  leave_partial("movie", kFirstPart);
  const RunResult resumed = ferry("get", {"-c", "--verify=sha256", remote("movie")});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err << log();
  EXPECT_NE(resumed.err.find("offset=1234567"), std::string::npos) << resumed.err;
  EXPECT_TRUE(same_content(here("movie"), on_server("movie")));
}

// These servers have no digests: what follows is the rule of the journal.
TEST_P(FerryToPeer, FetchesAgainWhatAPowerCutMayHaveTaken) {
  write_noise(on_server("movie"), 3'000'000, 2);
  ASSERT_TRUE(exits(0, ferry("get", {remote("movie")})));
  client::PartJournal journal = leave_partial("movie", 1'200'000);
  journal.synced = 1'000'000;
  journal.boot = "before the power cut";
  ASSERT_TRUE(client::write_journal(here("movie.ferry-part"), journal, client::Durability::may_be_lost));
  fs::resize_file(here("movie.ferry-part"), 1'000'000);
  fs::resize_file(here("movie.ferry-part"), 1'200'000);  // its end is zeros now
  const RunResult resumed = ferry("get", {"-c", remote("movie")});
  EXPECT_TRUE(exits(0, resumed));
  EXPECT_NE(resumed.err.find("offset=1000000"), std::string::npos) << resumed.err;
  EXPECT_TRUE(same_content(here("movie"), on_server("movie")));
}

TEST_P(FerryToPeer, ComparesTheEndOfAPartialWithTheServersBytes) {
  write_noise(on_server("movie"), 3'000'000, 2);
  ASSERT_TRUE(exits(0, ferry("get", {remote("movie")})));
  leave_partial("movie", 1'234'567);
  const auto time = fs::last_write_time(on_server("movie"));
  write_noise(on_server("movie"), 3'000'000, 3);  // another one, with the same size and time
  fs::last_write_time(on_server("movie"), time);
  const RunResult anew = ferry("get", {"-c", remote("movie")});
  EXPECT_TRUE(exits(0, anew));
  EXPECT_NE(anew.err.find("is not what the server has, so it is fetched from the start"), std::string::npos)
      << anew.err;
  EXPECT_TRUE(same_content(here("movie"), on_server("movie")));
}

TEST_P(FerryToPeer, DoesNotGoOnWithADamagedPartial) {
  write_noise(on_server("movie"), 3'000'000, 2);
  ASSERT_TRUE(exits(0, ferry("get", {remote("movie")})));
  const std::string start = read_file(here("movie")).substr(0, 1'000'000);
  client::PartJournal journal = leave_partial("movie", 1'000'000);
  journal.synced = 1'000'000;
  journal.digest_kind = DigestKind::sha256;
  journal.digest = sha256_of(start);
  ASSERT_TRUE(client::write_journal(here("movie.ferry-part"), journal, client::Durability::may_be_lost));
  std::string damaged = start;
  damaged[10] = static_cast<char>(damaged[10] ^ 1);
  write_file(here("movie.ferry-part"), damaged);
  const RunResult anew = ferry("get", {"-c", remote("movie")});
  EXPECT_TRUE(exits(0, anew));
  EXPECT_NE(anew.err.find("is not what was received"), std::string::npos) << anew.err;
  EXPECT_TRUE(same_content(here("movie"), on_server("movie")));
}

TEST_P(FerryToPeer, GoesOnWithoutProofOnTheUsersWordOnly) {
  write_noise(on_server("movie"), 3'000'000, 2);
  fs::copy(on_server("movie"), here("movie.ferry-part"));
  fs::resize_file(here("movie.ferry-part"), 1'500'000);
  fs::copy(here("movie.ferry-part"), here("saved"));
  const RunResult careful = ferry("get", {"-c", remote("movie")});
  EXPECT_TRUE(exits(0, careful));
  EXPECT_NE(careful.err.find("cannot be shown to be of this file"), std::string::npos) << careful.err;
  EXPECT_EQ(careful.err.find("offset="), std::string::npos) << careful.err;
  fs::rename(here("saved"), here("movie.ferry-part"));
  const RunResult told = ferry("get", {"--resume=always", remote("movie")});
  EXPECT_TRUE(exits(0, told));
  EXPECT_NE(told.err.find("offset=1500000"), std::string::npos) << told.err;
  EXPECT_TRUE(same_content(here("movie"), on_server("movie")));

  fs::resize_file(on_server("movie"), 1'000'000);
  const RunResult up = ferry("put", {"--resume=always", "movie", server_->remote_dir()});
  EXPECT_TRUE(exits(0, up));
  EXPECT_NE(up.err.find("offset=1000000"), std::string::npos) << up.err;
  EXPECT_TRUE(same_content(here("movie"), on_server("movie")));
}

TEST_P(FerryToPeer, NeverMixesTwoVersionsOfAFile) {
  write_noise(on_server("changing"), 500'000, 3);
  write_noise(here("changing.ferry-part"), 100'000, 4);  // a piece of something else
  EXPECT_TRUE(exits(0, ferry("get", {"-c", remote("changing")})));
  EXPECT_TRUE(same_content(here("changing"), on_server("changing")));
}

TEST_P(FerryToPeer, GoesOnWithAnInterruptedUpload) {
  write_noise(here("tape"), 3'000'000, 5);
  fs::last_write_time(here("tape"), fs::file_time_type::clock::now() - std::chrono::hours(48));
  fs::copy(here("tape"), on_server("tape"));
  fs::resize_file(on_server("tape"), 1'000'001);
  // What an interrupted run leaves on our side.
  struct stat info {};
  ASSERT_EQ(::stat(here("tape").c_str(), &info), 0);
  const fs::path records = client_->here().parent_path() / ".local/state/ferry/uploads";
  fs::create_directories(records.parent_path());
  write_file(records,
             client::format_records({{{key(), server_->user(), remote("tape")}, client::identity_of(info)}}));
  const RunResult resumed = ferry("put", {"-c", "tape", server_->remote_dir()});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err << log();
  EXPECT_NE(resumed.err.find("offset=1000001"), std::string::npos) << resumed.err;
  EXPECT_TRUE(same_content(here("tape"), on_server("tape")));
}

TEST_P(FerryToPeer, NeverBuildsAnUploadOutOfTwoFiles) {
  write_noise(here("tape"), 800'000, 8);
  fs::last_write_time(here("tape"), fs::file_time_type::clock::now() - std::chrono::hours(48));
  write_noise(on_server("tape"), 300'000, 9);  // younger, shorter, and something else
  fs::permissions(on_server("tape"), fs::perms::all);
  const RunResult restarted = ferry("put", {"-c", "tape", server_->remote_dir()});
  EXPECT_TRUE(exits(0, restarted));
  EXPECT_NE(restarted.err.find("sent from the start"), std::string::npos) << restarted.err;
  EXPECT_TRUE(same_content(here("tape"), on_server("tape")));
}

TEST_P(FerryToPeer, CopiesATreeThereAndBackWithNamesOfAllKinds) {
  const fs::path tree = here("旅行 2026");
  fs::create_directories(tree / "夏祭り/空 っぽ");
  fs::create_directories(tree / "-dash");
  write_file(tree / "夏祭り/写真集.txt", "写真");
  write_file(tree / "-dash/-rf", "leading dash");
  write_file(tree / "two  spaces.txt", "spaces");
  write_file(tree / ".hidden", "hidden");
  write_file(tree / "[ab]*.txt", "glob");
  write_file(tree / "empty", "");
  fs::create_symlink("/etc/passwd", tree / "link");

  const RunResult up = ferry("put", {"-r", "--", "旅行 2026", remote("trees")});
  EXPECT_EQ(up.exit_code, 0) << up.err << log();
  EXPECT_NE(up.err.find("link: symbolic link, skipped"), std::string::npos) << up.err;
  fs::create_directory(here("back"));
  EXPECT_TRUE(exits(0, ferry("get", {"-r", "-o", "back", remote("trees/旅行 2026")})));
  fs::remove(tree / "link");
  std::size_t seen = 0;
  for (const auto& entry : fs::recursive_directory_iterator(tree)) {
    const fs::path copy = here("back") / "旅行 2026" / fs::relative(entry.path(), tree);
    EXPECT_EQ(fs::is_directory(copy), entry.is_directory()) << copy;
    if (entry.is_regular_file()) {
      EXPECT_TRUE(same_content(entry.path(), copy)) << copy;
    }
    ++seen;
  }
  EXPECT_EQ(seen, 9u);
}

TEST_P(FerryToPeer, VerifiesByReadingBackWhereTheServerHasNoDigests) {
  write_noise(here("proof"), 1'000'000, 6);
  const RunResult put = ferry("put", {"--verify=md5", "proof", server_->remote_dir()});
  EXPECT_EQ(put.exit_code, 0) << put.err << log();
  EXPECT_NE(put.err.find("verified=readback"), std::string::npos) << put.err;
}

TEST_P(FerryToPeer, TellsWhatIsMissingByItsExitCode) {
  EXPECT_TRUE(exits(3, ferry("get", {remote("nosuch")})));
  EXPECT_TRUE(exits(3, ferry("ls", {remote("nosuch")})));
  EXPECT_TRUE(exits(3, ferry("rm", {remote("nosuch")})));
  write_file(here("x"), "x");
  EXPECT_TRUE(exits(3, ferry("put", {"x", remote("nosuch/")})));
  EXPECT_FALSE(fs::exists(here("nosuch.ferry-part")));
}

INSTANTIATE_TEST_SUITE_P(AllServers, FerryToPeer,
                         testing::Values(Case{Peer::vsftpd, false}, Case{Peer::vsftpd, true},
                                         Case{Peer::proftpd, false}, Case{Peer::proftpd, true},
                                         Case{Peer::pureftpd, false}, Case{Peer::pureftpd, true}),
                         name_of_case);

// The other ways to a data connection; one server per way is enough.
class FerryDataConnections : public FerryToPeer {};

TEST_P(FerryDataConnections, MoveFilesBothWays) {
  write_noise(here("file"), 1'000'000, 7);
  EXPECT_TRUE(exits(0, ferry("put", {"file", server_->remote_dir()})));
  EXPECT_TRUE(exits(0, ferry("get", {"-o", "copy", remote("file")})));
  EXPECT_TRUE(same_content(here("file"), here("copy")));
}

INSTANTIATE_TEST_SUITE_P(Ways, FerryDataConnections,
                         testing::Values(Case{Peer::vsftpd, true, false, true},
                                         Case{Peer::proftpd, true, true, true},
                                         Case{Peer::pureftpd, true, true},
                                         Case{Peer::pureftpd, false, false, true}),
                         name_of_case);

TEST(FerryAndCertificates, AreNeverTrustedWithoutBeingAsked) {
  std::unique_ptr<PeerServer> server;
  try {
    server = PeerServer::start(Peer::proftpd, {.tls = true});
  } catch (const PeerUnavailable& why) {
    SKIP_UNLESS_CI(why);
  }
  const ClientServer where{server->host(), server->port(), server->user(), server->password()};
  const FerryClient stranger(where, {});
  const RunResult refused = stranger.run("ls", {server->remote_dir()});
  EXPECT_EQ(refused.exit_code, 7) << refused.err;
  EXPECT_FALSE(fs::exists(stranger.trust_file()));

  // The refusal names the fingerprint; with it as a pin the same server is fine, with another one it is not.
  const auto at = refused.err.find("sha256:", refused.err.find("fingerprint"));
  ASSERT_NE(at, std::string::npos) << refused.err;
  std::string pin = refused.err.substr(at, 7 + 64);
  EXPECT_EQ(stranger.run("ls", {"--pin", pin, server->remote_dir()}).exit_code, 0);
  pin.back() = pin.back() == '0' ? '1' : '0';
  EXPECT_EQ(stranger.run("ls", {"--pin", pin, server->remote_dir()}).exit_code, 7);
}

TEST(FerryAndCertificates, ChangedOnesAreRefusedWithBothFingerprints) {
  std::unique_ptr<PeerServer> server;
  try {
    server = PeerServer::start(Peer::proftpd, {.tls = true});
  } catch (const PeerUnavailable& why) {
    SKIP_UNLESS_CI(why);
  }
  // A CA verifies the certificate, but the pin wins.
  const FerryClient client({server->host(), server->port(), server->user(), server->password()},
                           {"--ca", server->certificate().string()});
  fs::create_directories(client.trust_file().parent_path());
  const std::string other(64, 'A');
  write_file(client.trust_file(), server->host() + ":" + std::to_string(server->port()) + " sha256:" + other +
                                      " 2026-01-01T00:00:00Z 2026-01-01T00:00:00Z\n");
  const RunResult refused = client.run("ls", {server->remote_dir()});
  EXPECT_EQ(refused.exit_code, 7) << refused.err;
  EXPECT_NE(refused.err.find("pinned sha256:" + other), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("now sha256:"), std::string::npos) << refused.err;
}

TEST(FerryAndEncryption, NeverGoesOnInClearByItself) {
  std::unique_ptr<PeerServer> server;
  try {
    server = PeerServer::start(Peer::pureftpd);
  } catch (const PeerUnavailable& why) {
    SKIP_UNLESS_CI(why);
  }
  const FerryClient client({server->host(), server->port(), server->user(), server->password()}, {});
  const RunResult refused = client.run("ls", {server->remote_dir()});
  EXPECT_EQ(refused.exit_code, 7) << refused.err;
  EXPECT_NE(refused.err.find("--tls=off"), std::string::npos) << refused.err;
}

TEST(FerryAndLogins, AreRefusedWithTheirOwnExitCode) {
  for (const Peer peer : {Peer::proftpd, Peer::pureftpd}) {
    std::unique_ptr<PeerServer> server;
    try {
      server = PeerServer::start(peer);
    } catch (const PeerUnavailable& why) {
      SKIP_UNLESS_CI(why);
    }
    const FerryClient client({server->host(), server->port(), server->user(), "wrong"}, {"--tls=off"});
    const RunResult refused = client.run("ls", {"/"});
    EXPECT_EQ(refused.exit_code, 4) << refused.err;
    EXPECT_EQ(refused.err.find("wrong"), std::string::npos) << refused.err;
  }
}

TEST(FerryAndTheNetwork, SayWhenNobodyAnswers) {
  const FerryClient client({"127.0.0.1", free_port(), "nobody", "x"}, {"--tls=off"});
  EXPECT_EQ(client.run("ls", {"/"}).exit_code, 6);
}

}  // namespace
}  // namespace ferry::test
