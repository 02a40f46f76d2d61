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

}  // namespace
}  // namespace ferry::client
