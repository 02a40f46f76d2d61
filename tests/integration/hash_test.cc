// Digests that clients ask for: HASH (draft-bryan-ftpext-hash), XCRC and its kind, MD5 (draft-twine-ftpmd5).
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "shared/base/digest.h"
#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::string digest_of(DigestKind kind, std::string_view bytes) {
  Digest digest(kind);
  digest.update(bytes);
  return digest.hex();
}
class Hashes : public testing::Test {
 protected:
  Hashes() {
    server_.add_account("mika");
    server_.add_account("reader", {.read_only = true});
    talker_.emplace(FtpTalker::logged_in(server_, "mika"));
  }
  FtpTalker& talker() { return *talker_; }
  void put(const std::string& path, std::string_view bytes) {
    ASSERT_TRUE(answers(talker().store(path, bytes), 226));
  }
  void expect_reply(const std::string& command, int code, const std::string& text) {
    const auto reply = talker().ask(command);
    EXPECT_TRUE(answers(reply, code)) << command;
    EXPECT_EQ(reply.text(), text) << command;
  }
  fs::path on_disk(const std::string& path) { return server_.home("mika") / path; }
  // A file with nothing in it that takes long to read.
  void put_sparse(const std::string& path, std::uintmax_t size) {
    server_.put_file("mika", path, "");
    fs::resize_file(on_disk(path), size);
  }
  std::optional<store::FileDigest> kept(const std::string& path) {
    return server_.store().digest_at(server_.store().find_account("mika")->id, path).value();
  }

  FerrydServer server_;
  std::optional<FtpTalker> talker_;
};

TEST_F(Hashes, ReplyHasAlgorithmRangeDigestAndName) {
  const std::string bytes = some_bytes(100);
  put("some file", bytes);
  expect_reply("HASH some file", 213, fmt::format("SHA-256 0-99 {} some file", sha256_of(bytes)));
  expect_reply("HASH /some file", 213, fmt::format("SHA-256 0-99 {} /some file", sha256_of(bytes)));
  put("empty", "");
  expect_reply("HASH empty", 213, fmt::format("SHA-256 0-0 {} empty", sha256_of("")));
  talker().expect("TYPE A", 200);
  expect_reply("HASH some file", 213, fmt::format("SHA-256 0-99 {} some file", sha256_of(bytes)));
}

TEST_F(Hashes, AlgorithmIsChosenWithOptsAndToldByFeat) {
  put("file", "abc");
  expect_reply("OPTS HASH", 200, "SHA-256");
  EXPECT_NE(talker().ask("FEAT").text().find("\nHASH SHA-256*;SHA-512;SHA-1;MD5;CRC32\n"), std::string::npos);
  for (const auto kind : kDigestKinds) {
    const std::string name(digest_name(kind));
    expect_reply("OPTS HASH " + name, 200, name);
    expect_reply("HASH file", 213, fmt::format("{} 0-2 {} file", name, digest_of(kind, "abc")));
    EXPECT_NE(talker().ask("FEAT").text().find(name + "*"), std::string::npos);
  }
  expect_reply("opts hash sha-1", 200, "SHA-1");
  for (const char* unknown : {"CRC-37", "SHA-3", "SHA-1 x", "*", "SHA-1*"})
    EXPECT_TRUE(answers(talker().ask(std::string("OPTS HASH ") + unknown), 501)) << unknown;
  expect_reply("OPTS HASH", 200, "SHA-1");
  talker().expect("REIN", 220);
  talker().log_in("mika");
  expect_reply("OPTS HASH", 200, "SHA-256");
}

TEST_F(Hashes, RangeScopesTheNextHash) {
  const std::string bytes = some_bytes(100);
  put("file", bytes);
  const struct {
    const char *range, *told;
    std::size_t first, length;
  } rows[] = {{"0 49", "0-49", 0, 50},
              {"10 10", "10-10", 10, 1},
              {"50 9999", "50-99", 50, 50},
              {"0 99", "0-99", 0, 100}};
  for (const auto& row : rows) {
    talker().expect(fmt::format("RANG {}", row.range), 350);
    expect_reply("HASH file", 213,
                 fmt::format("SHA-256 {} {} file", row.told, sha256_of(bytes.substr(row.first, row.length))));
    expect_reply("HASH file", 213, fmt::format("SHA-256 0-99 {} file", sha256_of(bytes)));
  }
  talker().expect("RANG 100 200", 350);
  EXPECT_TRUE(answers(talker().ask("HASH file"), 554)) << "nothing is there";
}

TEST_F(Hashes, HashHasErrorsOfItsOwn) {
  talker().expect("MKD folder", 257);
  EXPECT_TRUE(answers(talker().ask("HASH folder"), 553));
  EXPECT_TRUE(answers(talker().ask("HASH /"), 553));
  EXPECT_TRUE(answers(talker().ask("HASH missing"), 550));
  EXPECT_TRUE(answers(talker().ask("HASH missing/file"), 550));
  EXPECT_TRUE(answers(talker().ask("HASH"), 501));
  ASSERT_EQ(mkfifo(on_disk("fifo").c_str(), 0666), 0);
  EXPECT_TRUE(answers(talker().ask("HASH fifo"), 551));
  put("secret", "abc");
  ASSERT_EQ(chmod(on_disk("secret").c_str(), 0), 0);
  if (geteuid() == 0) {
    EXPECT_TRUE(answers(talker().ask("HASH secret"), 552));
  }
}

TEST_F(Hashes, OlderCommandsAnswerWithTheDigest) {
  const std::string bytes = some_bytes(100);
  put("some file", bytes);
  const std::pair<const char*, DigestKind> verbs[] = {
      {"XCRC", DigestKind::crc32}, {"XMD5", DigestKind::md5},       {"XSHA", DigestKind::sha1},
      {"XSHA1", DigestKind::sha1}, {"XSHA256", DigestKind::sha256}, {"XSHA512", DigestKind::sha512}};
  const std::string features = talker().ask("FEAT").text() + "\n";
  for (const auto& [verb, kind] : verbs) {
    EXPECT_NE(features.find(fmt::format("\n{}\n", verb)), std::string::npos) << verb;
    expect_reply(fmt::format("{} some file", verb), 250, digest_of(kind, bytes));
    expect_reply(fmt::format("{} \"some file\"", verb), 250, digest_of(kind, bytes));
    expect_reply(fmt::format("{} \"some file\" 10", verb), 250, digest_of(kind, bytes.substr(10)));
    expect_reply(fmt::format("{} \"some file\" 10 60", verb), 250, digest_of(kind, bytes.substr(10, 50)));
    expect_reply(fmt::format("{} some file 10 60", verb), 250, digest_of(kind, bytes.substr(10, 50)));
    expect_reply(fmt::format("{} some file 0 100", verb), 250, digest_of(kind, bytes));
    expect_reply(fmt::format("{} some file 100 100", verb), 250, digest_of(kind, ""));
    EXPECT_TRUE(answers(talker().ask(fmt::format("{} some file 0 101", verb)), 501)) << "no byte 100";
    EXPECT_TRUE(answers(talker().ask(fmt::format("{} some file 101", verb)), 501));
    EXPECT_TRUE(answers(talker().ask(fmt::format("{} \"some file\" 60 10", verb)), 501));
    EXPECT_TRUE(answers(talker().ask(fmt::format("{} \"some file\" x", verb)), 501));
    EXPECT_TRUE(answers(talker().ask(fmt::format("{} missing", verb)), 550));
    EXPECT_TRUE(answers(talker().ask(fmt::format("{} missing 0 10", verb)), 550));
    EXPECT_TRUE(answers(talker().ask(fmt::format("{} /", verb)), 550));
    EXPECT_TRUE(answers(talker().ask(verb), 501));
  }
  put("some file 10", "other");
  expect_reply("XMD5 some file 10", 250, digest_of(DigestKind::md5, "other"));
  expect_reply("XMD5 \"some file\" 10", 250, digest_of(DigestKind::md5, bytes.substr(10)));
}

TEST_F(Hashes, Md5TellsThePathToo) {
  put("some file", "abc");
  expect_reply("MD5 some file", 251, "some file 900150983cd24fb0d6963f7d28e17f72");
  expect_reply("MD5 \"some file\"", 251, "some file 900150983cd24fb0d6963f7d28e17f72");
  EXPECT_TRUE(answers(talker().ask("MD5 /"), 504));
  EXPECT_TRUE(answers(talker().ask("MD5 missing"), 550));
}

// FluentFTP #820: a server that drops leading zeros makes every sixteenth check fail.
TEST_F(Hashes, LeadingZerosAreTold) {
  for (int i = 0;; ++i) {
    const std::string bytes = std::to_string(i);
    if (!digest_of(DigestKind::crc32, bytes).starts_with("00")) continue;
    put("file", bytes);
    expect_reply("XCRC file", 250, digest_of(DigestKind::crc32, bytes));
    break;
  }
}

TEST_F(Hashes, WhatAnUploadHasProvenIsNotReadAgain) {
  put("file", "abc");
  // Other bytes, same size, inode and time: only who reads the file sees them.
  const auto modified = fs::last_write_time(on_disk("file"));
  std::ofstream(on_disk("file"), std::ios::in | std::ios::binary) << "xyz";
  fs::last_write_time(on_disk("file"), modified);
  expect_reply("HASH file", 213, fmt::format("SHA-256 0-2 {} file", sha256_of("abc")));
  expect_reply("XSHA256 file", 250, sha256_of("abc"));
  expect_reply("XSHA256 file 0 2", 250, sha256_of("xy"));
  expect_reply("XSHA1 file", 250, digest_of(DigestKind::sha1, "xyz"));
  fs::last_write_time(on_disk("file"), modified + 1s);
  expect_reply("HASH file", 213, fmt::format("SHA-256 0-2 {} file", sha256_of("xyz")));
}

TEST_F(Hashes, DigestOfAFileAtRestIsKept) {
  server_.put_file("mika", "file", "abc");
  ASSERT_FALSE(kept("/file"));
  expect_reply("HASH file", 213, fmt::format("SHA-256 0-2 {} file", sha256_of("abc")));
  EXPECT_FALSE(kept("/file")) << "a file this young may change without a new time";
  fs::last_write_time(on_disk("file"), fs::file_time_type::clock::now() - 1h);
  expect_reply("XMD5 file", 250, digest_of(DigestKind::md5, "abc"));
  expect_reply("XSHA256 file 0 2", 250, sha256_of("ab"));
  EXPECT_FALSE(kept("/file"));
  expect_reply("HASH file", 213, fmt::format("SHA-256 0-2 {} file", sha256_of("abc")));
  ASSERT_TRUE(kept("/file"));
  EXPECT_EQ(kept("/file")->sha256, sha256_of("abc"));
  talker().expect("MFMT 20200102030405 file", 213);
  EXPECT_EQ(kept("/file")->mtime_ns, 1'577'934'245'000'000'000) << "another time is no other content";
  talker().expect("MFF modify=20200102030406; file", 213);
  EXPECT_EQ(kept("/file")->mtime_ns, 1'577'934'246'000'000'000);
}

TEST_F(Hashes, ReadOnlyAccountsMayAsk) {
  server_.put_file("reader", "file", "abc");
  FtpTalker reader = FtpTalker::logged_in(server_, "reader");
  EXPECT_TRUE(answers(reader.ask("HASH file"), 213));
  EXPECT_TRUE(answers(reader.ask("XSHA256 file"), 250));
  EXPECT_TRUE(answers(reader.ask("MD5 file"), 251));
}

// So that a client resumes only what is a beginning of its own file.
TEST_F(Hashes, UnfinishedUploadHasADigest) {
  const std::string bytes = some_bytes(1000);
  talker().expect("ALLO 2000", 200);
  ASSERT_TRUE(answers(talker().break_off("file", bytes), 426));
  expect_reply("HASH file", 213, fmt::format("SHA-256 0-999 {} file", sha256_of(bytes)));
  talker().expect("RANG 0 499", 350);
  expect_reply("HASH file", 213, fmt::format("SHA-256 0-499 {} file", sha256_of(bytes.substr(0, 500))));
  expect_reply("XSHA256 \"file\" 0 500", 250, sha256_of(bytes.substr(0, 500)));
  EXPECT_FALSE(kept("/file")) << "no complete file has this digest";
  talker().expect("REST 1000", 350);
  auto resumed = talker().begin("STOR file");
  ASSERT_TRUE(resumed.data);
  FtpTalker other = FtpTalker::logged_in(server_, "mika");
  EXPECT_TRUE(answers(other.ask("HASH file"), 450)) << "being uploaded now";
  ASSERT_TRUE(resumed.data->finish(Deadline::after(10s)));
  resumed.data.reset();
  EXPECT_TRUE(answers(talker().reply(), 226));
  expect_reply("HASH file", 213, fmt::format("SHA-256 0-999 {} file", sha256_of(bytes)));
}

constexpr std::uintmax_t kHuge = std::uintmax_t{1} << 42;  // hours of reading

TEST_F(Hashes, FileThatChangesMeanwhileIsRefused) {
  put_sparse("file", std::uintmax_t{1} << 28);
  talker().send("XMD5 file");
  talker().send("STAT");
  ASSERT_TRUE(talker().next_line().starts_with("250-")) << "it has begun";
  fs::last_write_time(on_disk("file"), fs::file_time_type::clock::now() - 1h);
  EXPECT_NE(talker().reply().text().find("changed while it was read"), std::string::npos);
  EXPECT_TRUE(answers(talker().reply(), 211)) << "STAT has its turn afterwards";
  put_sparse("shrinks", kHuge);
  talker().send("HASH shrinks");
  talker().send("STAT");
  ASSERT_TRUE(talker().next_line().starts_with("213-")) << "it has begun";
  fs::resize_file(on_disk("shrinks"), 1000);
  EXPECT_NE(talker().reply().text().find("changed while it was read"), std::string::npos);
  EXPECT_TRUE(answers(talker().reply(), 211));
  EXPECT_FALSE(kept("/shrinks"));
}

TEST_F(Hashes, AborEndsALongOneAtOnce) {
  put_sparse("file", kHuge);
  for (const char* command : {"HASH file", "XCRC file", "MD5 file"}) {
    talker().send(command);
    talker().send("ABOR");
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(answers(talker().reply(), 426)) << command;
    EXPECT_TRUE(answers(talker().reply(), 226));
    EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
    EXPECT_TRUE(answers(talker().ask("NOOP"), 200));
  }
}

// STAT must not end a reply that has begun: how far it is stands in the reply itself, and STAT waits its
// turn.
TEST_F(Hashes, StatTellsHowFarItIs) {
  put_sparse("file", kHuge);
  const std::pair<const char*, int> commands[] = {
      {"HASH file", 213}, {"XSHA512 file", 250}, {"MD5 file", 251}};
  for (const auto& [command, code] : commands) {
    talker().send(command);
    talker().send("STAT");
    const std::string line = talker().next_line();
    EXPECT_TRUE(line.starts_with(fmt::format("{}-Computing ", code))) << line;
    EXPECT_NE(line.find(" of 4398046511104 bytes"), std::string::npos) << line;
    talker().send("NOOP");
    talker().send("ABOR");
    EXPECT_TRUE(answers(talker().reply(), code)) << "a reply ends with the code it began with";
    EXPECT_TRUE(answers(talker().reply(), 226)) << "ABOR";
    EXPECT_TRUE(answers(talker().reply(), 211)) << "STAT";
    EXPECT_TRUE(answers(talker().reply(), 200)) << "NOOP";
  }
}

TEST_F(Hashes, ClientThatGoesEndsIts) {
  put_sparse("file", kHuge);
  talker().send("HASH file");
  talker().send("STAT");
  ASSERT_TRUE(talker().next_line().starts_with("213-"));
  talker().disconnect();
  FtpTalker other = FtpTalker::logged_in(server_, "mika");
  const Deadline deadline = Deadline::after(10s);
  while (other.ask("SITE WHO").text().find(" digest ") != std::string::npos)
    ASSERT_FALSE(deadline.passed()) << "it still reads";
}

// Digests hold a thread as transfers do, and within the same limits: they keep out neither transfers of
// others nor short commands.
TEST(HashesAtOnce, TooManyAreRefused) {
  FerrydServer server({"workers=1", "threads_per_worker=8"});
  for (const char* name : {"mika", "other"}) server.add_account(name);
  server.put_file("mika", "file", "");
  fs::resize_file(server.home("mika") / "file", kHuge);
  server.put_file("other", "small", "abc");
  std::vector<FtpTalker> talkers;
  int refused = 0;
  for (int i = 0; i < 6; ++i) {
    talkers.push_back(FtpTalker::logged_in(server, "mika"));
    talkers.back().send("HASH file");
    talkers.back().send("STAT");
    const std::string line = talkers.back().next_line();
    refused += line.starts_with("450 ") ? 1 : 0;
    EXPECT_TRUE(line.starts_with("450 ") || line.starts_with("213-")) << line;
  }
  EXPECT_EQ(refused, 2) << "an account has half of the threads";
  FtpTalker other = FtpTalker::logged_in(server, "other");
  EXPECT_EQ(other.fetch("small").bytes, "abc");
  EXPECT_TRUE(answers(other.ask("HASH small"), 213));
  for (FtpTalker& talker : talkers) talker.disconnect();
}

TEST(HashesAlone, LongOnesShowThatTheyLive) {
  FerrydServer server;
  server.add_account("mika");
  server.put_file("mika", "file", "");
  fs::resize_file(server.home("mika") / "file", kHuge);
  FtpTalker talker = FtpTalker::logged_in(server, "mika");
  const auto start = std::chrono::steady_clock::now();
  talker.send("HASH file");
  const std::string line = talker.next_line();
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_TRUE(line.starts_with("213-Computing SHA-256: ")) << line;
  EXPECT_GT(took, 4s);
  EXPECT_LT(took, 9s);
  talker.send("ABOR");
  EXPECT_TRUE(answers(talker.reply(), 213));
  EXPECT_TRUE(answers(talker.reply(), 226));
}

}  // namespace
}  // namespace ferry::test
