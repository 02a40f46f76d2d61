#include "client/queue/journal.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/bytes.h"
#include "tests/support/queue_items.h"
#include "tests/support/temp_dir.h"

namespace ferry::client {
namespace {

namespace fs = std::filesystem;
using test::full_item;
using test::read_bytes;
using test::some_item;
using test::write_bytes;

class JournalTest : public testing::Test {
 protected:
  fs::path folder() const { return dir_.path() / "state/queue"; }
  fs::path file(const char* name = "journal") const { return folder() / name; }
  Journal open() const { return Journal::open(folder()).value(); }

  // What somebody who opens it now finds.
  std::string text(Journal* by = nullptr) const {
    Journal own = open();
    Journal& journal = by != nullptr ? *by : own;
    const auto lock = journal.lock();
    EXPECT_TRUE(lock);
    Ledger ledger;
    const auto read = journal.read(ledger);
    EXPECT_TRUE(read) << read.error().context;
    return ledger.text();
  }
  static void append(Journal& journal, Ledger& ledger, const std::string& lines) {
    const auto lock = journal.lock();
    ASSERT_TRUE(lock);
    ASSERT_TRUE(journal.read(ledger));
    ASSERT_TRUE(journal.append(lines, Durability::may_be_lost));
    ASSERT_TRUE(journal.read(ledger));
  }
  static mode_t mode_of(const fs::path& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
  }

  test::TempDir dir_;
};

TEST_F(JournalTest, IsReadByItsUserAlone) {
  const mode_t before = ::umask(0);
  Journal journal = open();
  Ledger ledger;
  append(journal, ledger, Ledger::added(some_item("tape", 1)));
  const auto runner = journal.become_runner();
  ::umask(before);
  EXPECT_EQ(mode_of(folder()), 0700U);
  for (const char* name : {"journal", "lock", "runner"}) EXPECT_EQ(mode_of(file(name)), 0600U) << name;
  fs::permissions(file(), fs::perms::others_read, fs::perm_options::add);
  fs::permissions(folder(), fs::perms::others_read, fs::perm_options::add);
  EXPECT_EQ(text(), ledger.text());
  EXPECT_EQ(mode_of(file()), 0600U);
  EXPECT_EQ(mode_of(folder()), 0700U);
}

TEST_F(JournalTest, TakesNoLinkForItsFile) {
  Journal journal = open();
  write_bytes(dir_.path() / "other", "text\n");
  fs::create_symlink(dir_.path() / "other", file());
  Ledger ledger;
  EXPECT_FALSE(journal.read(ledger));
  fs::remove(file());
  fs::create_hard_link(dir_.path() / "other", file());
  const auto read = journal.read(ledger);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, Errc::exists);
  EXPECT_EQ(read_bytes(dir_.path() / "other"), "text\n");
}

TEST_F(JournalTest, SeesWhatOthersWrite) {
  Journal one = open(), other = open();
  Ledger first, second;
  append(one, first, Ledger::added(some_item("a", 1)));
  EXPECT_TRUE(other.has_news());
  append(other, second, Ledger::added(some_item("b", 2)));
  EXPECT_FALSE(other.has_news());
  EXPECT_TRUE(one.has_news());
  const auto lock = one.lock();
  ASSERT_TRUE(one.read(first));
  EXPECT_FALSE(one.has_news());
  EXPECT_EQ(first.text(), second.text());
  EXPECT_EQ(first.items().size(), 2U);
}

// Whoever dies while it writes leaves any part of a line.
TEST_F(JournalTest, DropsALastLineThatWasTornAnywhere) {
  const std::string whole = Ledger::heading(1) + Ledger::added(full_item(1));
  const std::string last = Ledger::added(full_item(2));
  Ledger expected;
  for (const auto& line : {Ledger::heading(1), Ledger::added(full_item(1))})
    ASSERT_TRUE(expected.apply(line.substr(0, line.size() - 1)));
  fs::create_directories(folder());
  for (std::size_t length = 0; length < last.size(); ++length) {
    SCOPED_TRACE(length);
    fs::remove(file());  // a file cut to nothing and written again is waited for by some file systems
    write_bytes(file(), whole + last.substr(0, length));
    Journal journal = open();
    ASSERT_EQ(text(&journal), expected.text());
    ASSERT_TRUE(journal.damage().empty());
    Ledger ledger;
    append(journal, ledger, Ledger::added(some_item("next", 3)));
    ASSERT_EQ(read_bytes(file()), whole + Ledger::added(some_item("next", 3)));
  }
}

TEST_F(JournalTest, ALostTailOfZerosIsTornToo) {
  fs::create_directories(folder());
  const std::string whole = Ledger::heading(1) + Ledger::added(some_item("a", 1));
  write_bytes(file(), whole + std::string(4096, '\0'));
  Journal journal = open();
  Ledger ledger;
  append(journal, ledger, Ledger::added(some_item("b", 2)));
  EXPECT_EQ(read_bytes(file()), whole + Ledger::added(some_item("b", 2)));
  EXPECT_TRUE(journal.damage().empty());
}

TEST_F(JournalTest, SetsADamagedLineAsideAndGoesOn) {
  fs::create_directories(folder());
  const std::string good = Ledger::heading(1) + Ledger::added(some_item("a", 1));
  const std::string bad = Ledger::added(some_item("b", 2)).substr(0, 40) + "\n";
  write_bytes(file(), good + bad + Ledger::added(some_item("c", 3)));
  Journal journal = open();
  Ledger ledger;
  const auto lock = journal.lock();
  ASSERT_TRUE(journal.read(ledger));
  EXPECT_EQ(ledger.items().size(), 2U);
  ASSERT_EQ(journal.damage().size(), 1U);
  EXPECT_NE(journal.damage()[0].find("journal:3: it is no JSON"), std::string::npos) << journal.damage()[0];
  ASSERT_TRUE(journal.compact(ledger));
  EXPECT_EQ(read_bytes(file()), ledger.text());
  EXPECT_EQ(read_bytes(file("damaged")), "# line 3: it is no JSON\n" + bad);
  EXPECT_EQ(mode_of(file("damaged")), 0600U);
}

TEST_F(JournalTest, AnyByteThatChangesCostsItsLineAtMost) {
  fs::create_directories(folder());
  const std::string head = Ledger::heading(1), middle = Ledger::added(some_item("b", 2));
  const std::string front = head + Ledger::added(some_item("a", 1)),
                    behind = Ledger::added(some_item("c", 3));
  for (std::size_t i = 0; i + 1 < middle.size(); ++i) {
    std::string changed = middle;
    changed[i] = '\x01';
    fs::remove(file());
    write_bytes(file(), front + changed + behind);
    Journal journal = open();
    Ledger ledger;
    ASSERT_TRUE(journal.read(ledger));
    ASSERT_TRUE(ledger.find(1) && ledger.find(3) && !ledger.find(2)) << i;
    ASSERT_EQ(journal.damage().size(), 1U) << i;
  }
}

TEST_F(JournalTest, LeavesANewerFerrysFileAlone) {
  fs::create_directories(folder());
  const std::string newer = "{\"type\":\"queue\",\"v\":2,\"next\":1}\n{\"type\":\"new\"}\n";
  write_bytes(file(), newer);
  Journal journal = open();
  Ledger ledger;
  const auto read = journal.read(ledger);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, Errc::unsupported);
  EXPECT_EQ(read_bytes(file()), newer);
}

TEST_F(JournalTest, IsWrittenAnewWhenMostOfItIsDead) {
  Journal journal = open(), other = open();
  Ledger ledger, seen;
  append(journal, ledger, Ledger::added(some_item("a", 1)) + Ledger::added(some_item("b", 2)));
  std::string moves;
  for (std::size_t i = 0; i < Journal::kDeadLines + 10; ++i) moves += Ledger::moved(1, i % 2 == 0 ? 2 : 0);
  append(journal, ledger, moves);
  ASSERT_TRUE(other.read(seen));
  const auto size = fs::file_size(file());
  {
    const auto lock = journal.lock();
    ASSERT_TRUE(journal.compact(ledger));
  }
  EXPECT_LT(fs::file_size(file()), size / 10);
  EXPECT_FALSE(fs::exists(file("journal.new")));
  EXPECT_EQ(read_bytes(file()), ledger.text());
  EXPECT_TRUE(other.has_news());
  ASSERT_TRUE(other.read(seen));
  EXPECT_EQ(seen.text(), ledger.text());
  // Both go on in the new file.
  append(other, seen, Ledger::added(some_item("c", 3)));
  append(journal, ledger, Ledger::added(some_item("d", 4)));
  EXPECT_EQ(text(), ledger.text());
  EXPECT_EQ(ledger.items().size(), 4U);
}

TEST_F(JournalTest, AnUnfinishedRewritingIsNoHarm) {
  Journal journal = open();
  Ledger ledger;
  append(journal, ledger, Ledger::added(some_item("a", 1)));
  write_bytes(file("journal.new"), "half");
  append(journal, ledger, "damage\n");
  const auto lock = journal.lock();
  ASSERT_TRUE(journal.compact(ledger));
  EXPECT_EQ(read_bytes(file()), ledger.text());
}

TEST_F(JournalTest, AWriterThatCannotWriteLeavesItAsItWas) {
  Journal journal = open();
  Ledger ledger;
  append(journal, ledger, Ledger::added(some_item("a", 1)));
  const std::string before = read_bytes(file());
  const pid_t child = ::fork();
  if (child == 0) {  // a file of its own size may grow by 100 bytes here: less than the line needs
    const struct rlimit limit { before.size() + 100, before.size() + 100 };
    ::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto lock = journal.lock();
    const auto appended = journal.append(Ledger::added(some_item("b", 2)), Durability::on_disk);
    ::_exit(!appended && read_bytes(file()) == before ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(read_bytes(file()), before);
}

TEST_F(JournalTest, SeveralProcessesAppendWithoutLosingALine) {
  constexpr int kProcesses = 3, kEach = 40;
  std::vector<pid_t> children;
  for (int number = 0; number < kProcesses; ++number) {
    const pid_t child = ::fork();
    if (child == 0) {
      Journal journal = open();
      Ledger ledger;
      bool fine = true;
      for (int i = 0; i < kEach && fine; ++i) {
        const auto lock = journal.lock();
        fine = lock && journal.read(ledger) &&
               journal.append(Ledger::added(some_item("f", ledger.next_id())), Durability::may_be_lost) &&
               journal.read(ledger) && (i % 10 != 0 || journal.compact(ledger));
      }
      ::_exit(fine ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  Journal journal = open();
  Ledger ledger;
  ASSERT_TRUE(journal.read(ledger));
  EXPECT_TRUE(journal.damage().empty());
  EXPECT_EQ(ledger.items().size(), static_cast<std::size_t>(kProcesses * kEach));
  EXPECT_EQ(ledger.next_id(), static_cast<QueueId>(kProcesses * kEach + 1));
}

TEST_F(JournalTest, HasOneRunner) {
  const Journal one = open(), other = open();
  EXPECT_EQ(one.runner(), 0);
  {
    const auto right = one.become_runner();
    ASSERT_TRUE(right);
    EXPECT_EQ(other.runner(), ::getpid());
    const auto second = other.become_runner();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, Errc::busy);
    EXPECT_NE(second.error().context.find(std::to_string(::getpid())), std::string::npos);
  }
  EXPECT_EQ(other.runner(), 0);
  EXPECT_TRUE(other.become_runner());
}

}  // namespace
}  // namespace ferry::client
