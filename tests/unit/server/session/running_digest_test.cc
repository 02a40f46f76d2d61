#include "server/session/running_digest.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "shared/base/unique_fd.h"
#include "tests/support/bytes.h"
#include "tests/support/temp_dir.h"

namespace ferry {
namespace {

constexpr std::size_t kPiece = 100'000;

class RunningDigestOfAFile : public ::testing::TestWithParam<std::size_t> {
 protected:
  test::TempDir folder_;
  UniqueFd file_{open((folder_.path() / "file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};

  void write_piece(RunningDigest& digest, std::string_view piece) {
    ASSERT_EQ(write(file_.get(), piece.data(), piece.size()), static_cast<ssize_t>(piece.size()));
    digest.add(file_.get(), piece);
  }
  static std::string whole_digest(std::string_view bytes) {
    Digest digest(DigestKind::sha256);
    digest.update(bytes);
    return digest.hex();
  }
};

TEST_P(RunningDigestOfAFile, EqualsTheDigestOfTheWhole) {
  const std::string bytes = test::some_bytes(GetParam());
  RunningDigest digest;
  for (std::size_t at = 0; at < bytes.size(); at += kPiece)
    write_piece(digest, std::string_view(bytes).substr(at, kPiece));
  EXPECT_EQ(digest.finish().value_or(""), whole_digest(bytes));
}

TEST_P(RunningDigestOfAFile, GoesOnBehindAPrefix) {
  const std::string bytes = test::some_bytes(GetParam() + kPiece);
  ASSERT_EQ(write(file_.get(), bytes.data(), kPiece), static_cast<ssize_t>(kPiece));
  auto prefix = digest_prefix(file_.get(), DigestKind::sha256, kPiece);
  ASSERT_TRUE(prefix);
  RunningDigest digest;
  digest.start_behind(std::move(*prefix), kPiece);
  for (std::size_t at = kPiece; at < bytes.size(); at += kPiece)
    write_piece(digest, std::string_view(bytes).substr(at, kPiece));
  EXPECT_EQ(digest.finish().value_or(""), whole_digest(bytes));
}

TEST_P(RunningDigestOfAFile, MayBeGivenUpInTheMiddle) {
  const std::string bytes = test::some_bytes(GetParam());
  RunningDigest digest;
  write_piece(digest, bytes);
}

INSTANTIATE_TEST_SUITE_P(Sizes, RunningDigestOfAFile,
                         ::testing::Values(0, 1, kPiece, 4 * 1024 * 1024, 30'000'000));

TEST(RunningDigest, SaysWhenTheFileCannotBeReadBack) {
  const test::TempDir folder;
  const UniqueFd file(open((folder.path() / "file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  const std::string bytes = test::some_bytes(10'000'000);
  RunningDigest digest;
  digest.add(file.get(), bytes);  // the small beginning comes from memory
  digest.add(file.get(), bytes);  // and this lies nowhere
  const auto hex = digest.finish();
  ASSERT_FALSE(hex);
  EXPECT_EQ(hex.error().kind, Errc::io);
}

}  // namespace
}  // namespace ferry
