// ferry and ferryd together: the shell, the sub-commands, verification, trust and exit codes.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/support/ferry_client.h"
#include "tests/support/ferryd_server.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

class FerryAndFerryd : public testing::Test {
 protected:
  FerryAndFerryd() { server_.add_account("akira"); }

  ClientServer where(const std::string& user = "akira", const std::string& password = kPassword) const {
    return {"127.0.0.1", server_.port(), user, password};
  }
  // Trusts the server's certificate by its pin, which a first refusal tells.
  std::vector<std::string> trusting() const {
    const RunResult refused = FerryClient(where(), {}).run("ls", {"/"});
    const auto at = refused.err.find("sha256:", refused.err.find("fingerprint"));
    EXPECT_NE(at, std::string::npos) << refused.err;
    return {"--pin", refused.err.substr(at, 7 + 64)};
  }
  static testing::AssertionResult exits(int code, const RunResult& result) {
    if (result.exit_code == code) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "exit " << result.exit_code << "\n" << result.out << result.err;
  }

  FerrydServer server_{{"implicit_tls_listen=127.0.0.1:0"}};
};

TEST_F(FerryAndFerryd, ShellDoesADaysWork) {
  const FerryClient client(where(), trusting());
  write_noise(client.here() / "report 1.pdf", 300'000, 1);
  const RunResult done = client.shell(
      "pwd\n"
      "mkdir papers\n"
      "cd papers\n"
      "put \"report 1.pdf\" sha256\n"
      "ls\n"
      "sha256 'report 1.pdf'\n"
      "md5 'report 1.pdf'\n"
      "mv 'report 1.pdf' final.pdf\n"
      "get final.pdf back.pdf md5\n"
      "info\n"
      "rm final.pdf\n"
      "cd ..\n"
      "rmdir papers\n"
      "exit\n");
  EXPECT_TRUE(exits(0, done));
  EXPECT_EQ(done.out.substr(0, 2), "/\n");
  EXPECT_NE(done.out.find("file\t300000\t"), std::string::npos) << done.out;
  EXPECT_NE(done.err.find("verified=server"), std::string::npos) << done.err;
  EXPECT_TRUE(same_content(client.here() / "report 1.pdf", client.here() / "back.pdf"));
  EXPECT_FALSE(fs::exists(server_.home("akira") / "papers"));
}

TEST_F(FerryAndFerryd, ShellEndsWithItsFirstFailuresCode) {
  const FerryClient client(where(), {"--tls=off"});
  const RunResult failed = client.shell("cd nowhere\nmkdri x\npwd\n");
  EXPECT_TRUE(exits(3, failed));
  EXPECT_EQ(failed.out, "/\n");
  EXPECT_NE(failed.err.find("did you mean mkdir?"), std::string::npos) << failed.err;
}

TEST_F(FerryAndFerryd, ShellChangesThePassword) {
  const FerryClient client(where(), trusting());
  EXPECT_TRUE(exits(0, client.shell("passwd\nnine-new-words-here\nnine-new-words-here\n")));
  EXPECT_TRUE(exits(4, client.run("ls", {"/"})));
  const FerryClient renewed(where("akira", "nine-new-words-here"), {"--tls=off"});
  EXPECT_TRUE(exits(0, renewed.run("ls", {"/"})));
  EXPECT_NE(renewed.shell("passwd\none-new-password\nanother-password\n").exit_code, 0) << "the two differ";
  EXPECT_TRUE(exits(0, renewed.run("ls", {"/"})));
}

TEST_F(FerryAndFerryd, ShellLogsInAsSomeoneElse) {
  server_.add_account("mika");
  server_.put_file("mika", "hers.txt", "x");
  const FerryClient client(where(), {"--tls=off"});
  const RunResult both = client.shell("ls\nauth mika\n" + std::string(kPassword) + "\nls\n");
  EXPECT_TRUE(exits(0, both));
  EXPECT_NE(both.out.find("\thers.txt\n"), std::string::npos) << both.out;
  EXPECT_TRUE(exits(4, client.shell("auth mika\nwrong-password\n")));
}

TEST_F(FerryAndFerryd, ShellAsksForALoginWhereNoneIsGiven) {
  server_.put_file("akira", "mine.txt", "x");
  const FerryClient client(where(), {});
  const std::string host = "127.0.0.1:" + std::to_string(server_.port());
  const RunResult done =
      client.run_plain({"shell", "--tls=off"}, host + "\nakira\n" + kPassword + "\nls\nq\n" + host +
                                                   "\nakira\n" + kPassword + "\npwd\n");
  EXPECT_TRUE(exits(0, done));
  EXPECT_NE(done.out.find("\tmine.txt\n"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("/\n"), std::string::npos) << done.out;
}

TEST_F(FerryAndFerryd, ShellRefusesAFolderThatIsNotEmpty) {
  server_.put_file("akira", "full", std::nullopt);
  server_.put_file("akira", "full/x", "x");
  const FerryClient client(where(), {"--tls=off"});
  EXPECT_NE(client.shell("rmdir full\n").exit_code, 0);
  EXPECT_TRUE(fs::exists(server_.home("akira") / "full/x"));
}

TEST_F(FerryAndFerryd, ATreeGoesUpAndComesBackByUrl) {
  const FerryClient client(where(), {"--tls=off"});
  const fs::path tree = client.here() / "夏祭り 二〇二四";
  fs::create_directories(tree / "空");
  fs::create_directories(tree / "-deep/-er");
  write_noise(tree / "写真集.zip", 2'000'000, 2);
  write_file(tree / "-deep/-er/-x", "x");
  write_file(tree / "nothing", "");
  const std::vector<std::string> login{"--tls=off", "--no-input", "--password-file",
                                       client.password_file().string()};
  const auto with_login = [&](std::vector<std::string> words) {
    words.insert(words.end(), login.begin(), login.end());
    return client.run_plain(words);
  };
  EXPECT_TRUE(exits(0, with_login({"put", "-r", "--verify=sha256", "夏祭り 二〇二四", client.url("/pics")})));
  EXPECT_TRUE(exits(0, with_login({"get", "-r", client.url("/pics/夏祭り 二〇二四"), "back"})));
  for (const auto& entry : fs::recursive_directory_iterator(tree)) {
    const fs::path copy = client.here() / "back" / tree.filename() / fs::relative(entry.path(), tree);
    EXPECT_EQ(fs::is_directory(copy), entry.is_directory()) << copy;
    if (entry.is_regular_file()) {
      EXPECT_TRUE(same_content(entry.path(), copy)) << copy;
      const auto apart = fs::last_write_time(entry.path()) - fs::last_write_time(copy);
      EXPECT_LT(std::chrono::abs(apart), std::chrono::seconds(1)) << copy;
    }
  }
}

TEST_F(FerryAndFerryd, GoesOnWithAnUploadThatWasKilled) {
  const FerryClient client(where(), {"--tls=off"});
  write_noise(client.here() / "tape", 150'000'000, 3);
  fs::last_write_time(client.here() / "tape", fs::file_time_type::clock::now() - std::chrono::hours(1));
  {
    const ChildProcess upload(client.command_line("put", {"tape", "/"}), client.child_options());
    ASSERT_TRUE(wait_until([&] { return server_.disk_usage("akira").bytes > 5'000'000; }));
    upload.send_signal(SIGKILL);
    upload.wait(std::chrono::seconds(5));
  }
  ASSERT_TRUE(server_.is_settled("akira"));
  const RunResult resumed = client.run("put", {"-c", "tape", "/"});
  EXPECT_TRUE(exits(0, resumed));
  EXPECT_NE(resumed.err.find(" offset="), std::string::npos) << resumed.err;
  EXPECT_TRUE(same_content(client.here() / "tape", server_.home("akira") / "tape"));
}

TEST_F(FerryAndFerryd, CtrlCKeepsWhatHasArrivedAndSaysHowToGoOn) {
  const FerryClient client(where(), trusting());
  std::string big(300'000'000, 'x');
  server_.put_file("akira", "big", big);
  RunResult stopped;
  {
    const ChildProcess download(client.command_line("get", {"/big"}), client.child_options());
    const fs::path part = client.here() / "big.ferry-part";
    ASSERT_TRUE(wait_until([&] { return fs::exists(part) && fs::file_size(part) > 1'000'000; }));
    download.send_signal(SIGINT);
    stopped = {download.wait(std::chrono::seconds(10)).value_or(-1), download.out(), download.err()};
  }
  EXPECT_TRUE(exits(130, stopped));
  EXPECT_NE(stopped.err.find("-c"), std::string::npos) << stopped.err;
  EXPECT_FALSE(fs::exists(client.here() / "big"));
  const RunResult resumed = client.run("get", {"-c", "/big"});
  EXPECT_TRUE(exits(0, resumed));
  EXPECT_NE(resumed.err.find(" offset="), std::string::npos) << resumed.err;
  EXPECT_TRUE(same_content(client.here() / "big", server_.home("akira") / "big"));
}

TEST_F(FerryAndFerryd, EachKindOfFailureHasItsExitCode) {
  const FerryClient client(where(), {"--tls=off"});
  const std::string local = (client.here() / "x").string();
  write_file(local, std::string(2000, 'x'));
  EXPECT_TRUE(exits(2, client.run_plain({"nonsense"})));
  EXPECT_TRUE(exits(2, client.run_plain({"get"})));
  EXPECT_TRUE(exits(2, client.run_plain({"ls", "ftp://akira:secret@127.0.0.1/"})));
  EXPECT_TRUE(exits(2, client.run_plain({"ls", "--no-input", client.url("/")})));
  EXPECT_TRUE(exits(3, client.run("get", {"/nosuch"})));
  EXPECT_TRUE(exits(3, client.run("put", {"nosuch", "/"})));
  EXPECT_TRUE(exits(3, client.run("ls", {"/nosuch"})));
  EXPECT_TRUE(exits(4, FerryClient(where("akira", "wrong-password"), {"--tls=off"}).run("ls", {"/"})));
  EXPECT_TRUE(exits(4, FerryClient(where("nobody-here"), {"--tls=off"}).run("ls", {"/"})));
  EXPECT_TRUE(exits(7, FerryClient(where(), {}).run("ls", {"/"})));
  server_.add_account("reader", {.read_only = true});
  EXPECT_TRUE(exits(5, FerryClient(where("reader"), {"--tls=off"}).run("put", {local, "/"})));
  server_.add_account("small", {.quota = 1000});
  EXPECT_TRUE(exits(8, FerryClient(where("small"), {"--tls=off"}).run("put", {local, "/"})));
}

// ALLO cannot know that a file is replaced; what it refuses may fit in that one's place.
TEST_F(FerryAndFerryd, FullAccountTakesAFileInPlaceOfAnother) {
  server_.add_account("small", {.quota = 300'000});
  const FerryClient client(where("small"), {"--tls=off"});
  const auto put = [&](std::uintmax_t size) {
    const fs::path local = fs::path(server_.folder()) / "file";
    write_noise(local, size, 4);
    return client.run("put", {local.string(), "/"});
  };
  EXPECT_TRUE(exits(0, put(290'000)));
  EXPECT_TRUE(exits(0, put(300'000)));
  EXPECT_EQ(server_.usage("small"), (Usage{300'000, 1}));
  EXPECT_TRUE(exits(8, put(300'001)));
  EXPECT_EQ(server_.usage("small"), (Usage{300'000, 1}));
}

TEST_F(FerryAndFerryd, WorksOverImplicitTlsAndIpv6AndActiveMode) {
  const std::vector<std::string> pin = trusting();
  write_noise(fs::path(server_.folder()) / "noise", 1'000'000, 4);
  const auto moves = [&](ClientServer place, std::vector<std::string> options) {
    options.insert(options.end(), pin.begin(), pin.end());
    const FerryClient client(std::move(place), options);
    EXPECT_TRUE(exits(0, client.run("put", {(server_.folder() / "noise").string(), "/"})));
    EXPECT_TRUE(exits(0, client.run("get", {"/noise"})));
    EXPECT_TRUE(same_content(server_.folder() / "noise", client.here() / "noise"));
  };
  moves({"127.0.0.1", server_.implicit_port(), "akira", kPassword}, {"--tls=implicit"});
  moves({"::1", server_.port_v6(), "akira", kPassword}, {});
  moves({"127.0.0.1", server_.port(), "akira", kPassword}, {"--active"});
}

TEST_F(FerryAndFerryd, NeverReplacesAPipe) {
  const FerryClient client(where(), {"--tls=off"});
  server_.put_file("akira", "a.txt", "a");
  ASSERT_EQ(::mkfifo((client.here() / "pipe").c_str(), 0600), 0);
  const RunResult refused = client.run("get", {"-o", "pipe", "/a.txt"});
  EXPECT_TRUE(exits(11, refused));
  EXPECT_NE(refused.err.find("is no regular file"), std::string::npos) << refused.err;
  EXPECT_TRUE(fs::is_fifo(client.here() / "pipe"));
}

TEST_F(FerryAndFerryd, KeepsTheModeOfTheFileItReplaces) {
  const FerryClient client(where(), {"--tls=off"});
  server_.put_file("akira", "secret.txt", "new");
  write_file(client.here() / "secret.txt", "old");
  fs::permissions(client.here() / "secret.txt", fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_TRUE(exits(0, client.run("get", {"/secret.txt"})));
  EXPECT_EQ(read_file(client.here() / "secret.txt"), "new");
  EXPECT_EQ(fs::status(client.here() / "secret.txt").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(FerryAndFerryd, ATreeIsNeverWrittenThroughALink) {
  const FerryClient client(where(), {"--tls=off"});
  server_.put_file("akira", "tree", std::nullopt);
  server_.put_file("akira", "tree/sub", std::nullopt);
  server_.put_file("akira", "tree/sub/x", "x");
  fs::create_directories(client.here() / "elsewhere");
  fs::create_directories(client.here() / "tree");
  fs::create_symlink("../elsewhere", client.here() / "tree/sub");
  const RunResult done = client.run("get", {"-r", "/tree"});
  EXPECT_NE(done.exit_code, 0);
  EXPECT_NE(done.err.find("symbolic link"), std::string::npos) << done.err;
  EXPECT_TRUE(fs::is_empty(client.here() / "elsewhere"));
}

TEST_F(FerryAndFerryd, OnePasswordIsNeverForTwoServers) {
  const FerryClient client(where(), {"--tls=off"});
  const RunResult refused = client.run_plain({"ls", "--password-file", client.password_file().string(),
                                              client.url("/"), "ftp://akira@other.example.org/"});
  EXPECT_TRUE(exits(2, refused));
  EXPECT_NE(refused.err.find("several servers"), std::string::npos) << refused.err;
}

}  // namespace
}  // namespace ferry::test
