// What a person sees of a transfer: rows on a terminal, log lines elsewhere, the dialogue for -vv, --log.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <clocale>
#include <filesystem>
#include <regex>

#include "tests/support/cut_proxy.h"
#include "tests/support/ferry_client.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/screen.h"
#include "tests/support/terminal.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

class FerryDisplay : public testing::Test {
 protected:
  FerryDisplay() {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    proxy_.lead_to(server_);
    server_.add_account("akira");
  }

  std::vector<std::string> on_terminal(const std::string& command, const std::vector<std::string>& operands) {
    std::vector<std::string> line = client_.command_line(command, operands);
    line.insert(line.begin(),
                {"/usr/bin/env", "-C", client_.here().string(),
                 "HOME=" + client_.here().parent_path().string(), "TERM=xterm", "LC_ALL=C.UTF-8"});
    return line;
  }

  CutProxy proxy_;
  FerrydServer server_{proxy_.options()};
  FerryClient client_{ClientServer{CutProxy::kHost, proxy_.port(), "akira", kPassword}, {"--tls=off"}};
};

TEST_F(FerryDisplay, ATerminalHasRowsWhileFilesMoveAndLinesAfterwards) {
  write_noise(client_.here() / "b\x1b[31mad", 40'000'000, 1);
  write_file(client_.here() / "a", "first");
  proxy_.arm({Cut::Kind::silence, Cut::Direction::up, 20'000'000});
  Terminal terminal(on_terminal("put", {"a", "b\x1b[31mad", "/"}));
  terminal.type_after("1/2 files", "");
  terminal.type_after("] ", "\x03");  // Ctrl-C
  EXPECT_EQ(terminal.exit_code(), 130) << terminal.screen();
  Screen screen(80, 24);
  screen.feed(terminal.screen());  // fails on the name's ESC
  EXPECT_TRUE(screen.shows("done  a  5 B")) << terminal.screen();
  EXPECT_TRUE(screen.shows("the same command with -c goes on from there"));
  EXPECT_FALSE(screen.shows("1/2")) << "the rows are gone: " << testing::PrintToString(screen.text());
  EXPECT_NE(terminal.screen().find("^ b\\x1b[31mad"), std::string::npos) << terminal.screen();
}

TEST_F(FerryDisplay, ALogHasStartHeartbeatAndEnd) {
  write_noise(client_.here() / "tape", 10'000'000, 1);
  proxy_.arm({Cut::Kind::silence, Cut::Direction::up, 5'000'000});
  const ChildProcess upload(client_.command_line("put", {"--stats=100ms", "tape", "/"}),
                            client_.child_options());
  const std::regex beat(
      R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ stat   files=0/1 bytes=\d+/10000000 rate=\d+ eta=-?\d+ errors=0\n)");
  EXPECT_TRUE(wait_until([&] { return std::regex_search(upload.err(), beat); })) << upload.err();
  upload.send_signal(SIGTERM);
  EXPECT_EQ(upload.wait(std::chrono::seconds(5)), 143) << upload.err();
  proxy_.release();
  EXPECT_TRUE(std::regex_search(upload.err(), std::regex(R"(Z start  up tape size=10000000 attempt=1\n)")))
      << upload.err();
  EXPECT_TRUE(
      std::regex_search(upload.err(), std::regex(R"(Z fail   up tape error=interrupted attempt=1\n)")))
      << upload.err();
  EXPECT_EQ(upload.err().find('\r'), std::string::npos);
}

TEST_F(FerryDisplay, StatsOfZeroAreNone) {
  write_noise(client_.here() / "tape", 3'000'000, 1);
  const RunResult sent = client_.run("put", {"--stats=0", "tape", "/"});
  EXPECT_EQ(sent.exit_code, 0) << sent.err;
  EXPECT_EQ(sent.err.find(" stat "), std::string::npos) << sent.err;
}

TEST_F(FerryDisplay, LogGoesToAFileThatNobodyElseReads) {
  write_file(client_.here() / "a", "first");
  const fs::path log = client_.here() / "log";
  for (const std::string& option : {std::string("-q"), std::string("--stats=1s")})
    EXPECT_EQ(client_.run("put", {option, "--log=" + log.string(), "a", "/"}).exit_code, 0);
  const std::string text = read_file(log);
  const std::string once =
      R"(\S+Z start  up a size=5 attempt=1\n\S+Z done   up a bytes=5 secs=\d+\.\d rate=\d+ sha256=[0-9a-f]{64} verified=server\n)";
  EXPECT_TRUE(std::regex_search(text, std::regex("(" + once + ")([^\n]*\n)*" + once)))
      << "added to: " << text;
  struct stat info {};
  ASSERT_EQ(::stat(log.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  const RunResult nowhere = client_.run("put", {"--log=/nowhere/log", "a", "/"});
  EXPECT_EQ(nowhere.exit_code, 3) << nowhere.err;
}

TEST_F(FerryDisplay, TwiceVerboseShowsTheDialogueWithoutThePassword) {
  const RunResult once = client_.run("ls", {"-v", "/"});
  EXPECT_NE(once.err.find("connected to 127.0.0.2:"), std::string::npos) << once.err;
  EXPECT_EQ(once.err.find("> USER"), std::string::npos) << once.err;
  const fs::path log = client_.here() / "log";
  const RunResult twice = client_.run("ls", {"-vv", "--log=" + log.string(), "/"});
  EXPECT_NE(twice.err.find("> USER akira\n< 331 "), std::string::npos) << twice.err;
  EXPECT_NE(twice.err.find("> PASS ****\n< 230 "), std::string::npos) << twice.err;
  EXPECT_EQ((twice.err + read_file(log)).find(kPassword), std::string::npos);
  EXPECT_NE(read_file(log).find("Z ftp    > PASS ****\n"), std::string::npos);
}

TEST_F(FerryDisplay, QuietSaysErrorsOnly) {
  write_file(client_.here() / "a", "first");
  EXPECT_EQ(client_.run("put", {"-q", "a", "/"}).err, "");
  const RunResult failed = client_.run("get", {"-q", "/nowhere"});
  EXPECT_EQ(failed.err.substr(0, 7), "ferry: ") << failed.err;
  EXPECT_EQ(failed.err.find('\n'), failed.err.size() - 1) << failed.err;
}

}  // namespace
}  // namespace ferry::test
