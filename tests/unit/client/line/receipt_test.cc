#include "client/line/receipt.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "tests/support/bytes.h"
#include "tests/support/temp_dir.h"

namespace ferry::client {
namespace {

namespace fs = std::filesystem;

FileReport report(const std::string& name) {
  FileReport report;
  report.direction = Direction::up;
  report.name = name;
  report.local = "/home/akira/" + name;
  report.remote = "ftp://akira@files.example.org//pics/x";
  report.result.size = 2254857830;
  report.result.sha256 = std::string(64, 'a');
  report.result.verified = Verified{DigestKind::md5, DigestSource::asked};
  report.result.local_digest = std::string(32, 'b');
  return report;
}

class ReceiptTest : public testing::Test {
 protected:
  std::string path() const { return (dir_.path() / "receipt").native(); }
  void write(const std::string& text) const { std::ofstream(path(), std::ios::binary) << text; }
  std::string content() const { return test::read_bytes(path()); }
  static std::string line(const std::string& name) { return receipt_line(report(name)) + "\n"; }

  test::TempDir dir_;
};

TEST_F(ReceiptTest, LineSaysWhatWasCopiedAndWhatProvesIt) {
  const auto entry = parse_receipt_line(receipt_line(report("写真集.zip")));
  ASSERT_TRUE(entry) << entry.error().context;
  EXPECT_EQ(entry->name, "写真集.zip");
  EXPECT_EQ(entry->local, "/home/akira/写真集.zip");
  EXPECT_EQ(entry->remote, "ftp://akira@files.example.org//pics/x");
  EXPECT_EQ(entry->size, 2254857830);
  EXPECT_EQ(entry->sha256, std::string(64, 'a'));
  EXPECT_NE(receipt_line(report("x"))
                .find("\"server\":{\"algo\":\"md5\",\"digest\":\"" + std::string(32, 'b') +
                      "\",\"source\":\"asked\"}"),
            std::string::npos)
      << receipt_line(report("x"));
}

TEST_F(ReceiptTest, AnyNameComesBackAsItWas) {
  std::mt19937 random(5);
  for (int round = 0; round < 2'000; ++round) {
    std::string name(1 + random() % 30, '\0');
    for (char& c : name) c = static_cast<char>(random());
    const auto entry = parse_receipt_line(receipt_line(report(name)));
    ASSERT_TRUE(entry);
    ASSERT_EQ(entry->name, name);
  }
}

TEST_F(ReceiptTest, LinesThatAreNoneAreRefused) {
  const std::string good = receipt_line(report("x"));
  const auto with = [&](const std::string& old, const std::string& text) {
    std::string bad = good;
    bad.replace(bad.find(old), old.size(), text);
    return bad;
  };
  const std::string bad[] = {
      "",
      "x",
      "[]",
      "{}",
      good.substr(0, good.size() - 1),
      with("\"v\":1", "\"v\":2"),
      with("\"size\":2254857830", "\"size\":-1"),
      with("\"size\":2254857830", "\"size\":1.5"),
      with("\"size\":2254857830", "\"size\":\"1\""),
      with(std::string(64, 'a'), std::string(63, 'a')),
      with(std::string(64, 'a'), std::string(64, 'g')),
      with("\"name\":\"x\"", "\"name\":5"),
      with("\"name\":\"x\"", "\"name\":\"x\",\"name_b64\":\"*\""),
      with("\"local\"", "\"locus\""),
  };
  for (const auto& text : bad) EXPECT_FALSE(parse_receipt_line(text)) << text;
}

TEST_F(ReceiptTest, IsAddedToAndReadBack) {
  for (const char* name : {"a", "b"}) {
    auto receipt = Receipt::open(path());
    ASSERT_TRUE(receipt) << receipt.error().context;
    receipt->add(report(name));
    EXPECT_TRUE(receipt->finish());
  }
  const auto entries = read_receipt(path());
  ASSERT_TRUE(entries) << entries.error().context;
  ASSERT_EQ(entries->size(), 2u);
  EXPECT_EQ((*entries)[0].name, "a");
  EXPECT_EQ((*entries)[1].name, "b");
}

TEST_F(ReceiptTest, TheLastLineAboutAFileCounts) {
  FileReport newer = report("a");
  newer.result.size = 7;
  write(line("a") + line("b") + receipt_line(newer) + "\n");
  const auto entries = read_receipt(path());
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 2u);
  EXPECT_EQ((*entries)[0].size, 7);
}

TEST_F(ReceiptTest, ALineThatACrashHasCutIsTakenOff) {
  for (const std::string& whole : {std::string(), line("a"), line("a") + line("b")}) {
    for (const std::size_t cut : {std::size_t{20}, line("c").size() - 1}) {
      write(whole + line("c").substr(0, cut));
      EXPECT_EQ(read_receipt(path()).error().kind, Errc::corrupt);
      auto receipt = Receipt::open(path());
      ASSERT_TRUE(receipt) << receipt.error().context;
      EXPECT_EQ(content(), whole);
      receipt->add(report("d"));
      EXPECT_TRUE(receipt->finish());
      const auto entries = read_receipt(path());
      ASSERT_TRUE(entries) << entries.error().context;
      EXPECT_EQ(entries->back().name, "d");
    }
  }
}

TEST_F(ReceiptTest, NothingElseIsAddedToOrCut) {
  for (const std::string& text : {std::string("PATH=/bin\nexport PATH"), std::string("{\"v\":1}\n"),
                                  std::string("\n"), std::string(200'000, 'x')}) {
    write(text);
    const auto receipt = Receipt::open(path());
    ASSERT_FALSE(receipt) << text.substr(0, 20);
    EXPECT_EQ(receipt.error().kind, Errc::corrupt);
    EXPECT_EQ(content(), text);
  }
  const auto folder = Receipt::open(dir_.path().native());
  EXPECT_FALSE(folder);
  const std::string pipe = (dir_.path() / "pipe").native();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_FALSE(Receipt::open(pipe));
}

TEST_F(ReceiptTest, IsWrittenByOneOnly) {
  auto first = Receipt::open(path());
  ASSERT_TRUE(first);
  EXPECT_EQ(Receipt::open(path()).error().kind, Errc::busy);
}

TEST_F(ReceiptTest, ADamagedLineIsNamed) {
  write(line("a") + "{}\n" + line("b"));
  const auto entries = read_receipt(path());
  ASSERT_FALSE(entries);
  EXPECT_NE(entries.error().context.find("line 2"), std::string::npos) << entries.error().context;
  write("");
  EXPECT_FALSE(read_receipt(path())) << "an empty one proves nothing";
  EXPECT_EQ(read_receipt("/nowhere").error().kind, Errc::not_found);
}

TEST_F(ReceiptTest, AFullDiskIsTold) {
  auto receipt = Receipt::open("/dev/full");
  EXPECT_FALSE(receipt) << "no regular file";
}

}  // namespace
}  // namespace ferry::client
