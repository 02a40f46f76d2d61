// Quota in bytes and files: exact, whoever uploads at the same time, and equal to the disk.
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <map>

#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

class Quota : public testing::Test {
 protected:
  FtpTalker connect(bool tls = false) { return FtpTalker::logged_in(server_, "mika", tls); }
  void expect_usage(Bytes bytes, std::int64_t files) {
    EXPECT_EQ(server_.usage("mika").bytes, bytes);
    EXPECT_EQ(server_.usage("mika").files, files);
    EXPECT_TRUE(server_.is_settled("mika"));
  }
  Bytes on_disk(const std::string& path) {
    const auto file = server_.home("mika") / path;
    return std::filesystem::exists(file) ? static_cast<Bytes>(std::filesystem::file_size(file)) : -1;
  }

  // Ten sessions, every other one under TLS, that begin to upload before any of them ends. How many got which
  // code.
  std::map<int, int> upload_in_parallel(std::size_t size) {
    std::vector<std::future<int>> uploads;
    for (int i = 0; i < 10; ++i) {
      uploads.push_back(std::async(std::launch::async, [this, i, size] {
        FtpTalker talker = connect(i % 2 == 1);
        return talker.store("file" + std::to_string(i), some_bytes(size, static_cast<std::uint32_t>(i))).code;
      }));
    }
    std::map<int, int> codes;
    for (auto& upload : uploads) ++codes[upload.get()];
    return codes;
  }
  int complete_files(std::size_t size) {
    int count = 0;
    for (int i = 0; i < 10; ++i) {
      const std::string name = "file" + std::to_string(i);
      if (on_disk(name) < 0) continue;
      EXPECT_TRUE(read_bytes(server_.home("mika") / name) == some_bytes(size, static_cast<std::uint32_t>(i)));
      ++count;
    }
    return count;
  }

  FerrydServer server_;
};

TEST_F(Quota, IsExactToTheByte) {
  server_.add_account("mika", {.quota = 100'000});
  FtpTalker talker = connect();
  ASSERT_TRUE(answers(talker.store("full", some_bytes(100'000)), 226));
  expect_usage(100'000, 1);
  EXPECT_TRUE(answers(talker.store("more", "x"), 552));
  EXPECT_EQ(on_disk("more"), -1);
  expect_usage(100'000, 1);
  talker.expect("DELE full", 250);
  ASSERT_TRUE(answers(talker.store("full", some_bytes(99'999)), 226));
  ASSERT_TRUE(answers(talker.store("more", "x"), 226));
  expect_usage(100'000, 2);
}

TEST_F(Quota, OneByteTooManyIsNotStored) {
  server_.add_account("mika", {.quota = 100'000});
  FtpTalker talker = connect();
  EXPECT_TRUE(answers(talker.store("file", some_bytes(100'001)), 552));
  EXPECT_EQ(on_disk("file"), -1);
  EXPECT_LE(server_.disk_usage("mika").bytes, 100'000);
  EXPECT_TRUE(server_.is_settled("mika"));
}

TEST_F(Quota, WhatBrokeOffAtTheQuotaMakesRoomForAnUploadThatFits) {
  server_.add_account("mika", {.quota = 100'000});
  FtpTalker talker = connect();
  ASSERT_TRUE(answers(talker.store("too-big", some_bytes(150'000)), 552));
  ASSERT_TRUE(answers(talker.store("fits", some_bytes(100'000)), 226));
  expect_usage(100'000, 1);
}

TEST_F(Quota, FullAccountMayOverwriteByAnEquallyLargeFile) {
  server_.add_account("mika", {.quota = 1'000'000, .files = 1});
  for (const bool tls : {false, true}) {
    FtpTalker talker = connect(tls);
    const std::string fresh = some_bytes(1'000'000, tls ? 8 : 7);
    ASSERT_TRUE(answers(talker.store("file", fresh), 226));
    EXPECT_TRUE(read_bytes(server_.home("mika") / "file") == fresh);
    expect_usage(1'000'000, 1);
    EXPECT_TRUE(answers(talker.store("file", some_bytes(1'000'001)), 552));
    EXPECT_TRUE(read_bytes(server_.home("mika") / "file") == fresh);
    EXPECT_TRUE(server_.is_settled("mika"));
  }
}

TEST_F(Quota, TenUploadsIntoRoomForFive) {
  constexpr std::size_t kSize = 700'000;
  server_.add_account("mika", {.quota = 5 * kSize});
  const auto codes = upload_in_parallel(kSize);
  EXPECT_EQ(codes, (std::map<int, int>{{226, 5}, {552, 5}}));
  EXPECT_EQ(complete_files(kSize), 5);
  expect_usage(5 * kSize, 5);
}

TEST_F(Quota, TenUploadsIntoRoomForFiveAndAHalf) {
  constexpr std::size_t kSize = 700'000;
  server_.add_account("mika", {.quota = 5 * kSize + kSize / 2});
  const auto codes = upload_in_parallel(kSize);
  EXPECT_EQ(codes, (std::map<int, int>{{226, 5}, {552, 5}}));
  EXPECT_EQ(complete_files(kSize), 5);
  EXPECT_LE(server_.disk_usage("mika").bytes, static_cast<Bytes>(5 * kSize + kSize / 2));
  EXPECT_TRUE(server_.is_settled("mika"));
}

TEST_F(Quota, TenUploadsIntoFivePlacesForFiles) {
  server_.add_account("mika", {.files = 5});
  const auto codes = upload_in_parallel(1000);
  EXPECT_EQ(codes, (std::map<int, int>{{226, 5}, {552, 5}}));
  expect_usage(5000, 5);
}

TEST_F(Quota, FilesAreCounted) {
  server_.add_account("mika", {.files = 2});
  FtpTalker talker = connect();
  ASSERT_TRUE(answers(talker.store("a", "1"), 226));
  ASSERT_TRUE(answers(talker.store("b", ""), 226));
  EXPECT_TRUE(answers(talker.store("c", "3"), 552));
  talker.expect("MKD folders-are-not-files", 257);
  ASSERT_TRUE(answers(talker.store("a", "overwritten"), 226));
  expect_usage(11, 2);
  talker.expect("DELE b", 250);
  ASSERT_TRUE(answers(talker.store("c", "3"), 226));
  expect_usage(12, 2);
}

// Closed in the middle, the connection would break under a client that still sends, and curl would show that instead of the 552.
TEST_F(Quota, AClientWithoutRoomCanFinishSendingAndReadsTheRefusal) {
  server_.add_account("mika", {.quota = 100'000});
  FtpTalker talker = connect();
  auto started = talker.begin("STOR file");
  ASSERT_TRUE(started.data);
  EXPECT_TRUE(started.data->write_all(some_bytes(20'000'000), Deadline::after(std::chrono::seconds(10))));
  EXPECT_TRUE(started.data->finish(Deadline::after(std::chrono::seconds(10))));
  EXPECT_TRUE(answers(talker.reply(), 552));
  expect_usage(100'000, 1);
}

TEST_F(Quota, ChangesCountForALiveSession) {
  server_.add_account("mika", {.quota = 10});
  FtpTalker talker = connect();
  EXPECT_TRUE(answers(talker.store("file", some_bytes(20)), 552));
  store::AccountChange change;
  change.quota_bytes = 20;
  ASSERT_TRUE(server_.store().change_account("mika", change));
  EXPECT_TRUE(answers(talker.store("file", some_bytes(20)), 226));
  expect_usage(20, 1);
}

TEST_F(Quota, IsToldBySite) {
  server_.add_account("mika", {.quota = 1000, .files = 7});
  FtpTalker talker = connect();
  ASSERT_TRUE(answers(talker.store("file", some_bytes(300)), 226));
  for (const char* command : {"SITE QUOTA", "SITE INFO"}) {
    const auto reply = talker.ask(command);
    EXPECT_TRUE(answers(reply, 200));
    EXPECT_NE(reply.text().find("Bytes used: 300 of 1000, left 700"), std::string::npos) << reply.text();
    EXPECT_NE(reply.text().find("Files used: 1 of 7"), std::string::npos) << reply.text();
  }
}

// A link's target is what is removed or counted, never both of them.
TEST_F(Quota, RemovedLinksGiveNothingBack) {
  server_.add_account("mika", {.quota = 1000});
  FtpTalker talker = connect();
  ASSERT_TRUE(answers(talker.store("file", some_bytes(300)), 226));
  std::filesystem::create_symlink("file", server_.home("mika") / "link");
  talker.expect("DELE link", 250);
  expect_usage(300, 1);
}

}  // namespace
}  // namespace ferry::test
