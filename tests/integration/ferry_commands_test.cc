// ferry's sub-commands and the shell's, against ferryd: what they do, what they print to a program, and how
// they end.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <future>

#include "tests/integration/ferry_commands_fixture.h"
#include "tests/support/scripted_server.h"
#include "tests/support/temp_dir.h"
#include "tests/support/terminal.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

std::string without_times(const std::string& listing) {
  std::string text;
  for (std::size_t at = 0; at < listing.size(); ++at) {
    const bool is_time =
        listing.compare(at, 2, "20") == 0 && listing.size() > at + 19 && listing[at + 19] == 'Z';
    if (is_time) at += 19;
    text += is_time ? 'T' : listing[at];
  }
  return text;
}

TEST_F(FerryCommands, MvRenamesMovesAndPutsSeveralIntoAFolder) {
  for (const char* name : {"a", "b", "c", "d"}) put(name, name);
  put("pics", std::nullopt);
  EXPECT_TRUE(exits(0, ferry("mv", {"/a", "/renamed"})));
  EXPECT_EQ(read_file(there("renamed")), "a");
  EXPECT_TRUE(exits(0, ferry("mv", {"/b", "/c", "/pics"})));
  EXPECT_EQ(read_file(there("pics/b")), "b");
  EXPECT_EQ(read_file(there("pics/c")), "c");
  EXPECT_TRUE(exits(0, shell("mv d renamed pics\n")));
  EXPECT_EQ(read_file(there("pics/renamed")), "a");
  EXPECT_TRUE(exits(3, ferry("mv", {"/pics/b", "/pics/c", "/nosuch"}))) << "several need a folder";
  EXPECT_TRUE(exits(3, ferry("mv", {"/pics/b", "/nosuch/"})));
  EXPECT_TRUE(exits(10, ferry("mv", {"/pics/b", "/nosuch", "/"}))) << "one is done, one is not there";
  EXPECT_EQ(read_file(there("b")), "b");
}

TEST_F(FerryCommands, MvStaysOnOneServerAndWithOneUser) {
  put("a", "a");
  const RunResult two = client_.run_plain({"mv", client_.url("/a"), "ftp://akira@other.example.org/a"});
  EXPECT_TRUE(exits(2, two));
  EXPECT_NE(two.err.find("other.example.org:21 are two"), std::string::npos) << two.err;
  const std::string other_user = "ftp://mika@127.0.0.1:" + std::to_string(server_.port()) + "/b";
  EXPECT_TRUE(exits(2, client_.run_plain({"mv", client_.url("/a"), other_user})));
  EXPECT_EQ(read_file(there("a")), "a");
}

TEST_F(FerryCommands, RmdirTakesEmptyFoldersOnly) {
  put("full", std::nullopt);
  put("full/x", "x");
  put("empty", std::nullopt);
  EXPECT_TRUE(exits(10, ferry("rmdir", {"/empty", "/full"})));
  EXPECT_FALSE(fs::exists(there("empty")));
  EXPECT_TRUE(fs::exists(there("full/x")));
  EXPECT_TRUE(exits(3, ferry("rmdir", {"/nosuch"})));
}

TEST_F(FerryCommands, RmNeverEmptiesTheWholeAccount) {
  put("dir", std::nullopt);
  put("dir/x", "x");
  EXPECT_TRUE(exits(5, ferry("rm", {"-r", "/"})));
  EXPECT_TRUE(exits(5, ferry("rm", {"-r", "/dir/.."})));
  EXPECT_TRUE(exits(5, shell("rm -r /\n")));
  EXPECT_TRUE(fs::exists(there("dir/x")));
  EXPECT_NE(ferry("rm", {"/dir"}).exit_code, 0) << "a folder needs -r";
  EXPECT_TRUE(exits(0, shell("rm -r dir\n")));
  EXPECT_FALSE(fs::exists(there("dir")));
}

TEST_F(FerryCommands, LsGoesIntoFoldersAndSorts) {
  put("small", "1");
  put("big", "12345");
  put(".hidden", "123");
  put("sub", std::nullopt);
  put("sub/deep", std::nullopt);
  put("sub/deep/x y", "12");
  fs::last_write_time(there("small"), fs::file_time_type::clock::now() - std::chrono::hours(5));
  fs::last_write_time(there("big"), fs::file_time_type::clock::now() - std::chrono::hours(9));
  const std::string by_name =
      "dir\t-\tT\trwxr-xr-x\tsub\n"
      "file\t3\tT\trw-r--r--\t.hidden\n"
      "file\t5\tT\trw-r--r--\tbig\n"
      "file\t1\tT\trw-r--r--\tsmall\n";
  EXPECT_EQ(without_times(ferry("ls", {"/"}).out), by_name);
  EXPECT_EQ(without_times(ferry("ls", {"-l", "/"}).out), by_name) << "programs see all, always";
  EXPECT_EQ(without_times(shell("ls\n").out), by_name);
  EXPECT_EQ(without_times(ferry("ls", {"-R", "/"}).out), by_name +
                                                             "dir\t-\tT\trwxr-xr-x\tsub/deep\n"
                                                             "file\t2\tT\trw-r--r--\tsub/deep/x y\n");
  const RunResult by_size = ferry("ls", {"--sort=size", "/"});
  EXPECT_LT(by_size.out.find("big"), by_size.out.find(".hidden")) << by_size.out;
  EXPECT_LT(by_size.out.find("small"), by_size.out.find("sub")) << by_size.out;
  const RunResult by_time = shell("ls -t\n");
  EXPECT_LT(by_time.out.find(".hidden"), by_time.out.find("small")) << by_time.out;
  EXPECT_LT(by_time.out.find("small"), by_time.out.find("big")) << by_time.out;
  EXPECT_TRUE(exits(2, ferry("ls", {"--sort=colour", "/"})));
  EXPECT_EQ(without_times(ferry("ls", {"-R", "/big"}).out), "file\t5\tT\trw-r--r--\tbig\n");
}

TEST_F(FerryCommands, DuAddsUpFoldersAndFiles) {
  put("top", std::string(100, 'x'));
  put("sub", std::nullopt);
  put("sub/a", std::string(20, 'x'));
  put("sub/deep", std::nullopt);
  put("sub/deep/b", std::string(3, 'x'));
  put("void", std::nullopt);
  const std::string all = "3\t/sub/deep\n23\t/sub\n0\t/void\n123\t/\n";
  EXPECT_EQ(ferry("du", {"/"}).out, all);
  EXPECT_EQ(shell("du\n").out, all);
  EXPECT_EQ(ferry("du", {"--summarize", "/", "/sub"}).out, "123\t/\n23\t/sub\n");
  EXPECT_EQ(shell("du -s sub\n").out, "23\t/sub\n");
  EXPECT_EQ(ferry("du", {"/top"}).out, "100\t/top\n");
  EXPECT_TRUE(exits(3, ferry("du", {"/nosuch"})));
}

TEST_F(FerryCommands, StatTellsAllFacts) {
  put("a file", "12345");
  const RunResult told = ferry("stat", {"/a file", "/"});
  EXPECT_TRUE(exits(0, told));
  EXPECT_EQ(without_times(told.out).substr(0, 19), "file\t5\tT\trw-r--r--\t") << told.out;
  EXPECT_NE(told.out.find("\t/a file\ndir\t-\t"), std::string::npos) << told.out;
  EXPECT_EQ(std::count(told.out.begin(), told.out.end(), '\t'), 16) << told.out;
  EXPECT_EQ(shell("stat 'a file' /\n").out, told.out);
  EXPECT_TRUE(exits(3, ferry("stat", {"/nosuch"})));
}

TEST_F(FerryCommands, QuotaTellsWhatIsLeft) {
  server_.add_account("small", {.quota = 1000, .files = 10});
  server_.put_file("small", "x", "x");
  const FerryClient small(where("small"), {"--tls=off"});
  EXPECT_TRUE(exits(0, small.run("put", {(client_.here() / "../password").string(), "/"})));
  const std::string used = std::to_string(std::string(kPassword).size() + 1);
  const std::string left = std::to_string(1000 - std::stoi(used));
  EXPECT_EQ(small.run("quota", {}).out, "bytes\t" + used + "\t1000\t" + left + "\nfiles\t1\t10\t9\n");
  EXPECT_EQ(ferry("quota", {"/"}).out, "bytes\t0\t-\t-\nfiles\t0\t-\t-\n") << "unlimited";
  EXPECT_EQ(shell("quota\n").out, "bytes\t0\t-\t-\nfiles\t0\t-\t-\n");
}

// --- on a terminal ---

class FerryCommandsOnATerminal : public FerryCommands {
 protected:
  std::unique_ptr<Terminal> start(const std::string& command,
                                  const std::vector<std::string>& operands) const {
    std::vector<std::string> line{"/usr/bin/env", "TERM=xterm", "LC_ALL=C.UTF-8",
                                  "HOME=" + client_.here().string()};
    for (auto& word : client_.command_line(command, operands)) {
      if (word != "--no-input") line.push_back(word);
    }
    return std::make_unique<Terminal>(line);
  }
  std::string screen_of(const std::string& command, const std::vector<std::string>& operands) const {
    const auto terminal = start(command, operands);
    EXPECT_EQ(terminal->exit_code(), 0) << terminal->screen();
    return terminal->screen();
  }
};

TEST_F(FerryCommandsOnATerminal, ListsAreForPeople) {
  put("plain", std::string(2048, 'x'));
  put(".hidden", "x");
  put("esc\x1b]0;title\a", "x");
  for (const char* command : {"ls", "du", "stat"}) {
    const std::string screen =
        screen_of(command, {command == std::string("stat") ? "/esc\x1b]0;title\a" : "/"});
    EXPECT_EQ(screen.find("\x1b]"), screen.npos) << command;
  }
  const std::string plain = screen_of("ls", {"/"});
  EXPECT_NE(plain.find("2 KiB"), plain.npos) << plain;
  EXPECT_EQ(plain.find(".hidden"), plain.npos) << plain;
  EXPECT_NE(plain.find("esc\\x1b"), plain.npos) << plain;
  EXPECT_NE(screen_of("ls", {"-a", "/"}).find(".hidden"), plain.npos);
  EXPECT_NE(screen_of("ls", {"-l", "/plain"}).find("rw-r--r--            2048  20"), plain.npos);
  EXPECT_NE(screen_of("stat", {"/plain"}).find("size         2 KiB (2,048 bytes)"), plain.npos);
  EXPECT_NE(screen_of("quota", {}).find("bytes  0 B of unlimited"), plain.npos);
}

TEST_F(FerryCommandsOnATerminal, PasswdAsksTwiceWithoutEcho) {
  const auto differing = start("passwd", {});
  differing->type_after("New password: ", "nine-new-words-here\n");
  differing->type_after("New password again: ", "nine-other-words\n");
  EXPECT_EQ(differing->exit_code(), 2) << differing->screen();
  EXPECT_TRUE(exits(0, ferry("ls", {"/"}))) << "nothing has changed";
  const auto same = start("passwd", {});
  same->type_after("New password: ", "nine-new-words-here\n");
  same->type_after("New password again: ", "nine-new-words-here\n");
  EXPECT_EQ(same->exit_code(), 0) << same->screen();
  EXPECT_EQ(same->screen().find("nine-new"), std::string::npos);
  EXPECT_TRUE(exits(4, ferry("ls", {"/"})));
}

// --- servers that are not ferryd ---

TEST(FerryAndOthers, QuotaIsWhatAvblSays) {
  ScriptedServer server;
  server.feature("AVBL");
  server.on("AVBL", always("213 12345"));
  server.on("SITE", always("200 The current quota: 5 of many"));
  const RunResult told = with_server(server, "quota", {});
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_EQ(told.out, "bytes\t-\t-\t12345\n");
}

// --- accounts ---

TEST_F(FerryCommands, PasswdTakesTheNewPasswordFromAFile) {
  const fs::path fresh = client_.here() / "fresh";
  write_file(fresh, "nine-new-words-here\n");
  EXPECT_TRUE(exits(2, ferry("passwd", {}))) << "nobody can be asked";
  EXPECT_TRUE(exits(0, ferry("passwd", {"--new-password-file", fresh.string()})));
  EXPECT_TRUE(exits(4, ferry("ls", {"/"})));
  const FerryClient renewed({"127.0.0.1", server_.port(), "akira", "nine-new-words-here"}, {"--tls=off"});
  EXPECT_TRUE(exits(0, renewed.run("ls", {"/"})));
  write_file(fresh, "short\n");
  const RunResult weak = renewed.run("passwd", {"--new-password-file", fresh.string()});
  EXPECT_TRUE(exits(5, weak));
  EXPECT_EQ(weak.err.find("short\n"), std::string::npos) << weak.err;
  EXPECT_TRUE(exits(0, renewed.run("ls", {"/"}))) << "it is as it was";
}

class FerryRegister : public FerryCommands {
 protected:
  FerryRegister() { server_.stop(); }
  void open(bool is_open) {
    server_.set(is_open ? "registration=open" : "registration=closed");
    server_.start();
  }
  RunResult register_as(const std::string& name, const std::string& password,
                        std::vector<std::string> options) {
    return FerryClient({"127.0.0.1", server_.port(), name, password}, std::move(options)).run("register", {});
  }
  std::vector<std::string> pin() {
    const RunResult refused = FerryClient(where(), {}).run("ls", {"/"});
    const auto at = refused.err.find("sha256:", refused.err.find("fingerprint"));
    return {"--pin", refused.err.substr(at, 7 + 64)};
  }
};

TEST_F(FerryRegister, MakesAnAccountUnderTlsOnly) {
  open(true);
  EXPECT_TRUE(exits(2, register_as("ann", kPassword, {"--tls=off"})));
  EXPECT_FALSE(server_.store().find_account("ann"));
  const RunResult made = register_as("ann", kPassword, pin());
  EXPECT_TRUE(exits(0, made));
  EXPECT_EQ(made.out.substr(0, 8), "bytes\t0\t") << made.out;
  EXPECT_TRUE(exits(0, FerryClient({"127.0.0.1", server_.port(), "ann", kPassword}, pin()).run("ls", {"/"})));
  EXPECT_TRUE(exits(5, register_as("ann", kPassword, pin()))) << "the name is taken";
  EXPECT_TRUE(exits(5, register_as("bea", "short", pin()))) << "the password is too weak";
  EXPECT_TRUE(exits(7, register_as("bea", kPassword, {}))) << "who asks for it is not known";
}

TEST_F(FerryRegister, SaysWhereNobodyCanRegister) {
  open(false);
  const RunResult refused = register_as("ann", kPassword, pin());
  EXPECT_TRUE(exits(1, refused));
  EXPECT_NE(refused.err.find("people cannot register on this server"), std::string::npos) << refused.err;
}

// --- the shell's other ways in ---

TEST_F(FerryCommands, ShellRunsWhatItsArgumentsAndFilesSay) {
  put("a;b", "semicolon");
  put("pics", std::nullopt);
  EXPECT_EQ(ferry("shell", {"-c", "cd pics; pwd;; cat '/a;b'"}).out, "/pics\nsemicolon");
  EXPECT_EQ(ferry("shell", {"-c", "pwd", "-c", "cd pics;pwd"}).out, "/\n/pics\n");
  const RunResult failed = ferry("shell", {"-c", "cat nosuch; cd pics; rmdir nosuch; pwd"});
  EXPECT_TRUE(exits(3, failed)) << "the first failure's code, and the rest is done";
  EXPECT_EQ(failed.out, "/pics\n");
  const RunResult fast = ferry("shell", {"--fail-fast", "-c", "pwd; cat nosuch; cd pics; pwd"});
  EXPECT_TRUE(exits(3, fast));
  EXPECT_EQ(fast.out, "/\n");

  const std::string script = (client_.here() / "script").string();
  write_file(script, "# a comment\ncd pics\npwd\ncat /nosuch\npwd\n");
  const RunResult whole = ferry("shell", {"-f", script});
  EXPECT_TRUE(exits(3, whole));
  EXPECT_EQ(whole.out, "/pics\n/pics\n");
  EXPECT_EQ(ferry("shell", {"-f", script, "--fail-fast"}).out, "/pics\n");
  EXPECT_TRUE(exits(2, ferry("shell", {"-f", script, "-c", "pwd"})));
  EXPECT_TRUE(exits(2, client_.run_plain({"shell", "-c", "pwd"}))) << "where?";
  // A password is no argument.
  EXPECT_TRUE(exits(2, ferry("shell", {"-c", "passwd; nine-new-words-here; nine-new-words-here"})));
  EXPECT_TRUE(exits(0, ferry("ls", {"/"})));
}

TEST(FerryShellTab, DoesNotWaitForASlowServer) {
  std::promise<void> over;
  std::shared_future<void> is_over = over.get_future().share();
  ScriptedServer slow;
  slow.feature("MLST type*;");
  slow.on("MLSD", [&](const std::string&) {
    is_over.wait();
    return std::vector<std::string>{"550 no"};
  });
  const TempDir home;
  Terminal terminal({"/usr/bin/env", "-i", "TERM=xterm", "LC_ALL=C.UTF-8", "HOME=" + home.path().string(),
                     ferry_program().string(), "shell", "--tls=off",
                     "ftp://anonymous@127.0.0.1:" + std::to_string(slow.port()) + "/"});
  terminal.type_after("(in clear)> ", "cat x\t\x15help pwd\r");
  terminal.type_after("the remote folder", "");  // while the listing still waits
  EXPECT_EQ(is_over.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  over.set_value();
  terminal.type_after("(in clear)> ", "exit\r");
  EXPECT_EQ(terminal.exit_code(), 0) << terminal.screen();
}

}  // namespace
}  // namespace ferry::test
