// ferry's sub-commands and the shell's, against ferryd: what they do, what they print to a program, and how
// they end.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <future>

#include "tests/support/ferry_client.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/scripted_server.h"
#include "tests/support/temp_dir.h"
#include "tests/support/terminal.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

class FerryCommands : public testing::Test {
 protected:
  FerryCommands() { server_.add_account("akira"); }

  ClientServer where(const std::string& user = "akira") const {
    return {"127.0.0.1", server_.port(), user, kPassword};
  }
  RunResult ferry(const std::string& command, const std::vector<std::string>& operands,
                  const std::string& input = {}) const {
    return client_.run(command, operands, input);
  }
  // Both ways must do the same.
  RunResult shell(const std::string& lines) const { return client_.shell(lines); }
  void put(const std::string& path, const std::optional<std::string>& bytes) {
    server_.put_file("akira", path, bytes);
  }
  fs::path there(const std::string& path) const { return server_.home("akira") / path; }
  static testing::AssertionResult exits(int code, const RunResult& result) {
    if (result.exit_code == code) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "exit " << result.exit_code << "\n" << result.out << result.err;
  }

  FerrydServer server_;
  FerryClient client_{where(), {"--tls=off"}};
};

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

// --- standard input and output ---

TEST_F(FerryCommands, CatAndGetWriteToStandardOutput) {
  std::string noise(700'000, '\0');
  for (std::size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<char>(i * i >> 7);
  put("noise", noise);
  put("end", "end");
  const RunResult both = ferry("cat", {"/noise", "/end"});
  EXPECT_TRUE(exits(0, both));
  EXPECT_TRUE(both.out == noise + "end");
  EXPECT_EQ(both.err, "");
  const RunResult got = ferry("get", {"-o", "-", "/noise"});
  EXPECT_TRUE(exits(0, got));
  EXPECT_TRUE(got.out == noise);
  EXPECT_NE(got.err.find("verified=server"), std::string::npos) << got.err;
  EXPECT_TRUE(shell("cat noise end\n").out == noise + "end");
  EXPECT_TRUE(fs::is_empty(client_.here()));

  EXPECT_TRUE(exits(3, ferry("cat", {"/nosuch"})));
  EXPECT_EQ(ferry("cat", {"/nosuch", "/end"}).out, "end");
  EXPECT_TRUE(exits(2, ferry("get", {"-r", "-o", "-", "/"})));
  EXPECT_TRUE(exits(2, ferry("get", {"-c", "-o", "-", "/end"})));
  EXPECT_TRUE(exits(2, ferry("get", {"--json", "-o", "-", "/end"})));
}

TEST_F(FerryCommands, CatOfAFolderIsRefused) {
  put("sub", std::nullopt);
  EXPECT_NE(ferry("cat", {"/sub"}).exit_code, 0);
}

std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (const auto& word : words) line += "'" + word + "' ";
  return line;
}

TEST_F(FerryCommands, ReaderWhoHasSeenEnoughHearsNoComplaint) {
  put("big", std::string(20'000'000, 'x'));
  const std::string cat = joined(client_.command_line("cat", {"/big"}));
  const RunResult head =
      run({"bash", "-c", cat + "| head -c 5; echo \" ${PIPESTATUS[0]}\""}, client_.child_options());
  EXPECT_EQ(head.out, "xxxxx 1\n");
  EXPECT_EQ(head.err, "");
  const RunResult full = run({"bash", "-c", cat + "> /dev/full"}, client_.child_options());
  EXPECT_TRUE(exits(8, full)) << "what nobody could write is an error";
}

TEST_F(FerryCommands, PutTakesStandardInput) {
  const std::string text(300'000, 'y');
  const RunResult put = ferry("put", {"-", "/streamed"}, text);
  EXPECT_TRUE(exits(0, put));
  EXPECT_NE(put.err.find("verified=server"), std::string::npos) << put.err;
  EXPECT_TRUE(read_file(there("streamed")) == text);
  EXPECT_TRUE(exits(0, ferry("put", {"--stdin-name", "named", "-", "/"}, "n")));
  EXPECT_EQ(read_file(there("named")), "n");
  EXPECT_TRUE(exits(0, ferry("put", {"-", "/empty"})));
  EXPECT_EQ(read_file(there("empty")), "");

  EXPECT_TRUE(exits(2, ferry("put", {"-", "/"}, "x"))) << "it has no name";
  EXPECT_TRUE(exits(2, ferry("put", {"-", "-", "/x"}, "x")));
  EXPECT_TRUE(exits(2, ferry("put", {"--stdin-name", "n", (client_.here() / "../password").string(), "/"})));
  EXPECT_TRUE(exits(3, ferry("put", {"-", "/nosuch/x"}, "x")));
  server_.add_account("small", {.quota = 1000});
  EXPECT_TRUE(exits(8, FerryClient(where("small"), {"--tls=off"}).run("put", {"-", "/x"}, text)));
}

// In clear the end of the data connection is all that tells a server that a file is whole.
TEST_F(FerryCommands, BrokenInputIsNeverTakenForAWholeFile) {
  ASSERT_TRUE(exits(0, ferry("put", {"-", "/old"}, "what was there")));
  const std::string put = joined(client_.command_line("put", {"-", "/old"}));
  const RunResult broken = run({"bash", "-c", "exec " + put + "< ."}, client_.child_options());  // EISDIR
  EXPECT_TRUE(exits(1, broken));
  EXPECT_NE(broken.err.find("standard input"), std::string::npos) << broken.err;
  EXPECT_EQ(read_file(there("old")), "what was there");
}

TEST_F(FerryCommands, StoppedInputIsNeverTakenForAWholeFile) {
  ASSERT_TRUE(exits(0, ferry("put", {"-", "/old"}, "what was there")));
  const std::string put = joined(client_.command_line("put", {"-", "/old"}));
  const ChildProcess upload({"bash", "-c", "exec " + put + "< <(head -c 20000000 /dev/zero; sleep 600)"},
                            client_.child_options());
  ASSERT_TRUE(wait_until([&] { return server_.disk_usage("akira").bytes > 5'000'000; }));
  upload.send_signal(SIGINT);
  EXPECT_EQ(upload.wait(std::chrono::seconds(10)), 130) << upload.err();
  ASSERT_TRUE(server_.is_settled("akira"));
  EXPECT_EQ(read_file(there("old")), "what was there");
}

}  // namespace
}  // namespace ferry::test
