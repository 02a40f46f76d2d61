#include "client/engine/part_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "client/engine/transfer_io.h"
#include "tests/support/bytes.h"
#include "tests/support/temp_dir.h"

namespace ferry::client {
namespace {

namespace fs = std::filesystem;

class Part : public testing::Test {
 protected:
  std::string target() const { return (dir_.path() / "movie").string(); }
  std::string part() const { return target() + kPartSuffix; }
  Result<PartFile> open() { return PartFile::open(target(), look_at_target(target()).value()); }
  static PartJournal description(std::optional<Bytes> size) {
    PartJournal journal;
    journal.from = {"h:21", "u", "/movie"};
    journal.size = size;
    return journal;
  }
  static void write(PartFile& file, const std::string& bytes, Bytes done, const Digest* digest = nullptr) {
    ASSERT_TRUE(write_fully(file.fd(), bytes));
    ASSERT_TRUE(file.grown_to(done, digest));
  }

  test::TempDir dir_;
};

TEST_F(Part, BecomesItsTargetAndLeavesNothing) {
  auto file = open();
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->start_at(0));
  file->is_of(description(kJournalFrom));
  write(*file, "abc", 3);
  EXPECT_EQ(read_journal(part())->from.remote, "/movie");
  ASSERT_TRUE(file->finish(target(), {}, WallTime(std::chrono::seconds(1'700'000'000)), true));
  EXPECT_EQ(test::read_bytes(target()), "abc");
  struct stat info {};
  ASSERT_EQ(::stat(target().c_str(), &info), 0);
  EXPECT_EQ(info.st_mtim.tv_sec, 1'700'000'000);
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_.path()), {}), 1);
}

TEST_F(Part, OfASmallFileHasNoJournal) {
  auto file = open();
  ASSERT_TRUE(file);
  file->is_of(description(kJournalFrom - 1));
  write(*file, "abc", 3);
  EXPECT_FALSE(read_journal(part()));
}

TEST_F(Part, IsWrittenDownAsSyncedOnlyOnceItIs) {
  auto file = open();
  ASSERT_TRUE(file);
  file->is_of(description(std::nullopt));
  write(*file, "abc", 3);
  EXPECT_EQ(read_journal(part())->synced, 0);
  Digest digest(DigestKind::sha256);
  digest.update("abcdef");
  write(*file, "def", kSyncBytes, &digest);  // far enough, as it seems
  const auto journal = read_journal(part());
  EXPECT_EQ(journal->synced, kSyncBytes);
  EXPECT_EQ(journal->digest, test::sha256_of("abcdef"));
  EXPECT_EQ(journal->boot, boot_id());
  write(*file, "ghi", 2 * kSyncBytes + 1);  // without a digest none is written down, an old one least of all
  EXPECT_EQ(read_journal(part())->synced, 2 * kSyncBytes + 1);
  EXPECT_FALSE(read_journal(part())->digest_kind);
}

TEST_F(Part, ForgetsItsJournalBeforeItBeginsAnew) {
  test::write_bytes(part(), "old");
  ASSERT_TRUE(write_journal(part(), description(5), Durability::may_be_lost));
  auto file = open();
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->journal());
  ASSERT_TRUE(file->start_at(0));
  EXPECT_FALSE(file->journal());
  EXPECT_FALSE(fs::exists(journal_path(part())));
  EXPECT_EQ(file->size(), 0);
}

TEST_F(Part, AJournalWithoutAPartialSaysNothing) {
  ASSERT_TRUE(write_journal(part(), description(5), Durability::may_be_lost));
  auto file = open();
  ASSERT_TRUE(file);
  EXPECT_FALSE(file->journal());
  file->drop_if_empty();
  EXPECT_TRUE(fs::is_empty(dir_.path()));
}

TEST_F(Part, IsWrittenByOneAtATime) {
  auto first = open();
  ASSERT_TRUE(first);
  const auto second = open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, Errc::busy);
}

TEST_F(Part, IsNeverALinkOrAPipe) {
  test::write_bytes(dir_.path() / "precious", "precious");
  fs::create_symlink(dir_.path() / "precious", part());
  EXPECT_FALSE(open());
  fs::remove(part());
  fs::create_hard_link(dir_.path() / "precious", part());
  EXPECT_EQ(open().error().kind, Errc::exists);
  fs::remove(part());
  ASSERT_EQ(::mkfifo(part().c_str(), 0600), 0);
  EXPECT_EQ(open().error().kind, Errc::exists);
  EXPECT_EQ(test::read_bytes(dir_.path() / "precious"), "precious");
}

TEST_F(Part, NameFitsHoweverLongTheTargetsIs) {
  EXPECT_EQ(part_path("a/b"), "a/b.ferry-part");
  const auto leaf_size = [](const std::string& path) { return path.size() - path.rfind('/') - 1; };
  const std::string longest = "dir/" + std::string(255, 'x'), other = "dir/" + std::string(254, 'x') + "y";
  for (std::size_t size = 1; size <= 255; ++size) {
    EXPECT_LE(leaf_size(journal_path(part_path("/" + std::string(size, 'x'))) + ".new"), 255u) << size;
  }
  EXPECT_NE(part_path(longest), part_path(other)) << "two files never share a partial";
  EXPECT_EQ(part_path(longest).substr(0, 5), "dir/x");
}

TEST_F(Part, ThatCannotBeWrittenDownGrowsAllTheSame) {
  auto file = open();
  ASSERT_TRUE(file);
  fs::create_directory(journal_path(part()) + ".new");
  file->is_of(description(std::nullopt));
  write(*file, "abc", 3);
  write(*file, "def", kSyncBytes + 1);
  ASSERT_TRUE(file->finish(target(), {}, std::nullopt, true));
  EXPECT_EQ(test::read_bytes(target()), "abcdef");
}

TEST_F(Part, KeepsTheModeOfWhatItReplaces) {
  test::write_bytes(target(), "old");
  fs::permissions(target(), fs::perms::owner_read);
  const auto before = look_at_target(target());
  auto file = open();
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->finish(target(), *before, std::nullopt, false));
  EXPECT_EQ(fs::status(target()).permissions(), fs::perms::owner_read);
}

}  // namespace
}  // namespace ferry::client
