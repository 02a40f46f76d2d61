// ferry hash, ferry verify and receipts, against ferryd.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/ferry_client.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/json_output.h"
#include "tests/support/scripted_server.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSha256OfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* kMd5OfAbc = "900150983cd24fb0d6963f7d28e17f72";

class FerryVerify : public testing::Test {
 protected:
  FerryVerify() { server_.add_account("akira"); }

  std::string url(const std::string& path) const { return client_.url(path); }
  // The connection options come without -s here: operands are URLs.
  RunResult ferry(const std::string& command, std::vector<std::string> operands) const {
    std::vector<std::string> line{command, "--tls=off", "--no-input"};
    if (std::ranges::any_of(operands, [](const std::string& word) { return word.starts_with("ftp:"); }))
      line.insert(line.end(), {"--password-file", client_.password_file().string()});
    line.insert(line.end(), operands.begin(), operands.end());
    return client_.run_plain(line);
  }
  void put_there(const std::string& path, const std::string& bytes) {
    for (auto slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1)) {
      const std::string folder = path.substr(0, slash);
      if (!fs::exists(server_.home("akira") / folder)) server_.put_file("akira", folder, std::nullopt);
    }
    server_.put_file("akira", path, bytes);
  }
  void put_here(const std::string& path, const std::string& bytes) {
    fs::create_directories((client_.here() / path).parent_path());
    write_file(client_.here() / path, bytes);
  }
  static testing::AssertionResult exits(int code, const RunResult& result) {
    if (result.exit_code == code) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "exit " << result.exit_code << "\n" << result.out << result.err;
  }

  FerrydServer server_;
  FerryClient client_{ClientServer{"127.0.0.1", server_.port(), "akira", kPassword}, {"--tls=off"}};
};

TEST_F(FerryVerify, HashPrintsWhatSha256sumPrints) {
  put_there("abc", "abc");
  put_there("dir/a b\\c", "abc");
  const RunResult one = ferry("hash", {url("/abc")});
  EXPECT_TRUE(exits(0, one));
  EXPECT_EQ(one.out, std::string(kSha256OfAbc) + "  abc\n");
  EXPECT_EQ(ferry("hash", {"--algo=md5", url("/abc")}).out, std::string(kMd5OfAbc) + "  abc\n");
  const RunResult tree = ferry("hash", {"-r", url("/dir")});
  EXPECT_EQ(tree.out, "\\" + std::string(kSha256OfAbc) + "  dir/a b\\\\c\n") << tree.err;
  EXPECT_TRUE(exits(10, ferry("hash", {url("/abc"), url("/nowhere")})));
  EXPECT_TRUE(exits(3, ferry("hash", {url("/nowhere")})));
  EXPECT_TRUE(exits(2, ferry("hash", {"--algo=rot13", url("/abc")})));
}

TEST_F(FerryVerify, HashSaysInJsonHowItKnows) {
  put_there("abc", "abc");
  const auto lines = json_lines_of(ferry("hash", {"--json", url("/abc")}).out);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["type"], "hash");
  EXPECT_EQ(lines[0]["digest"], kSha256OfAbc);
  EXPECT_EQ(lines[0]["source"], "asked");
}

TEST_F(FerryVerify, HashReadsBackWhatTheServerDoesNotCompute) {
  ScriptedServer scripted("abc");
  const FerryClient client(ClientServer{"127.0.0.1", scripted.port(), "akira", kPassword}, {"--tls=off"});
  const RunResult hashed = client.run("hash", {"/file"});
  EXPECT_TRUE(exits(0, hashed));
  EXPECT_EQ(hashed.out, std::string(kSha256OfAbc) + "  /file\n");
  EXPECT_NE(hashed.err.find("read back"), std::string::npos) << hashed.err;
}

TEST_F(FerryVerify, TreesAreComparedFileByFile) {
  put_here("tree/same", "abc");
  put_there("tree/same", "abc");
  put_here("tree/deep/other", "abc");
  put_there("tree/deep/other", "abd");
  EXPECT_TRUE(exits(12, ferry("verify", {"tree", url("/tree")})));
  put_there("tree/deep/other", "abc");
  const RunResult same = ferry("verify", {"tree", url("/tree")});
  EXPECT_TRUE(exits(0, same));
  EXPECT_EQ(same.out, "");
  EXPECT_EQ(same.err, "ferry: 2 the same, 0 different\n");
  put_here("tree/only here", "");
  put_there("tree/size", "1");
  put_here("tree/size", "12");
  const RunResult differ = ferry("verify", {"tree", url("/tree")});
  EXPECT_TRUE(exits(12, differ));
  EXPECT_EQ(differ.out, "only-in-a\t-\t-\tonly here\nsize\t2\t1\tsize\n");
  const auto lines = json_lines_of(ferry("verify", {"--json", "tree", url("/tree")}).out);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[1]["what"], "size");
  EXPECT_EQ(lines[1]["size_a"], 2);
  EXPECT_EQ(lines[2]["exit_code"], 12);
  EXPECT_EQ(lines[2]["files_same"], 2);
  EXPECT_EQ(lines[2]["differences"], 2);
  EXPECT_TRUE(exits(0, ferry("verify", {url("/tree"), url("/tree")}))) << "two remote ones";
  EXPECT_TRUE(exits(3, ferry("verify", {"nowhere", url("/tree")})));
  EXPECT_TRUE(exits(2, ferry("verify", {"tree"})));
}

TEST_F(FerryVerify, AReceiptIsCheckedHereAndThereLater) {
  put_here("tree/a", "abc");
  put_here("tree/deep/caf\xe9", "x");
  for (const std::string& how :
       {std::string("--verify=auto"), std::string("--verify=none"), std::string("--verify=md5")}) {
    fs::remove(client_.here() / "r");
    EXPECT_TRUE(exits(0, client_.run("put", {"-r", how, "--receipt=r", "tree", "/"})));
    std::istringstream lines(read_file(client_.here() / "r"));
    std::vector<nlohmann::json> all;
    for (std::string line; std::getline(lines, line);) all.push_back(nlohmann::json::parse(line));
    ASSERT_EQ(all.size(), 2u) << how;
    std::ranges::sort(all, {}, [](const nlohmann::json& line) { return line["size"].get<int>(); });
    EXPECT_EQ(all[1]["sha256"], kSha256OfAbc) << how;
    EXPECT_EQ(all[1].contains("server"), how != "--verify=none");
  }
  EXPECT_TRUE(exits(0, ferry("verify", {"--receipt=r"})));
  EXPECT_TRUE(exits(0, ferry("verify", {"--receipt=r", "tree"})));
  EXPECT_TRUE(exits(0, ferry("verify", {"--receipt=r", url("/tree")})));
  put_here("tree/a", "abd");
  const RunResult changed = ferry("verify", {"--receipt=r"});
  EXPECT_TRUE(exits(12, changed));
  EXPECT_EQ(changed.out.substr(0, 7 + 64), "digest\t" + std::string(kSha256OfAbc)) << changed.out;
  EXPECT_TRUE(exits(0, ferry("verify", {"--receipt=r", url("/tree")}))) << "there it is the same still";
  fs::remove(server_.home("akira") / "tree/a");
  const RunResult missing = ferry("verify", {"--receipt=r", url("/tree")});
  EXPECT_TRUE(exits(12, missing));
  EXPECT_EQ(missing.out, "missing\t-\t-\ta\n");
}

TEST_F(FerryVerify, ADownloadHasAReceiptToo) {
  put_there("abc", "abc");
  EXPECT_TRUE(exits(0, client_.run("get", {"--receipt=r", "--verify=none", "/abc"})));
  EXPECT_NE(read_file(client_.here() / "r").find(kSha256OfAbc), std::string::npos);
  EXPECT_TRUE(exits(0, client_.run("get", {"-c", "--receipt=r", "/abc"}))) << "is here whole";
  EXPECT_TRUE(exits(0, ferry("verify", {"--receipt=r"})));
  fs::rename(client_.here() / "abc", client_.here() / "moved");
  EXPECT_TRUE(exits(12, ferry("verify", {"--receipt=r"})));
  EXPECT_TRUE(exits(0, ferry("verify", {"--receipt=r", "moved"}))) << "one file may have another name";
}

TEST_F(FerryVerify, WhatIsNoReceiptIsNeverAddedTo) {
  put_here("a", "abc");
  put_here("notes", "my notes\n");
  EXPECT_TRUE(exits(1, client_.run("put", {"--receipt=notes", "a", "/"})));
  EXPECT_EQ(read_file(client_.here() / "notes"), "my notes\n");
  EXPECT_FALSE(fs::exists(server_.home("akira") / "a")) << "before anything is sent";
  EXPECT_TRUE(exits(1, ferry("verify", {"--receipt=notes"})));
}

}  // namespace
}  // namespace ferry::test
