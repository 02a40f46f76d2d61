// ferry and what is there already, what files keep on their way, and whether all of them fit.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/ferry_client.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/scripted_server.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

testing::AssertionResult exits(int code, const RunResult& result) {
  if (result.exit_code == code) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "exit " << result.exit_code << "\n" << result.out << result.err;
}

testing::AssertionResult says(const RunResult& result, const std::string& text) {
  if (result.err.find(text) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no \"" << text << "\" in: " << result.err;
}

std::size_t times_said(const RunResult& result, const std::string& text) {
  std::size_t times = 0;
  for (auto at = result.err.find(text); at != std::string::npos; at = result.err.find(text, at + 1)) ++times;
  return times;
}

mode_t mode_of(const fs::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

std::int64_t seconds_of(const fs::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mtim.tv_sec : 0;
}

void set_seconds(const fs::path& path, std::int64_t seconds) {
  const timespec times[2]{{0, UTIME_OMIT}, {seconds, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

constexpr std::int64_t kThen = 1'600'000'000;

class FerryPolicies : public testing::Test {
 protected:
  FerryPolicies() { server_.add_account("akira"); }

  fs::path here(const std::string& name) const { return client_.here() / name; }
  fs::path there(const std::string& name) const { return server_.home("akira") / name; }
  RunResult ferry(const std::string& command, const std::vector<std::string>& operands) const {
    return client_.run(command, operands);
  }

  FerrydServer server_;
  FerryClient client_{{"127.0.0.1", server_.port(), "akira", kPassword}, {"--tls=off"}};
};

// --- times and modes ---

TEST_F(FerryPolicies, TimesAreKeptAndModesWhereAskedFor) {
  write_file(here("script"), "x");
  fs::permissions(here("script"), fs::perms(0750));
  set_seconds(here("script"), kThen);
  EXPECT_TRUE(exits(0, ferry("put", {"script", "/plain"})));
  EXPECT_EQ(seconds_of(there("plain")), kThen);
  EXPECT_NE(mode_of(there("plain")), 0750U);
  EXPECT_TRUE(exits(0, ferry("put", {"--preserve=time,mode", "script", "/both"})));
  EXPECT_EQ(seconds_of(there("both")), kThen);
  EXPECT_EQ(mode_of(there("both")), 0750U);
  EXPECT_TRUE(exits(0, ferry("put", {"--preserve=mode", "script", "/mode"})));
  EXPECT_GT(seconds_of(there("mode")), kThen);
  EXPECT_EQ(mode_of(there("mode")), 0750U);

  EXPECT_TRUE(exits(0, ferry("get", {"-o", "got", "/both"})));
  EXPECT_EQ(seconds_of(here("got")), kThen);
  EXPECT_NE(mode_of(here("got")), 0750U);
  EXPECT_TRUE(exits(0, ferry("get", {"--preserve=mode", "-o", "got", "/both"})));
  EXPECT_GT(seconds_of(here("got")), kThen);
  EXPECT_EQ(mode_of(here("got")), 0750U);
  EXPECT_TRUE(exits(0, ferry("get", {"--preserve=none", "-o", "bare", "/both"})));
  EXPECT_GT(seconds_of(here("bare")), kThen);
  EXPECT_TRUE(exits(2, ferry("get", {"--preserve=owner", "/both"})));
}

TEST_F(FerryPolicies, WhatIsThereAlreadyGetsTimeAndModeAsWell) {
  server_.put_file("akira", "file", "the same");
  fs::permissions(there("file"), fs::perms(0640));
  set_seconds(there("file"), kThen);
  write_file(here("file"), "the same");
  EXPECT_TRUE(exits(0, ferry("get", {"-c", "--preserve=time,mode", "/file"})));
  EXPECT_EQ(seconds_of(here("file")), kThen);
  EXPECT_EQ(mode_of(here("file")), 0640U);
}

// --- what is there already ---

TEST_F(FerryPolicies, EveryPolicyMakesItsOwnOfAnUpload) {
  struct Row {
    const char* policy;
    int code;
    const char* there;  // afterwards
    const char* said;
  };
  const Row table[] = {
      {"overwrite", 0, "mine", "done "},
      {"skip", 0, "theirs!", "it is there already"},
      {"fail", 11, "theirs!", "/f: is there already"},
      {"newer", 0, "theirs!", "what is there is as new"},
      {"size", 0, "mine", "done "},
      {"hash", 0, "mine", "done "},
      {"resume", 11, "theirs!", "/f: what is there (7 B) is longer than this file, and stays"},
      {"rename", 0, "theirs!", "done "},
  };
  write_file(here("f"), "mine");
  set_seconds(here("f"), kThen);
  for (const auto& [policy, code, content, said] : table) {
    server_.put_file("akira", "f", "theirs!");
    set_seconds(there("f"), kThen);
    const RunResult done = ferry("put", {std::string("--if-exists=") + policy, "f", "/"});
    EXPECT_TRUE(exits(code, done)) << policy;
    EXPECT_TRUE(says(done, said)) << policy;
    EXPECT_EQ(read_file(there("f")), content) << policy;
  }
  EXPECT_EQ(read_file(there("f (2)")), "mine");
  EXPECT_TRUE(exits(0, ferry("put", {"--if-exists=rename", "f", "/"})));
  EXPECT_EQ(read_file(there("f (3)")), "mine");
  EXPECT_TRUE(exits(2, ferry("put", {"--if-exists=maybe", "f", "/"})));
}

TEST_F(FerryPolicies, EveryPolicyMakesItsOwnOfADownload) {
  struct Row {
    const char* policy;
    int code;
    const char* here;
    const char* said;
  };
  const Row table[] = {
      {"overwrite", 0, "theirs", "done "},
      {"skip", 0, "mine", "it is there already"},
      {"fail", 11, "mine", "f: is there already"},
      {"newer", 0, "theirs", "done "},
      {"size", 0, "theirs", "done "},
      {"hash", 0, "theirs", "done "},
      {"resume", 11, "mine", "f: is there already, and cannot be shown to be the same file"},
      {"rename", 0, "mine", "done "},
  };
  server_.put_file("akira", "f", "theirs");
  set_seconds(there("f"), kThen);
  for (const auto& [policy, code, content, said] : table) {
    write_file(here("f"), "mine");
    set_seconds(here("f"), kThen - 1);
    const RunResult done = ferry("get", {std::string("--if-exists=") + policy, "/f"});
    EXPECT_TRUE(exits(code, done)) << policy;
    EXPECT_TRUE(says(done, said)) << policy;
    EXPECT_EQ(read_file(here("f")), content) << policy;
    EXPECT_FALSE(fs::exists(here("f.ferry-part"))) << policy;
  }
  EXPECT_EQ(read_file(here("f (2)")), "theirs");
}

TEST_F(FerryPolicies, TheSameFileIsLeftByAllThatCompare) {
  for (const char* policy : {"newer", "size", "hash"}) {
    server_.put_file("akira", "f", "equal");
    write_file(here("f"), "equal");
    set_seconds(there("f"), kThen);
    set_seconds(here("f"), kThen);
    const std::string option = std::string("--if-exists=") + policy;
    EXPECT_TRUE(says(ferry("put", {option, "f", "/"}), " why=\"what is there")) << policy;
    EXPECT_TRUE(says(ferry("get", {option, "/f"}), " why=\"what is there")) << policy;
  }
  set_seconds(here("f"), kThen + 1);
  EXPECT_TRUE(says(ferry("put", {"--if-exists=newer", "f", "/"}), "done "));
  EXPECT_EQ(seconds_of(there("f")), kThen + 1);
}

TEST_F(FerryPolicies, ResumeGoesOnWithWhatIsProvenAndLeavesTheRest) {
  write_noise(here("tape"), 3'000'000, 1);
  const std::string all = read_file(here("tape"));
  server_.put_file("akira", "tape", all.substr(0, 1'000'000));
  const RunResult up = ferry("put", {"--if-exists=resume", "tape", "/"});
  EXPECT_TRUE(exits(0, up));
  EXPECT_TRUE(says(up, " offset=1000000"));
  EXPECT_EQ(read_file(there("tape")), all);
  EXPECT_TRUE(exits(0, ferry("put", {"--if-exists=resume", "tape", "/"}))) << "it is there whole";

  write_file(here("tape"), all.substr(0, 1'500'000));  // as another program leaves it
  const RunResult down = ferry("get", {"--if-exists=resume", "/tape"});
  EXPECT_TRUE(exits(0, down));
  EXPECT_TRUE(says(down, " offset=1500000"));
  EXPECT_EQ(read_file(here("tape")), all);
  EXPECT_FALSE(fs::exists(here("tape.ferry-part")));
}

// An upload that broke off waits beside the complete file; to go on with it would replace that one.
TEST_F(FerryPolicies, ResumeDoesNotReplaceACompleteFileByAnUploadThatBrokeOff) {
  write_file(here("tape"), "complete");
  EXPECT_TRUE(exits(0, ferry("put", {"tape", "/"})));
  write_noise(here("tape"), 150'000'000, 1);
  {
    const ChildProcess upload(client_.command_line("put", {"tape", "/"}), client_.child_options());
    ASSERT_TRUE(wait_until([&] { return server_.disk_usage("akira").bytes > 5'000'000; }));
    upload.send_signal(SIGKILL);
    upload.wait(5s);
  }
  ASSERT_TRUE(server_.is_settled("akira"));
  const RunResult refused = ferry("put", {"--if-exists=resume", "tape", "/"});
  EXPECT_TRUE(exits(11, refused));
  EXPECT_EQ(read_file(there("tape")), "complete");
}

TEST_F(FerryPolicies, FoldersAndFilesNeverTakeEachOthersNames) {
  write_file(here("f"), "file");
  server_.put_file("akira", "f", std::nullopt);
  server_.put_file("akira", "f/f", std::nullopt);
  for (const char* policy : {"overwrite", "skip", "rename"}) {
    // Into the folder `f` this goes; what is in the way there is a folder again.
    const RunResult up = ferry("put", {std::string("--if-exists=") + policy, "f", "/f"});
    EXPECT_TRUE(exits(1, up)) << policy;
    EXPECT_TRUE(says(up, "is a folder")) << policy;
  }
  fs::create_directories(here("tree/sub"));
  write_file(here("tree/sub/x"), "x");
  write_file(here("tree/y"), "y");
  server_.put_file("akira", "tree", std::nullopt);
  server_.put_file("akira", "tree/sub", "a file");
  const RunResult up = ferry("put", {"-r", "tree", "/"});
  EXPECT_TRUE(exits(10, up));
  EXPECT_TRUE(says(up, "/tree/sub: is a file on the server, where a folder is to be"));
  EXPECT_EQ(read_file(there("tree/sub")), "a file");
  EXPECT_EQ(read_file(there("tree/y")), "y");
  const RunResult down = ferry("get", {"-r", "/tree"});
  EXPECT_TRUE(exits(10, down));
  EXPECT_TRUE(says(down, "tree/sub"));
  EXPECT_TRUE(fs::is_directory(here("tree/sub")));
}

TEST_F(FerryPolicies, TreesObeyToo) {
  fs::create_directory(here("tree"));
  for (const char* name : {"a.txt", "b.txt", "a (2).txt"}) write_file(here("tree") / name, name);
  server_.put_file("akira", "tree", std::nullopt);
  server_.put_file("akira", "tree/a.txt", "old");
  EXPECT_TRUE(exits(10, ferry("put", {"-r", "--if-exists=fail", "tree", "/"})));
  EXPECT_EQ(read_file(there("tree/a.txt")), "old");
  EXPECT_EQ(read_file(there("tree/b.txt")), "b.txt");
  // The next free name is none that another file of the tree is to have.
  fs::remove(there("tree/b.txt"));
  fs::remove(there("tree/a (2).txt"));
  EXPECT_TRUE(exits(0, ferry("put", {"-r", "--if-exists=rename", "tree", "/"})));
  EXPECT_EQ(read_file(there("tree/a.txt")), "old");
  EXPECT_EQ(read_file(there("tree/a (2).txt")), "a (2).txt");
  EXPECT_EQ(read_file(there("tree/a (3).txt")), "a.txt");
  const RunResult again = ferry("put", {"-r", "--if-exists=skip", "tree", "/"});
  EXPECT_TRUE(exits(0, again));
  EXPECT_EQ(times_said(again, "why=\"it is there already"), 3U) << again.err;
}

// --- does it fit? ---

class FerryFits : public FerryPolicies {
 protected:
  FerryFits() {
    server_.add_account("small", {.quota = 1'000'000, .files = 10});
    fs::create_directory(here("tree"));
    for (const char* name : {"a", "b", "c"}) write_noise(here("tree") / name, 400'000, 1);
  }
  FerryClient small_{{"127.0.0.1", server_.port(), "small", kPassword}, {"--tls=off"}};
  std::string tree() const { return here("tree").string(); }
  bool has_anything() const { return fs::exists(server_.home("small") / "tree"); }
};

TEST_F(FerryFits, AFolderIsAskedForWholeBeforeItsFirstByte) {
  const RunResult refused = small_.run("put", {"-r", tree(), "/"});
  EXPECT_TRUE(exits(8, refused));
  EXPECT_TRUE(says(refused, "3 files, 1.14 MiB; quota left 977 KiB: does not fit by 195 KiB"));
  EXPECT_FALSE(has_anything());
  EXPECT_TRUE(exits(8, small_.run("put", {tree() + "/a", tree() + "/b", tree() + "/c", "/"}))) << "operands";
  EXPECT_TRUE(fs::is_empty(server_.home("small")) || !fs::exists(server_.home("small") / "a"));
  EXPECT_TRUE(exits(10, small_.run("put", {"-r", "--no-fit-check", tree(), "/"}))) << "as far as it goes";
  EXPECT_TRUE(has_anything());
}

TEST_F(FerryFits, WhatIsReplacedCounts) {
  fs::remove(here("tree/c"));
  EXPECT_TRUE(exits(0, small_.run("put", {"-r", tree(), "/"})));
  EXPECT_TRUE(exits(0, small_.run("put", {"-r", tree(), "/"}))) << "all of it again";
}

TEST_F(FerryFits, FilesAreCounted) {
  for (int i = 0; i < 12; ++i) write_file(here("tree/f" + std::to_string(i)), "");
  for (const char* name : {"a", "b", "c"}) fs::remove(here("tree") / name);
  const RunResult refused = small_.run("put", {"-r", tree(), "/"});
  EXPECT_TRUE(exits(8, refused));
  EXPECT_TRUE(says(refused, "12 files, 0 B; quota left 10 files: does not fit by 2"));
}

TEST_F(FerryFits, HereSoMuchIsLeftFree) {
  server_.put_file("akira", "tree", std::nullopt);
  server_.put_file("akira", "tree/x", "x");
  for (const std::vector<std::string>& what : {std::vector<std::string>{"-r", "/tree"}, {"/tree/x"}}) {
    std::vector<std::string> words{"--min-free=4000T", "-o", here("").string()};
    words.insert(words.end(), what.begin(), what.end());
    const RunResult refused = ferry("get", words);
    EXPECT_TRUE(exits(8, refused));
    EXPECT_TRUE(says(refused, "to be kept: does not fit by"));
    EXPECT_FALSE(fs::exists(here("tree/x")) || fs::exists(here("x")));
    words[0] = "--min-free=1";
    EXPECT_TRUE(exits(0, ferry("get", words)));
    fs::remove_all(here("tree/x"));
    fs::remove_all(here("x"));
  }
}

class FerryAttributes : public testing::Test {
 protected:
  FerryAttributes() {
    fs::create_directory(client_.here() / "tree");
    for (const char* name : {"a", "b", "c"}) write_file(client_.here() / "tree" / name, name);
    server_.on("CWD", always("250 there"));
  }
  static ScriptedServer::Answer always(const std::string& line) {
    return [line](const std::string&) { return std::vector<std::string>{line}; };
  }
  RunResult put(const std::vector<std::string>& options) const {
    std::vector<std::string> words = options;
    words.insert(words.end(), {"-r", "tree", "/"});
    return client_.run("put", words);
  }
  long count(const std::string& start) const {
    return std::ranges::count_if(server_.commands(),
                                 [&](const std::string& line) { return line.rfind(start, 0) == 0; });
  }

  ScriptedServer server_{""};
  FerryClient client_{{"127.0.0.1", server_.port(), "akira", "x"}, {"--tls=off"}};
};

TEST_F(FerryAttributes, OneThatRefusesIsNamedOnceAndNotAskedAgain) {
  server_.feature("MFMT");
  server_.on("MFMT", always("502 not today"));
  const RunResult done = put({});
  EXPECT_TRUE(exits(0, done));
  EXPECT_EQ(times_said(done, "the server keeps its own times of files (502 not today)"), 1U) << done.err;
  EXPECT_EQ(count("MFMT"), 1);
}

TEST_F(FerryAttributes, OneThatRefusesAFileMayTakeTheNext) {
  server_.feature("MFMT");
  server_.on("MFMT", always("550 not this one"));
  const RunResult done = put({});
  EXPECT_TRUE(exits(0, done));
  EXPECT_EQ(times_said(done, "keeps its own times"), 1U) << done.err;
  EXPECT_EQ(count("MFMT"), 3);
}

TEST_F(FerryAttributes, TheNextBestCommandIsTaken) {
  server_.feature("MFMT");
  server_.feature("SITE UTIME");
  server_.on("MFMT", always("500 what?"));
  server_.on("SITE", always("200 fine"));
  set_seconds(client_.here() / "tree/a", kThen);
  const RunResult done = put({});
  EXPECT_TRUE(exits(0, done));
  EXPECT_EQ(times_said(done, "keeps its own times"), 0U) << done.err;
  EXPECT_EQ(count("MFMT"), 1);
  EXPECT_EQ(count("SITE UTIME"), 3);
  EXPECT_EQ(count("SITE UTIME /tree/a 20200913122640 20200913122640 20200913122640 UTC"), 1);
}

TEST_F(FerryAttributes, OneThatHasNoCommandIsToldOnlyToWhomAsked) {
  EXPECT_EQ(times_said(put({}), "keeps its own"), 0U);
  const RunResult asked = put({"--preserve=time,mode"});
  EXPECT_TRUE(exits(0, asked));
  EXPECT_EQ(times_said(asked, "keeps its own times of files: it has no command for them"), 1U) << asked.err;
  EXPECT_EQ(times_said(asked, "keeps its own modes of files (502"), 1U) << asked.err;
  EXPECT_EQ(count("SITE CHMOD"), 1);
}

TEST_F(FerryAttributes, ModesGoByMffWhereItTakesThem) {
  server_.feature("MFF modify;UNIX.mode;");
  server_.on("MFF", always("213 UNIX.mode=0640; there"));
  fs::permissions(client_.here() / "tree/a", fs::perms(0640));
  EXPECT_TRUE(exits(0, put({"--preserve=mode"})));
  EXPECT_EQ(count("MFF UNIX.mode="), 3);
  EXPECT_EQ(count("MFF UNIX.mode=0640; /tree/a"), 1);
  EXPECT_EQ(count("SITE CHMOD"), 0);
}

}  // namespace
}  // namespace ferry::test
