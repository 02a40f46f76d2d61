#include "shared/ftp/facts.h"

#include <gtest/gtest.h>

#include <random>

namespace ferry::ftp {
namespace {

constexpr FactSet kAllFacts = 255;

Entry sample() {
  Entry entry;
  entry.name = "read me.txt";
  entry.size = 1234;
  entry.modified = parse_ftp_time("20261121043000").value();
  entry.perm = "adfrw";
  entry.unique = "803U1A2B";
  entry.unix_mode = 0644;
  entry.uid = 1000;
  entry.gid = 100;
  return entry;
}

TEST(FormatEntry, WritesTheFactsThatWereAskedForAndAreKnown) {
  EXPECT_EQ(
      format_entry(sample(), kAllFacts),
      "type=file;size=1234;modify=20261121043000;perm=adfrw;unique=803U1A2B;UNIX.mode=0644;UNIX.uid=1000;"
      "UNIX.gid=100; read me.txt");
  EXPECT_EQ(format_entry(sample(), kFactType | kFactSize), "type=file;size=1234; read me.txt");
  EXPECT_EQ(format_entry(sample(), 0), " read me.txt");
  Entry bare;
  bare.name = "x";
  EXPECT_EQ(format_entry(bare, kAllFacts), "type=file; x");
}

TEST(FormatEntry, NamesEveryType) {
  Entry entry;
  entry.name = "n";
  const std::pair<EntryType, std::string_view> rows[] = {{EntryType::directory, "type=dir; n"},
                                                         {EntryType::current_directory, "type=cdir; n"},
                                                         {EntryType::parent_directory, "type=pdir; n"},
                                                         {EntryType::other, "type=OS.unix=special; n"}};
  for (const auto& [type, line] : rows) {
    entry.type = type;
    EXPECT_EQ(format_entry(entry, kFactType), line);
  }
  entry.is_link = true;
  EXPECT_EQ(format_entry(entry, kFactType), "type=OS.unix=slink; n");
}

TEST(FormatEntry, CannotBeBrokenByAName) {
  Entry entry;
  entry.name = std::string("a\r\nb\0c", 6);
  EXPECT_EQ(format_entry(entry, 0), " a??b?c");
}

TEST(ParseEntry, ReadsWhatServersWrite) {
  const struct {
    std::string_view line, name;
    EntryType type;
    std::optional<Bytes> size;
  } rows[] = {
      {"type=file;size=5; name", "name", EntryType::file, 5},
      {"Type=File;Size=5;Modify=20200101000000; two  blanks ", "two  blanks ", EntryType::file, 5},
      {"type=dir;sizd=4096;modify=20200101000000;UNIX.mode=0755;UNIX.uid=0;UNIX.gid=0;unique=fd00g1; d", "d",
       EntryType::directory, std::nullopt},
      {"modify=20200101000000;perm=adfr;size=9223372036854775807;type=file;unique=1;UNIX.group=0;media-type="
       "text/plain; a;b c",
       "a;b c", EntryType::file, INT64_MAX},
      {"type=cdir; /a b", "/a b", EntryType::current_directory, std::nullopt},
      {"type=pdir; ..", "..", EntryType::parent_directory, std::nullopt},
      {" only a name", "only a name", EntryType::file, std::nullopt},
      {"  leading", " leading", EntryType::file, std::nullopt},
      {"type=file;size=5;  leading", " leading", EntryType::file, 5},
      {"type=file;size=5 no semicolon", "no semicolon", EntryType::file, 5},
      {"type=OS.unix=slink:/a b;size=3; link", "link", EntryType::other, 3},
      {"type=OS.unix=chr-1/3; null", "null", EntryType::other, std::nullopt},
      {"type=file;size=-5; n", "n", EntryType::file, std::nullopt},
      {"type=file;size=99999999999999999999; n", "n", EntryType::file, std::nullopt},
      {"type=file;size=; n", "n", EntryType::file, std::nullopt},
      {"type=file; \xff\xfe", "\xff\xfe", EntryType::file, std::nullopt},
  };
  for (const auto& row : rows) {
    const auto entry = parse_entry(row.line);
    ASSERT_TRUE(entry) << row.line;
    EXPECT_EQ(entry->name, row.name);
    EXPECT_EQ(entry->type, row.type) << row.line;
    EXPECT_EQ(entry->size, row.size) << row.line;
  }
}

TEST(ParseEntry, KnowsLinks) {
  EXPECT_TRUE(parse_entry("type=OS.unix=slink:/x; l")->is_link);
  EXPECT_TRUE(parse_entry("type=OS.unix=symlink; l")->is_link);
  EXPECT_TRUE(parse_entry("type=OS.UNIX=SLINK; l")->is_link);
  EXPECT_FALSE(parse_entry("type=OS.unix=blk-8/0; l")->is_link);
}

TEST(ParseEntry, LeavesOddValuesUnknown) {
  const auto entry =
      parse_entry("modify=yesterday;UNIX.mode=99999;UNIX.uid=-1;UNIX.gid=4294967296;perm=r?W!;unique=; n");
  ASSERT_TRUE(entry);
  EXPECT_FALSE(entry->modified);
  EXPECT_FALSE(entry->unix_mode);
  EXPECT_FALSE(entry->uid);
  EXPECT_FALSE(entry->gid);
  EXPECT_EQ(entry->perm, "rw");
  EXPECT_EQ(parse_entry("UNIX.mode=644; n")->unix_mode, 0644u);
  EXPECT_FALSE(parse_entry("UNIX.mode=0644x; n")->unix_mode);
}

TEST(ParseEntry, RefusesWhatIsNoEntry) {
  for (const std::string_view line :
       {"", " ", "name", "type=file;", "type=file; ", "-rw-r--r-- 1 a b 5 Nov 21 04:30 x", "=x; name",
        ";; name", "type; name", "total 12"})
    EXPECT_EQ(parse_entry(line).error().kind, Errc::bad_syntax) << line;
}

TEST(ParseEntry, ReadsBackWhatFormatEntryWrites) {
  std::mt19937 random(10);
  constexpr std::string_view kAlphabet = "a; =/\xff.-";
  for (int round = 0; round < 3'000; ++round) {
    Entry entry = sample();
    entry.name.assign(1 + random() % 10, '\0');
    for (char& c : entry.name) c = kAlphabet[random() % kAlphabet.size()];
    entry.size = static_cast<Bytes>(random());
    entry.unix_mode = random() % 010000;
    const FactSet facts = random() % 256;
    const std::string line = format_entry(entry, facts);
    const auto back = parse_entry(line);
    ASSERT_TRUE(back) << line;
    EXPECT_EQ(back->name, entry.name) << line;
    EXPECT_EQ(format_entry(*back, facts), facts == 0 ? " " + entry.name : line);
  }
}

TEST(FactSelection, IsParsedInAnyCaseAndEchoed) {
  EXPECT_EQ(parse_fact_selection("type;size;"), kFactType | kFactSize);
  EXPECT_EQ(parse_fact_selection("TYPE;unix.MODE"), kFactType | kFactUnixMode);
  EXPECT_EQ(parse_fact_selection("media-type;;x;"), 0u);
  EXPECT_EQ(parse_fact_selection(""), 0u);
  EXPECT_EQ(format_fact_selection(kFactSize | kFactType), "type;size;");
  EXPECT_EQ(format_fact_selection(0), "");
  for (FactSet facts = 0; facts <= kAllFacts; ++facts)
    EXPECT_EQ(parse_fact_selection(format_fact_selection(facts)), facts);
}

TEST(FeatureLine, StarsWhatIsSelected) {
  EXPECT_EQ(feature_line(kDefaultFacts),
            "MLST type*;size*;modify*;perm*;unique*;UNIX.mode*;UNIX.uid;UNIX.gid;");
  EXPECT_EQ(feature_line(0), "MLST type;size;modify;perm;unique;UNIX.mode;UNIX.uid;UNIX.gid;");
}

}  // namespace
}  // namespace ferry::ftp
