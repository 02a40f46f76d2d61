#include "shared/ftp/listing.h"

#include <gtest/gtest.h>

#include <random>

namespace ferry::ftp {
namespace {

WallTime at(std::string_view text) {
  return parse_ftp_time(text).value();
}

const WallTime kNow = at("20261121120000");

struct Row {
  std::string_view line, name;
  EntryType type;
  std::optional<Bytes> size;
  std::string_view modified;
};

void expect_rows(const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    const auto entry = parse_list_line(row.line, kNow);
    ASSERT_TRUE(entry) << row.line;
    EXPECT_EQ(entry->name, row.name) << row.line;
    EXPECT_EQ(entry->type, row.type) << row.line;
    EXPECT_EQ(entry->size, row.size) << row.line;
    EXPECT_EQ(ftp_time(entry->modified.value_or(WallTime{})), row.modified) << row.line;
  }
}

TEST(ParseListLine, TellsHowExactATimeIs) {
  using std::chrono::seconds;
  const auto precision = [](std::string_view line) {
    const auto entry = parse_list_line(line, kNow);
    return entry ? entry->modified_precision : seconds(0);
  };
  EXPECT_EQ(precision("-rw-r--r--    1 0        0            1234 Nov 21 04:30 f"), seconds(60));
  EXPECT_EQ(precision("-rw-r--r--    1 0        0            1234 Nov 21  2024 f"), seconds(86'400));
  EXPECT_EQ(precision("11-21-26  04:30PM             12345 f"), seconds(60));
}

TEST(ParseListLine, ReadsUnixServers) {
  expect_rows({
      // vsftpd
      {"-rw-r--r--    1 0        0            1234 Nov 21 04:30 read me.txt", "read me.txt", EntryType::file,
       1234, "20261121043000"},
      {"drwxr-xr-x    2 1000     1000         4096 Mar 03  2019 pub", "pub", EntryType::directory, 4096,
       "20190303000000"},
      // ProFTPD
      {"-rw-r--r--   1 ftp      ftp   9223372036854775807 Jan  1 00:05 big", "big", EntryType::file,
       INT64_MAX, "20260101000500"},
      {"-rw-r--r--   1 ftp      ftp   9223372036854775808 Jan  1 00:05 big", "big", EntryType::file,
       std::nullopt, "20260101000500"},
      // Pure-FTPd
      {"-rw-r--r--    1 0          users           5 Dec 31 23:59 y", "y", EntryType::file, 5,
       "20251231235900"},
      // pyftpdlib
      {"-rw-rw-r--   1 ferry    ferry         7 Nov 21 04:30 z", "z", EntryType::file, 7, "20261121043000"},
      // an owner with blanks, no group, access list marks
      {"-rw-r--r--   1 domain users ftp 7 Nov 21 04:30 z", "z", EntryType::file, 7, "20261121043000"},
      {"-rw-r--r--   1 owner  7 Nov 21 04:30 z", "z", EntryType::file, 7, "20261121043000"},
      {"-rw-r--r--+  1 a b 7 Nov 21 04:30 z", "z", EntryType::file, 7, "20261121043000"},
      // devices and their like
      {"crw-rw-rw-   1 root root   1,   3 Nov 21 04:30 null", "null", EntryType::other, std::nullopt,
       "20261121043000"},
      {"brw-rw----   1 root disk   8,0 Nov 21 04:30 sda", "sda", EntryType::other, std::nullopt,
       "20261121043000"},
      {"prw-r--r--   1 a b 0 Nov 21 04:30 pipe", "pipe", EntryType::other, 0, "20261121043000"},
      // names that look like something else
      {"-rw-r--r--   1 a b 7 Nov 21 04:30  leading", " leading", EntryType::file, 7, "20261121043000"},
      {"-rw-r--r--   1 a b 7 Nov 21  2020    three", "   three", EntryType::file, 7, "20201121000000"},
      {"-rw-r--r--   1 a b 7 Nov 21 04:30 two  blanks ", "two  blanks ", EntryType::file, 7,
       "20261121043000"},
      {"-rw-r--r--   1 a b 7 Nov 21 04:30 5 Dec 24 18:00 x", "5 Dec 24 18:00 x", EntryType::file, 7,
       "20261121043000"},
      {"-rw-r--r--   1 a b 7 Nov 21 04:30 a -> b", "a -> b", EntryType::file, 7, "20261121043000"},
      {"drwxr-xr-x   2 a b 7 Nov 21 04:30 .", ".", EntryType::current_directory, 7, "20261121043000"},
      {"drwxr-xr-x   2 a b 7 Nov 21 04:30 ..", "..", EntryType::parent_directory, 7, "20261121043000"},
      {"drwxr-xr-x   2 a b 7 NOV 21 04:30 UP", "UP", EntryType::directory, 7, "20261121043000"},
  });
}

TEST(ParseListLine, ReadsIis) {
  expect_rows({
      {"11-21-26  04:30AM       <DIR>          folder name", "folder name", EntryType::directory,
       std::nullopt, "20261121043000"},
      {"11-21-2026  04:30PM             12345 a b.txt", "a b.txt", EntryType::file, 12345, "20261121163000"},
      {"09-27-95  12:00AM                 0 old", "old", EntryType::file, 0, "19950927000000"},
      {"09-27-95  12:00PM                 0  lead", " lead", EntryType::file, 0, "19950927120000"},
      {"11-21-26  16:30             1 n", "n", EntryType::file, 1, "20261121163000"},
      {"11-21-26  04:30AM       <DIR>            two", "  two", EntryType::directory, std::nullopt,
       "20261121043000"},
      {"11-21-26  04:30AM <DIR> few", "few", EntryType::directory, std::nullopt, "20261121043000"},
  });
}

TEST(ParseListLine, CutsTheTargetOfALink) {
  const struct {
    std::string_view line, name;
  } rows[] = {{"lrwxrwxrwx   1 a b 6 Nov 21 04:30 name -> target", "name"},
              {"lrwxrwxrwx   1 a b 6 Nov 21 04:30 a -> b -> target", "a -> b"},
              {"lrwxrwxrwx   1 a b 6 Nov 21 04:30 a -> b/ -> c", "a"},
              {"lrwxrwxrwx   1 a b 99 Nov 21 04:30 a -> b", "a"},
              {"lrwxrwxrwx   1 a b 0 Nov 21 04:30 no arrow", "no arrow"}};
  for (const auto& row : rows) {
    const auto entry = parse_list_line(row.line, kNow);
    ASSERT_TRUE(entry) << row.line;
    EXPECT_EQ(entry->name, row.name);
    EXPECT_TRUE(entry->is_link);
    EXPECT_EQ(entry->type, EntryType::other);
    EXPECT_FALSE(entry->size);
  }
  EXPECT_FALSE(parse_list_line("lrwxrwxrwx   1 a b 1 Nov 21 04:30  -> x", kNow)->name.empty());
}

TEST(ParseListLine, ReadsModeAndNumericOwner) {
  const auto entry = parse_list_line("-rwsr-S--T   1 1000 100 7 Nov 21 04:30 x", kNow);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->unix_mode, 07740u);
  EXPECT_EQ(entry->uid, 1000u);
  EXPECT_EQ(entry->gid, 100u);
  EXPECT_FALSE(parse_list_line("-rw-r--r--   1 bob 100 7 Nov 21 04:30 x", kNow)->uid);
}

TEST(ParseListLine, GuessesTheLatestYearThatIsNotAhead) {
  const auto year_of = [](std::string_view date, std::string_view now) {
    const auto entry = parse_list_line("-rw-r--r--   1 a b 7 " + std::string(date) + " x", at(now));
    return entry ? iso_time(*entry->modified).substr(0, 10) : "none";
  };
  EXPECT_EQ(year_of("Dec 31 23:00", "20270101001000"), "2026-12-31");
  EXPECT_EQ(year_of("Jan  1 01:00", "20261231230000"),
            "2027-01-01");  // its clock may be an hour or a zone ahead
  EXPECT_EQ(year_of("Jan  2 01:00", "20261231000000"), "2026-01-02");
  EXPECT_EQ(year_of("Feb 29 01:00", "20261121000000"), "2024-02-29");
  EXPECT_EQ(year_of("Feb 29 01:00", "21030101000000"), "2096-02-29");
  EXPECT_EQ(year_of("Feb 30 01:00", "20261121000000"), "none");
}

TEST(ParseListLine, SkipsTotalsAndBlankLines) {
  for (const std::string_view line : {"", " ", "\r", "\t ", "total 12", "total 0"})
    EXPECT_EQ(parse_list_line(line, kNow).error().kind, Errc::not_found) << line;
}

TEST(ParseListLine, RefusesWhatItDoesNotKnow) {
  for (const std::string_view line : {"hello",
                                      "total",
                                      "total x",
                                      "-rw-r--r--",
                                      "-rw-r--r-- 1 a b 7 Nov 21 04:30",
                                      "-rw-r--r-- 1 a b 7 Nov 21 04:30 ",
                                      "-rw-r--r-- 1 a b 7 Nov 32 04:30 x",
                                      "-rw-r--r-- 1 a b 7 Nov 21 24:30 x",
                                      "-rw-r--r-- 1 a b 7 Nov 21 4:3 x",
                                      "-rw-r--r-- 1 a b 7 Nov 0 04:30 x",
                                      "-rw-r--r-- 1 a b 7 Nov 21 99999 x",
                                      "-rw-r--r-- 1 a b x Nov 21 04:30 n",
                                      "-rw-r--r-- 1 a b 7 Foo 21 04:30 x",
                                      "-rw-r--r-- 1 a b 7 November 21 04:30 x",
                                      "?rw-r--r-- 1 a b 7 Nov 21 04:30 x",
                                      "-rw-r--rz- 1 a b 7 Nov 21 04:30 x",
                                      "-rwxrwxrwxrwx 1 a b 7 Nov 21 04:30 x",
                                      " -rw-r--r-- 1 a b 7 Nov 21 04:30 x",
                                      "-rw-r--r-- 1 a b 7 Nov 21 0001 x",
                                      "13-21-26  04:30AM 5 x",
                                      "11-21-26  13:30PM 5 x",
                                      "11-21-26  00:30AM 5 x",
                                      "11-21-26  04:30XM 5 x",
                                      "11-21-26  04:30AM <LNK> x",
                                      "11-21-26  04:30AM -5 x",
                                      "11-21-26  04:30AM 5",
                                      "11-21-26  04:30AM 5 ",
                                      "11-21-26",
                                      "11/21/26  04:30AM 5 x",
                                      "11-21-1  04:30AM 5 x",
                                      "0",
                                      "+i8388621.48594,r,s1,\tx",
                                      "type=file;size=5; name"})
    EXPECT_EQ(parse_list_line(line, kNow).error().kind, Errc::bad_syntax) << line;
}

TEST(FormatListLine, HasOneFixedForm) {
  Entry entry;
  entry.name = "name";
  entry.size = 4096;
  entry.modified = at("20261121043000");
  EXPECT_EQ(format_list_line(entry, 1, kNow), "-rw-r--r--   1 ferry    ferry        4096 Nov 21 04:30 name");
  entry.type = EntryType::directory;
  entry.unix_mode = 01755;
  EXPECT_EQ(format_list_line(entry, 12, kNow), "drwxr-xr-t  12 ferry    ferry        4096 Nov 21 04:30 name");
  entry.type = EntryType::file;
  entry.unix_mode = 0200;
  entry.name = "a\r\nb";
  EXPECT_EQ(format_list_line(entry, 1, kNow), "--w-------   1 ferry    ferry        4096 Nov 21 04:30 a??b");
}

TEST(FormatListLine, IsReadBack) {
  std::mt19937_64 random(11);
  constexpr std::string_view kAlphabet = "a -.>\xff 12:";
  for (int round = 0; round < 3'000; ++round) {
    Entry entry;
    entry.name.assign(1 + random() % 12, '\0');
    for (char& c : entry.name) c = kAlphabet[random() % kAlphabet.size()];
    entry.size = static_cast<Bytes>(random() >> 1);
    entry.unix_mode = static_cast<unsigned>(random() % 010000);
    entry.modified = kNow - std::chrono::minutes(random() % 1'000'000);
    const std::string line = format_list_line(entry, static_cast<unsigned>(random() % 2'000), kNow);
    const auto back = parse_list_line(line, kNow);
    ASSERT_TRUE(back) << line;
    EXPECT_EQ(back->name, entry.name) << line;
    EXPECT_EQ(back->size, entry.size);
    EXPECT_EQ(back->unix_mode, entry.unix_mode) << line;
    EXPECT_EQ(listing_time(*back->modified, kNow), listing_time(*entry.modified, kNow));
  }
}

TEST(ParseListLine, SurvivesDamagedLines) {
  std::mt19937 random(12);
  const std::string lines[] = {"-rw-r--r--   1 ferry    ferry        4096 Nov 21 04:30 name -> x",
                               "lrwxrwxrwx   1 a b 6 Nov 21  2020 name -> target",
                               "11-21-26  04:30AM       <DIR>          n"};
  for (int round = 0; round < 30'000; ++round) {
    std::string line = lines[random() % std::size(lines)];
    for (auto left = random() % 4; left > 0; --left)
      line[random() % line.size()] = static_cast<char>(random());
    line.resize(random() % (line.size() + 1));
    const auto entry = parse_list_line(line, kNow);
    EXPECT_TRUE(!entry || !entry->name.empty()) << line;
  }
}

}  // namespace
}  // namespace ferry::ftp
