// ferry and names that are not plain: other charsets on the server's side, and names that a server should not
// have.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/ferry_client.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/scripted_server.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

testing::AssertionResult exits(int code, const RunResult& result) {
  if (result.exit_code == code) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "exit " << result.exit_code << "\n" << result.out << result.err;
}

testing::AssertionResult says(const RunResult& result, const std::string& text) {
  if (result.err.find(text) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no \"" << text << "\" in: " << result.err;
}

const std::string kGbkName = "\xCE\xC4\xBC\xFE";  // 文件

class FerryCharset : public testing::Test {
 protected:
  FerryCharset() { server_.add_account("akira"); }

  FerryClient client(const std::string& charset) const {
    return FerryClient({"127.0.0.1", server_.port(), "akira", kPassword},
                       {"--tls=off", "--charset", charset});
  }
  fs::path there(const std::string& name) const { return server_.home("akira") / name; }

  FerrydServer server_;
};

TEST_F(FerryCharset, NamesAreWrittenAsTheServerWritesThem) {
  const FerryClient gbk = client("GBK");
  fs::create_directories(gbk.here() / "文件/文件");
  write_file(gbk.here() / "文件/文件/文件.txt", "一");
  EXPECT_TRUE(exits(0, gbk.run("put", {"-r", "文件", "/"})));
  EXPECT_TRUE(fs::exists(there(kGbkName + "/" + kGbkName + "/" + kGbkName + ".txt")));

  const RunResult listing = gbk.run("ls", {"/文件/文件"});
  EXPECT_TRUE(exits(0, listing));
  EXPECT_NE(listing.out.find("\t文件.txt\n"), std::string::npos) << listing.out;
  EXPECT_TRUE(exits(0, gbk.run("get", {"-r", "-o", "back", "/文件"})));
  EXPECT_EQ(read_file(gbk.here() / "back/文件/文件/文件.txt"), "一");
  const RunResult where = gbk.shell("cd /文件\ncd 文件\npwd\nmv 文件.txt 二.txt\n");
  EXPECT_TRUE(exits(0, where));
  EXPECT_EQ(where.out, "/文件/文件\n");
  EXPECT_TRUE(fs::exists(there(kGbkName + "/" + kGbkName + "/\xB6\xFE.txt")));
  EXPECT_TRUE(exits(0, gbk.run("rm", {"-r", "/文件"})));
  EXPECT_FALSE(fs::exists(there(kGbkName)));
}

TEST_F(FerryCharset, WhatHasNoFormThereIsAnErrorThatNamesIt) {
  const FerryClient latin = client("ISO-8859-1");
  fs::create_directory(latin.here() / "both");
  write_file(latin.here() / "both/Übung", "x");
  write_file(latin.here() / "both/写真", "y");
  const RunResult some = latin.run("put", {"-r", "both", "/"});
  EXPECT_TRUE(exits(10, some));
  EXPECT_TRUE(says(some, "写真: this name has no form in the server's charset, ISO-8859-1"));
  EXPECT_TRUE(
      fs::exists(there("both/\xDC"
                       "bung")));
  EXPECT_EQ(std::distance(fs::directory_iterator(there("both")), {}), 1);
  EXPECT_TRUE(exits(5, latin.run("get", {"/写真"})));
}

TEST_F(FerryCharset, WhatIsNotWrittenInItIsNamedAndNotCopied) {
  server_.put_file("akira", "good", "x");
  server_.put_file("akira", "\xCE", "half a character");
  const FerryClient gbk = client("GBK");
  const RunResult listing = gbk.run("ls", {"/"});
  EXPECT_TRUE(exits(5, listing));
  EXPECT_NE(listing.out.find("\tgood\n"), std::string::npos) << listing.out;
  EXPECT_TRUE(says(listing, "/\\xce: not listed"));
  const RunResult got = gbk.run("get", {"-r", "-o", "back", "/"});
  EXPECT_TRUE(exits(10, got));
  EXPECT_TRUE(says(got, "this name is not written in GBK"));
  EXPECT_TRUE(fs::exists(gbk.here() / "back/good"));
}

TEST_F(FerryCharset, OneThatIconvDoesNotKnowIsAWrongCommandLine) {
  const RunResult refused = client("KLINGON").run("ls", {"/"});
  EXPECT_TRUE(exits(2, refused));
  EXPECT_TRUE(says(refused, "KLINGON: no charset that iconv knows"));
}

TEST(FerryWithACharset, ServerIsNotToldToSpeakUtf8) {
  for (const bool has_charset : {false, true}) {
    ScriptedServer server("x");
    server.feature("UTF8");
    server.on("OPTS", [](const std::string&) { return std::vector<std::string>{"200 fine"}; });
    std::vector<std::string> options{"--tls=off"};
    if (has_charset) options.insert(options.end(), {"--charset", "GBK"});
    const FerryClient client({"127.0.0.1", server.port(), "akira", "x"}, options);
    EXPECT_TRUE(exits(0, client.run("get", {"-o", "copy", "/文件"})));
    const auto commands = server.commands();
    const auto came = [&](const std::string& line) { return std::ranges::count(commands, line); };
    EXPECT_EQ(came("OPTS UTF8 ON"), has_charset ? 0 : 1);
    EXPECT_EQ(came("RETR /" + kGbkName), has_charset ? 1 : 0);
    EXPECT_EQ(came("RETR /文件"), has_charset ? 0 : 1);
  }
}

// --- names that a server should not have ---

TEST(FerryAndHostileNames, NothingLeavesTheTarget) {
  ScriptedServer server(
      "type=file;size=4;modify=20260101000000; ../escaped\r\n"
      "type=file;size=4;modify=20260101000000; /tmp/escaped\r\n"
      "type=dir;modify=20260101000000; ..\r\n"
      "type=dir;modify=20260101000000; sub/../../out\r\n"
      "type=OS.unix=slink:/etc;modify=20260101000000; link\r\n" +
      std::string("type=file;size=4;modify=20260101000000; nul\0name\r\n", 57) +
      "type=file;size=4;modify=20260101000000; " + std::string(300, 'n') + "\r\n");
  server.feature("MLST type*;size*;modify*;");
  server.on("CWD", [](const std::string&) { return std::vector<std::string>{"250 there"}; });
  const FerryClient client({"127.0.0.1", server.port(), "akira", "x"}, {"--tls=off"});
  fs::create_directories(client.here() / "deep/into");
  const RunResult got = client.run("get", {"-r", "-j1", "-o", "deep/into", "/tree"});
  EXPECT_EQ(std::ranges::count_if(server.commands(),
                                  [](const std::string& line) { return line.rfind("RETR", 0) == 0; }),
            0)
      << got.err;
  for (const char* what : {"../escaped: unsafe name", "/tmp/escaped: unsafe name", "out: unsafe name",
                           "link: symbolic link, skipped", "nnn: unsafe name"})
    EXPECT_TRUE(says(got, what));
  for (const auto& entry : fs::recursive_directory_iterator(client.here()))
    EXPECT_TRUE(entry.path() == client.here() / "deep" || entry.path() == client.here() / "deep/into" ||
                entry.path() == client.here() / "deep/into/tree" || entry.path().filename() == "tape")
        << entry.path();
}

// --- composed names, links ---

const std::string kNfd = "e\xCC\x81", kNfc = "\xC3\xA9";  // é

TEST_F(FerryCharset, NamesAreComposedWhereAskedFor) {
  const FerryClient plain({"127.0.0.1", server_.port(), "akira", kPassword}, {"--tls=off"});
  fs::create_directories(plain.here() / "tree" / kNfd);
  write_file(plain.here() / "tree" / kNfd / (kNfd + ".txt"), "x");
  write_file(plain.here() / kNfd, "single");
  EXPECT_TRUE(exits(0, plain.run("put", {"-r", "tree", kNfd, "/as-is/"})));
  EXPECT_TRUE(fs::exists(there("as-is/tree/" + kNfd + "/" + kNfd + ".txt")));
  EXPECT_TRUE(exits(0, plain.run("put", {"-r", "--nfc", "tree", kNfd, "/nfc/"})));
  EXPECT_TRUE(fs::exists(there("nfc/tree/" + kNfc + "/" + kNfc + ".txt")));
  EXPECT_EQ(read_file(there("nfc/" + kNfc)), "single");
}

TEST_F(FerryCharset, TwoThatBecomeOneAreNeverOne) {
  const FerryClient plain({"127.0.0.1", server_.port(), "akira", kPassword}, {"--tls=off"});
  fs::create_directories(plain.here() / "tree" / (kNfd + "d"));
  write_file(plain.here() / "tree" / (kNfd + "d") / "lost", "x");
  fs::create_directories(plain.here() / "tree" / (kNfc + "d"));
  write_file(plain.here() / "tree" / kNfd, "decomposed");
  write_file(plain.here() / "tree" / kNfc, "composed");
  const RunResult done = plain.run("put", {"-r", "--nfc", "tree", "/"});
  EXPECT_TRUE(exits(10, done));
  EXPECT_TRUE(says(done, "as NFC it has the name of another one, and is not sent"));
  EXPECT_EQ(read_file(there("tree/" + kNfc)), "composed");
  EXPECT_FALSE(fs::exists(there("tree/" + kNfc + "d/lost")));
  EXPECT_TRUE(exits(10, plain.run("put", {"--nfc", "tree/" + kNfd, "tree/" + kNfc, "/"})));
}

TEST_F(FerryCharset, LinksAreFollowedInsideTheFolderOnly) {
  const FerryClient plain({"127.0.0.1", server_.port(), "akira", kPassword}, {"--tls=off"});
  const fs::path tree = plain.here() / "tree";
  fs::create_directories(tree / "real/deep");
  write_file(tree / "real/file", "inside");
  write_file(plain.here() / "secret", "outside");
  fs::create_symlink("real/file", tree / "to-file");
  fs::create_symlink("real", tree / "to-folder");
  fs::create_symlink("../secret", tree / "out");
  fs::create_symlink(plain.here(), tree / "out-folder");
  fs::create_symlink("nowhere", tree / "broken");
  fs::create_symlink("..", tree / "real/deep/round");
  EXPECT_TRUE(exits(0, plain.run("put", {"-r", "tree", "/skipped"})));
  EXPECT_FALSE(fs::exists(there("skipped/tree/to-file")));
  const RunResult done = plain.run("put", {"-r", "--links=follow", "tree", "/followed"});
  EXPECT_TRUE(exits(0, done));
  EXPECT_EQ(read_file(there("followed/tree/to-file")), "inside");
  EXPECT_EQ(read_file(there("followed/tree/to-folder/file")), "inside");
  for (const char* name : {"out", "out-folder", "broken", "real/deep/round", "to-folder/deep/round"})
    EXPECT_FALSE(fs::exists(there(std::string("followed/tree/") + name))) << name;
  EXPECT_TRUE(says(done, "out: symbolic link out of the folder, skipped"));
  EXPECT_TRUE(says(done, "round: leads back to a folder that it is in, skipped"));
  EXPECT_TRUE(says(done, "broken: symbolic link that leads nowhere, skipped"));
  EXPECT_TRUE(exits(2, plain.run("put", {"--links=all", "-r", "tree", "/"})));
}

TEST_F(FerryCharset, NamesThatNoServerTakesAreFailuresBeforehand) {
  const FerryClient plain({"127.0.0.1", server_.port(), "akira", kPassword}, {"--tls=off"});
  fs::create_directory(plain.here() / "tree");
  write_file(plain.here() / "tree/two\nlines", "x");
  write_file(plain.here() / "tree/fine", "x");
  write_file(plain.here() / "tree/FINE", "x");
  const RunResult done = plain.run("put", {"-r", "tree", "/"});
  EXPECT_TRUE(exits(10, done));
  EXPECT_TRUE(says(done, "line breaks and NUL are not allowed in names"));
  EXPECT_TRUE(says(done, "differ in case only"));
  EXPECT_TRUE(fs::exists(there("tree/fine")));
}

}  // namespace
}  // namespace ferry::test
