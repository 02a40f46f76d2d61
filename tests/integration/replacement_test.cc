// A file that is replaced while others read it: whoever opens it sees one version, whole, over FTP and on the
// disk, however often and in whatever way it is replaced.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>

#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"

namespace ferry::test {
namespace {

constexpr int kReplacements = 1000;

// Versions differ in every byte and in length, so that a piece of one in another cannot go unseen.
std::string version(int number) {
  return some_bytes(20'000 + static_cast<std::size_t>(number) * 7919 % 60'000,
                    static_cast<std::uint32_t>(number));
}

class ReplacementAlone : public testing::TestWithParam<bool> {
 protected:
  ReplacementAlone() {
    server_.add_account("mika");
    for (int number = 0; number <= kReplacements; ++number) digests_.insert(sha256_of(version(number)));
  }

  // Reads by `read` until the writer is done.
  template <typename Read>
  void keep_reading(const Read& read) {
    while (!is_over_) {
      const std::string bytes = read();
      const std::lock_guard lock(mutex_);
      ++reads_;
      seen_.insert(sha256_of(bytes));
      if (!digests_.contains(sha256_of(bytes))) wrong_.push_back(bytes.size());
    }
  }
  void read_over_ftp(bool tls) {
    try {
      FtpTalker talker = FtpTalker::logged_in(server_, "mika", tls);
      keep_reading([&] {
        auto fetched = talker.fetch("file");
        EXPECT_TRUE(answers(fetched.reply, 226));
        return std::move(fetched.bytes);
      });
    } catch (const std::runtime_error& error) {
      ADD_FAILURE() << error.what();
    }
  }
  void read_locally() {
    keep_reading([&] { return read_bytes(server_.home("mika") / "file"); });
  }

  FerrydServer server_;
  std::set<std::string> digests_;
  std::atomic<bool> is_over_{false};
  std::mutex mutex_;
  std::set<std::string> seen_;
  std::vector<std::size_t> wrong_;
  int reads_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Wire, ReplacementAlone, testing::Bool(),
                         [](const auto& wire) { return wire.param ? "tls" : "clear"; });

TEST_P(ReplacementAlone, ReadersSeeWholeVersions) {
  FtpTalker writer = FtpTalker::logged_in(server_, "mika", GetParam());
  ASSERT_TRUE(answers(writer.store("file", version(0)), 226));
  std::thread readers[] = {std::thread([&] { read_over_ftp(GetParam()); }),
                           std::thread([&] { read_over_ftp(!GetParam()); }),
                           std::thread([&] { read_locally(); })};
  // By STOR, and now and then by a rename over it.
  for (int number = 1; number <= kReplacements && !HasFailure(); ++number) {
    const bool renames = number % 10 == 0;
    EXPECT_TRUE(answers(writer.store(renames ? "new" : "file", version(number)), 226));
    if (!renames) continue;
    EXPECT_TRUE(answers(writer.ask("RNFR new"), 350));
    EXPECT_TRUE(answers(writer.ask("RNTO file"), 250));
  }
  is_over_ = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_TRUE(wrong_.empty()) << wrong_.size() << " reads, the first of " << wrong_.front() << " bytes";
  EXPECT_GT(reads_, kReplacements / 2);
  EXPECT_GT(seen_.size(), 100U) << "the readers saw too few versions to prove anything";
  EXPECT_EQ(read_bytes(server_.home("mika") / "file"), version(kReplacements));
  EXPECT_TRUE(server_.is_settled("mika"));
}

}  // namespace
}  // namespace ferry::test
