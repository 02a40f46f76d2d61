// `ferry completion bash` in a real bash, and help.
#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "tests/support/ferry_client.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/scripted_server.h"
#include "tests/support/terminal.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

class FerryCompletion : public testing::Test {
 protected:
  FerryCompletion() { server_.add_account("akira"); }

  // What bash would offer at the end of `line`, words as bash itself splits them. One per line.
  std::string offered(const std::string& line, const std::string& words) const {
    const std::string script =
        "source <(ferry completion bash)\nCOMP_LINE='" + line + "'\nCOMP_POINT=${#COMP_LINE}\nCOMP_WORDS=(" +
        words +
        ")\nCOMP_CWORD=$((${#COMP_WORDS[@]}-1))\ncompopt() { :; }\n"
        "_ferry ferry\n[ ${#COMPREPLY[@]} = 0 ] || printf '%s\\n' \"${COMPREPLY[@]}\"\n";
    ChildOptions options = client_.child_options();
    options.environment.emplace_back("PATH",
                                     fs::absolute(ferry_program()).parent_path().string() + ":/usr/bin:/bin");
    const RunResult result = run({"bash", "--norc", "-c", script}, options);
    EXPECT_EQ(result.err, "");
    return result.out;
  }
  std::string login() const {
    return "-s 127.0.0.1 -P " + std::to_string(server_.port()) + " -u akira --tls off --password-file " +
           client_.password_file().string() + " ";
  }

  FerrydServer server_;
  FerryClient client_{{"127.0.0.1", server_.port(), "akira", kPassword}, {"--tls=off"}};
};

TEST_F(FerryCompletion, OffersCommandsOptionsAndValues) {
  EXPECT_EQ(offered("ferry rmd", "ferry rmd"), "rmdir\n");
  EXPECT_EQ(offered("ferry ls --so", "ferry ls --so"), "--sort\n");
  EXPECT_EQ(offered("ferry ls --sort=s", "ferry ls --sort = s"), "size\n") << "bash breaks words at =";
  EXPECT_EQ(offered("ferry completion ", "ferry completion ''"), "bash\nzsh\nfish\n");
}

TEST_F(FerryCompletion, OffersLocalFilesWhereTheyBelong) {
  write_file(client_.here() / "letter.txt", "x");
  EXPECT_EQ(offered("ferry put le", "ferry put le"), "letter.txt\n");
  EXPECT_EQ(offered("ferry rm le", "ferry rm le"), "");
}

TEST_F(FerryCompletion, OffersRemoteNamesWhereNobodyHasToBeAsked) {
  server_.put_file("akira", "pics", std::nullopt);
  server_.put_file("akira", "pics/one 100%.jpg", "x");
  server_.put_file("akira", "plan", "x");
  EXPECT_EQ(offered("ferry ls " + login() + "/p", "ferry ls " + login() + "/p"), "/pics/\n/plan\n");
  // A URL: bash replaces what is behind its last colon.
  const std::string url = client_.url("/pics/o");
  const std::string rest = "//akira@127.0.0.1 : " + std::to_string(server_.port()) + "/pics/o";
  const std::string options = "--tls off --password-file " + client_.password_file().string() + " ";
  EXPECT_EQ(offered("ferry cat " + options + url, "ferry cat " + options + "ftp : " + rest),
            std::to_string(server_.port()) + "/pics/one%20100%25.jpg\n");
  EXPECT_EQ(offered("ferry cat --tls off " + url, "ferry cat --tls off ftp : " + rest), "")
      << "the password would have to be asked for";
}

TEST_F(FerryCompletion, PutsNothingOnTheLineThatATerminalOrAShellWouldObey) {
  server_.put_file("akira", "x\x1b]0;title\a", "x");
  server_.put_file("akira",
                   "x\xc2\x9b"
                   "2J",
                   "x");  // a C1 control
  server_.put_file("akira", "x$(touch pwned)`;&", "x");
  server_.put_file("akira", "x写真", "x");
  const std::string options = "--tls off --password-file " + client_.password_file().string() + " ";
  const std::string port = std::to_string(server_.port());
  const std::string by_url = offered("ferry cat " + options + client_.url("/x"),
                                     "ferry cat " + options + "ftp : //akira@127.0.0.1 : " + port + "/x");
  EXPECT_EQ(by_url, port + "/x%1B%5D0%3Btitle%07\n" + port + "/x%24%28touch%20pwned%29%60%3B%26\n" + port +
                        "/x%C2%9B2J\n" + port + "/x写真\n");
  const std::string by_path = offered("ferry cat " + login() + "/x", "ferry cat " + login() + "/x");
  EXPECT_EQ(by_path, "/x写真\n") << "bash would not quote the $";
}

TEST_F(FerryCompletion, DoesNotWaitForASlowServer) {
  std::promise<void> over;
  ScriptedServer slow;
  slow.on("USER", [&](const std::string&) {
    over.get_future().wait();
    return std::vector<std::string>{"230 in"};
  });
  const auto began = std::chrono::steady_clock::now();
  const std::string words = "ferry ls -s 127.0.0.1 -P " + std::to_string(slow.port()) + " --tls off /p";
  EXPECT_EQ(offered(words, words), "");
  over.set_value();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

TEST_F(FerryCompletion, WorksUnderTheTabKey) {
  server_.put_file("akira", "a strange name;(&*", "found it");
  const std::string path = fs::absolute(ferry_program()).parent_path().string() + ":/usr/bin:/bin";
  Terminal terminal({"/usr/bin/env", "-i", "TERM=xterm", "LC_ALL=C.UTF-8", "HOME=" + client_.here().string(),
                     "PATH=" + path, "PS1=READY>", "INPUTRC=/dev/null", "bash", "--norc", "--noprofile",
                     "-i"});
  terminal.type_after("READY>", "source <(ferry completion bash)\r");
  terminal.type_after("READY>", "ferry ca\t" + login() + "/a\\ st\t\r");
  terminal.type_after("found it", "exit\r");
  EXPECT_EQ(terminal.exit_code(), 0) << terminal.screen();
}

TEST_F(FerryCompletion, HelpHasExamplesTopicsAndTheNearestWord) {
  const RunResult get = client_.run_plain({"help", "get"});
  EXPECT_EQ(get.exit_code, 0);
  EXPECT_NE(get.out.find("Usage: ferry get [OPTIONS]"), std::string::npos) << get.out;
  EXPECT_NE(get.out.find("ferry get -r ftp://"), std::string::npos) << get.out;
  EXPECT_NE(client_.run_plain({"help", "sites", "add"}).out.find("Usage: ferry sites add [OPTIONS]"),
            std::string::npos);
  const RunResult codes = client_.run_plain({"help", "exit-codes"});
  EXPECT_NE(codes.out.find("  130  stopped by Ctrl-C"), std::string::npos) << codes.out;
  EXPECT_NE(client_.run_plain({"help", "urls"}).out.find("ftps://"), std::string::npos);
  const RunResult near = client_.run_plain({"gte", "x"});
  EXPECT_EQ(near.exit_code, 2);
  EXPECT_NE(near.err.find("did you mean get?"), std::string::npos) << near.err;
  EXPECT_NE(client_.run_plain({"sites", "ad"}).err.find("did you mean add?"), std::string::npos);
  EXPECT_NE(client_.run_plain({"help", "mkdri"}).err.find("did you mean mkdir?"), std::string::npos);
}

}  // namespace
}  // namespace ferry::test
