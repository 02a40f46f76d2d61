#include "shared/base/digest.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "shared/base/unique_fd.h"
#include "tests/support/temp_dir.h"

namespace ferry {
namespace {

constexpr std::string_view kAbcSha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Digest, KnowsThePublishedValues) {
  const struct {
    DigestKind kind;
    std::string_view text, value;
  } rows[] = {
      {DigestKind::sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {DigestKind::sha256, "abc", kAbcSha256},
      {DigestKind::sha512, "abc",
       "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
       "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
      {DigestKind::sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
      {DigestKind::md5, "abc", "900150983cd24fb0d6963f7d28e17f72"},
      {DigestKind::crc32, "", "00000000"},
      {DigestKind::crc32, "123456789", "cbf43926"},
      {DigestKind::crc32, "The quick brown fox jumps over the lazy dog", "414fa339"},
  };
  for (const auto& row : rows) {
    Digest digest(row.kind);
    digest.update(row.text);
    EXPECT_EQ(digest.hex(), row.value) << digest_name(row.kind);
    EXPECT_EQ(digest.kind(), row.kind);
  }
}

TEST(Digest, IsTheSameHoweverTheBytesCome) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) bytes += static_cast<char>(i * 7);
  for (const auto kind : kDigestKinds) {
    Digest whole(kind);
    whole.update(bytes);
    for (const std::size_t step : {1U, 3U, 8U, 9U, 64U}) {
      Digest pieces(kind);
      for (std::size_t at = 0; at < bytes.size(); at += step)
        pieces.update(std::string_view(bytes).substr(at, step));
      EXPECT_EQ(pieces.hex(), whole.hex()) << digest_name(kind) << " by " << step;
    }
  }
}

TEST(Digest, KeepsItsLeadingZeros) {
  Digest digest(DigestKind::crc32);
  digest.update("f688990");
  EXPECT_EQ(digest.hex(), "00000211");
}

TEST(Digest, GoesOnAfterItsValueWasTaken) {
  Digest digest(DigestKind::sha256);
  digest.update("a");
  EXPECT_NE(digest.hex(), kAbcSha256);
  digest.update("");
  digest.update("bc");
  EXPECT_EQ(digest.hex(), kAbcSha256);
  EXPECT_EQ(digest.hex(), kAbcSha256);
  Digest moved(std::move(digest));
  EXPECT_EQ(moved.hex(), kAbcSha256);
}

TEST(DigestKind, IsParsedInAnyCaseWithAndWithoutDash) {
  EXPECT_EQ(parse_digest_kind("sha256"), DigestKind::sha256);
  EXPECT_EQ(parse_digest_kind("SHA-256"), DigestKind::sha256);
  EXPECT_EQ(parse_digest_kind("Sha-512"), DigestKind::sha512);
  EXPECT_EQ(parse_digest_kind("SHA1"), DigestKind::sha1);
  EXPECT_EQ(parse_digest_kind("md5"), DigestKind::md5);
  EXPECT_EQ(parse_digest_kind("crc32"), DigestKind::crc32);
  for (const std::string_view text : {"", "sha", "sha-2-56", "sha2560", "crc64", " md5"})
    EXPECT_EQ(parse_digest_kind(text), std::nullopt) << text;
  for (const auto kind : kDigestKinds) EXPECT_EQ(parse_digest_kind(digest_name(kind)), kind);
}

class FileDigest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; content_.size() < 300'000; ++i) content_ += std::to_string(i);
    file_.reset(::open((folder_.path() / "file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_EQ(::write(file_.get(), content_.data(), content_.size()), static_cast<ssize_t>(content_.size()));
  }

  std::string expected(std::size_t length) const {
    Digest digest(DigestKind::sha256);
    digest.update(std::string_view(content_).substr(0, length));
    return digest.hex();
  }

  test::TempDir folder_;
  std::string content_;
  UniqueFd file_;
};

TEST_F(FileDigest, CoversTheWholeFileOrAPrefix) {
  EXPECT_EQ(digest_of_file(file_.get(), DigestKind::sha256).value(), expected(content_.size()));
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{1}, std::size_t{131072}, std::size_t{131073}, content_.size()})
    EXPECT_EQ(digest_of_file(file_.get(), DigestKind::sha256, static_cast<Bytes>(length)).value(),
              expected(length));
  EXPECT_EQ(::lseek(file_.get(), 0, SEEK_CUR), static_cast<off_t>(content_.size()))
      << "the file's position moved";
}

TEST_F(FileDigest, SaysWhenTheFileIsShorter) {
  EXPECT_EQ(
      digest_of_file(file_.get(), DigestKind::md5, static_cast<Bytes>(content_.size()) + 1).error().kind,
      Errc::out_of_range);
  EXPECT_EQ(digest_prefix(file_.get(), DigestKind::md5, INT64_MAX).error().kind, Errc::out_of_range);
  EXPECT_EQ(digest_of_file(-1, DigestKind::md5).error().kind, Errc::io);
}

TEST_F(FileDigest, PrefixGoesOnToTheWhole) {
  auto digest = digest_prefix(file_.get(), DigestKind::sha256, 1000);
  ASSERT_TRUE(digest);
  EXPECT_EQ(digest->hex(), expected(1000));
  digest->update(std::string_view(content_).substr(1000));
  EXPECT_EQ(digest->hex(), expected(content_.size()));
}

TEST_F(FileDigest, OfARangeTellsOfEveryPiece) {
  Digest digest(DigestKind::sha256);
  Bytes told = 0;
  const auto note = [&told](Bytes piece) -> Status {
    told += piece;
    return {};
  };
  ASSERT_TRUE(digest_range(file_.get(), 1000, 290'000, digest, note));
  EXPECT_EQ(told, 289'000);
  Digest same(DigestKind::sha256);
  same.update(std::string_view(content_).substr(1000, 289'000));
  EXPECT_EQ(digest.hex(), same.hex());
}

TEST_F(FileDigest, OfARangeEndsWithTheErrorOfWhoIsTold) {
  Digest digest(DigestKind::md5);
  int pieces = 0;
  const auto stop = [&pieces](Bytes) -> Status {
    ++pieces;
    return fail(Errc::cancelled, "enough");
  };
  EXPECT_EQ(digest_range(file_.get(), 0, 300'000, digest, stop).error().kind, Errc::cancelled);
  EXPECT_EQ(pieces, 1);
}

}  // namespace
}  // namespace ferry
