#include "client/line/listing_text.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

ftp::Entry file(const std::string& name) {
  ftp::Entry entry;
  entry.name = name;
  entry.size = 2254857830;
  entry.modified = *parse_ftp_time("20261118130531");
  entry.unix_mode = 0644;
  return entry;
}

TEST(ListingForPrograms, IsTabSeparatedAndExact) {
  EXPECT_EQ(line_for_programs(file("a b")), "file\t2254857830\t2026-11-18T13:05:31Z\trw-r--r--\ta b");
  ftp::Entry folder;
  folder.type = ftp::EntryType::directory;
  folder.name = "2024";
  EXPECT_EQ(line_for_programs(folder), "dir\t-\t-\t-\t2024");
}

TEST(ListingForPeople, MakesHostileNamesSafe) {
  const std::string line = line_for_people(file("bad\x1b[31m"));
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_NE(line.find("2.1 GiB  2026-11-18 13:05  bad"), std::string::npos) << line;
}

TEST(Listing, HasFoldersFirst) {
  std::vector<ftp::Entry> entries{file("a"), file("b"), file("z")};
  entries[2].type = ftp::EntryType::directory;
  sort_by_name(entries);
  EXPECT_EQ(entries[0].name, "z");
  EXPECT_EQ(entries[1].name, "a");
}

std::string order(std::vector<ftp::Entry> entries, SortBy by) {
  sort_entries(entries, by);
  std::string names;
  for (const auto& entry : entries) names += entry.name;
  return names;
}

TEST(Listing, SortsBySizeAndTimeWithTheUnknownLast) {
  std::vector<ftp::Entry> entries{file("a"), file("b"), file("c"), file("d")};
  entries[0].size.reset();
  entries[0].modified.reset();
  entries[1].size = 5;
  entries[2].size = 500;
  entries[2].modified = *parse_ftp_time("20270101000000");
  entries[3].type = ftp::EntryType::directory;
  EXPECT_EQ(order(entries, SortBy::name), "dabc");
  EXPECT_EQ(order(entries, SortBy::size), "cbda");
  EXPECT_EQ(order(entries, SortBy::time), "cdba");
}

TEST(ListingInDetail, HasTheExactSizeAndTime) {
  EXPECT_EQ(detailed_line_for_people(file("a b")),
            "file   rw-r--r--      2254857830  2026-11-18 13:05:31  a b");
}

TEST(FactsForPrograms, HaveADashForWhatIsNotTold) {
  ftp::Entry entry = file("/a\tb");
  EXPECT_EQ(facts_for_programs(entry),
            "file\t2254857830\t2026-11-18T13:05:31Z\trw-r--r--\t-\t-\t-\t-\t/a\tb");
  entry.uid = 1000;
  entry.gid = 100;
  entry.perm = "adfrw";
  entry.unique = "fd01\tU2a";
  EXPECT_EQ(facts_for_programs(entry),
            "file\t2254857830\t2026-11-18T13:05:31Z\trw-r--r--\t1000\t100\tadfrw\tfd01\\x09U2a\t/a\tb");
}

TEST(FactsForPeople, MakeHostileTextSafe) {
  ftp::Entry entry = file("bad\x1b[31m");
  entry.unique = "\x1b]0;x";
  EXPECT_EQ(facts_for_people(entry).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace ferry::client
