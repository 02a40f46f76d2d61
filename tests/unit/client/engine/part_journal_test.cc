#include "client/engine/part_journal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/bytes.h"
#include "tests/support/temp_dir.h"

namespace ferry::client {
namespace {

namespace fs = std::filesystem;

PartJournal some_journal() {
  PartJournal journal;
  journal.from = {"files.example.org:21", "akira", "/a b/100%25\n写真"};
  journal.size = 5'000'000'000;
  journal.modified_ns = 1'700'000'000'123'456'789;
  journal.synced = 67'108'864;
  journal.digest_kind = DigestKind::sha256;
  journal.digest = test::sha256_of("x");
  journal.boot = "1f6e0c2a-0000-4000-8000-000000000001";
  return journal;
}

TEST(PartJournalText, IsReadBackAsItWasWritten) {
  PartJournal journal = some_journal();
  EXPECT_EQ(parse_journal(format_journal(journal)).value(), journal);
  journal.digest_kind.reset();
  journal.digest.clear();
  EXPECT_EQ(parse_journal(format_journal(journal)).value(), journal);
  journal.size.reset();
  journal.modified_ns.reset();
  journal.boot.clear();
  EXPECT_EQ(parse_journal(format_journal(journal)).value(), journal);
  journal.modified_ns = -1;  // before 1970
  EXPECT_EQ(parse_journal(format_journal(journal)).value(), journal);
}

// What a power cut may leave of a file: any beginning of it, or zeros.
TEST(PartJournalText, IsNothingWhenItIsTorn) {
  const std::string text = format_journal(some_journal());
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(parse_journal(text.substr(0, length))) << length;
    EXPECT_FALSE(parse_journal(text.substr(0, length) + std::string(text.size() - length, '\0'))) << length;
  }
}

TEST(PartJournalText, IsNothingWithHostileContent) {
  const std::string good = "from h:21 u /r\nsize 5\nmodified 7\nsynced 3\nboot b\nend\n";
  ASSERT_TRUE(parse_journal("ferry-part 1\n" + good));
  const std::string hex = test::sha256_of("x");
  const std::string bad[] = {
      "",
      good,
      "ferry-part 2\n" + good,
      "ferry-part 1\n" + good + good,
      "ferry-part 1\n" + good + "x",
      "ferry-part 1\n\n" + good,
      "ferry-part 1\nfrom h u /r\nsynced 3\nsynced 4\nboot b\nend\n",
      "ferry-part 1\nfrom h u /r\nsynced -3\nboot b\nend\n",
      "ferry-part 1\nfrom h u /r\nsynced 99999999999999999999\nboot b\nend\n",
      "ferry-part 1\nfrom h u /r\nsynced 3 SHA-256 abc\nboot b\nend\n",
      "ferry-part 1\nfrom h u /r\nsynced 3 SHA-257 " + hex + "\nboot b\nend\n",
      "ferry-part 1\nfrom h u /r\nsynced 3 SHA-256 " + hex + " x\nboot b\nend\n",
      "ferry-part 1\nfrom h u /r\nsynced 3 SHA-256 " + hex.substr(1) + "G\nboot b\nend\n",
      "ferry-part 1\nfrom h u\nsynced 3\nboot b\nend\n",
      "ferry-part 1\nfrom h u /r\nmodified 7x\nsynced 3\nboot b\nend\n",
      "ferry-part 1\nfrom h u /r\nsize 5 5\nsynced 3\nboot b\nend\n",
      "ferry-part 1\nfrom h u /r\nunheard-of 5\nsynced 3\nboot b\nend\n",
      "ferry-part 1\nfrom h u /r\nsynced 3\nend\n",
      "ferry-part 1\nfrom h u /r\nsynced 3\nboot b\nend",
      "ferry-part 1\nfrom h u /" + std::string(70'000, 'r') + "\nsynced 3\nboot b\nend\n",
  };
  for (const std::string& text : bad) EXPECT_FALSE(parse_journal(text)) << text.substr(0, 200);
}

TEST(TrustedBytes, AreAllInTheSameRunOfTheMachineElseThoseThatWereSynced) {
  PartJournal journal = some_journal();
  journal.synced = 100;
  EXPECT_EQ(trusted_bytes(journal, 150, journal.boot), 150);
  EXPECT_EQ(trusted_bytes(journal, 150, "another"), 100);
  EXPECT_EQ(trusted_bytes(journal, 50, "another"), 50);
  EXPECT_EQ(trusted_bytes(journal, 150, ""), 100);
  journal.boot.clear();
  EXPECT_EQ(trusted_bytes(journal, 150, ""), 100) << "not known is not the same";
}

TEST(BootId, StaysTheSame) {
  EXPECT_EQ(boot_id(), boot_id());
}

class JournalFile : public testing::Test {
 protected:
  std::string part() const { return (dir_.path() / "movie.ferry-part").string(); }
  fs::path journal() const { return journal_path(part()); }
  test::TempDir dir_;
};

TEST_F(JournalFile, IsReplacedWholeAndReadBack) {
  EXPECT_EQ(read_journal(part()).error().kind, Errc::not_found);
  PartJournal first = some_journal(), second = some_journal();
  second.synced = 1;
  ASSERT_TRUE(write_journal(part(), first, Durability::on_disk));
  ASSERT_TRUE(write_journal(part(), second, Durability::may_be_lost));
  EXPECT_EQ(read_journal(part()).value(), second);
  EXPECT_EQ(fs::status(journal()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  remove_journal(part());
  EXPECT_TRUE(fs::is_empty(dir_.path())) << "nothing is left over";
}

TEST_F(JournalFile, IsNeverReadThroughALinkOrFromAPipe) {
  test::write_bytes(dir_.path() / "elsewhere", format_journal(some_journal()));
  fs::create_symlink(dir_.path() / "elsewhere", journal());
  EXPECT_FALSE(read_journal(part()));
  fs::remove(journal());
  fs::create_hard_link(dir_.path() / "elsewhere", journal());
  EXPECT_EQ(read_journal(part()).error().kind, Errc::exists);
  fs::remove(journal());
  ASSERT_EQ(::mkfifo(journal().c_str(), 0600), 0);
  EXPECT_EQ(read_journal(part()).error().kind, Errc::exists);
}

TEST_F(JournalFile, IsNeverWrittenThroughALink) {
  test::write_bytes(dir_.path() / "precious", "precious");
  fs::create_symlink(dir_.path() / "precious", journal());
  fs::create_symlink(dir_.path() / "precious", journal().string() + ".new");
  ASSERT_TRUE(write_journal(part(), some_journal(), Durability::on_disk));
  EXPECT_EQ(test::read_bytes(dir_.path() / "precious"), "precious");
  EXPECT_FALSE(fs::is_symlink(journal()));
  EXPECT_TRUE(read_journal(part()));
}

}  // namespace
}  // namespace ferry::client
