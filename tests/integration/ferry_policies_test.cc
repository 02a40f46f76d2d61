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

[[maybe_unused]] testing::AssertionResult says(const RunResult& result, const std::string& text) {
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
