// Whole listings of one folder as several servers write it: captured from vsftpd, ProFTPD and Pure-FTPd; of
// pyftpdlib and IIS in their forms.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "shared/ftp/facts.h"
#include "shared/ftp/listing.h"
#include "tests/support/bytes.h"

namespace ferry::ftp {
namespace {

namespace fs = std::filesystem;

const WallTime kNow = parse_ftp_time("20261125202712").value();

struct Known {
  EntryType type = EntryType::file;
  std::optional<Bytes> size;
  std::string modified;  // to the second
  bool is_link = false;
};

// What is in the folder. No form shows all of it.
const std::map<std::string, Known> kFolder{
    {" leading", {EntryType::file, 1, "20260921141320"}},
    {"a -> b", {EntryType::file, 1, "20260921141320"}},
    {"two  blanks .txt", {EntryType::file, 12345, "20260921141320"}},
    {"写真集.zip", {EntryType::file, 100, "20260921141320"}},
    {"huge", {EntryType::file, 5'000'000'000, "20260921141320"}},
    {"plain.txt", {EntryType::file, 5, "20261109110640"}},
    {"leap", {EntryType::file, 2, "20240229123456"}},
    {"old", {EntryType::file, 3, "19991231235959"}},
    {"folder name", {EntryType::directory, {}, "20260921141320"}},
    {"link", {EntryType::other, {}, "20260921141320", true}},
    {"dangling", {EntryType::other, {}, "20260921141320", true}},
    {"pipe", {EntryType::other, 0, "20260921141320"}},
};

struct Read {
  std::map<std::string, Entry> entries;
  int unreadable = 0;
};

Read read(const fs::path& file) {
  const bool is_mlsd = file.extension() == ".mlsd";
  Read all;
  const std::string text = test::read_bytes(file);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find("\r\n", at);
    const std::string line = text.substr(at, end - at);
    at = end + 2;
    auto entry = is_mlsd ? parse_entry(line) : parse_list_line(line, kNow);
    if (!entry && entry.error().kind != Errc::not_found) ++all.unreadable;
    if (!entry || entry->type == EntryType::current_directory || entry->type == EntryType::parent_directory)
      continue;
    EXPECT_TRUE(all.entries.emplace(entry->name, *entry).second) << line;
  }
  return all;
}

// A year alone, or a minute, is the beginning of the time that is meant.
bool is_same_time(const Entry& entry, const std::string& meant) {
  if (!entry.modified) return false;
  const auto difference = parse_ftp_time(meant).value() - *entry.modified;
  return difference >= std::chrono::seconds(0) && difference < entry.modified_precision;
}

TEST(GoldenListings, AreReadAsTheFolderIs) {
  int files = 0;
  for (const auto& file : fs::directory_iterator("tests/unit/shared/ftp/golden")) {
    if (file.path().stem() == "unreadable") continue;
    SCOPED_TRACE(file.path().filename().string());
    ++files;
    const Read all = read(file.path());
    EXPECT_EQ(all.unreadable, 0);
    for (const auto& [name, entry] : all.entries) {
      SCOPED_TRACE("'" + name + "'");
      const auto known = kFolder.find(name);
      ASSERT_NE(known, kFolder.end());
      const bool is_called_a_file = name == "pipe" && file.path().filename() == "proftpd.mlsd";
      EXPECT_EQ(entry.type, is_called_a_file ? EntryType::file : known->second.type);
      EXPECT_EQ(entry.is_link, known->second.is_link);
      const bool is_file = known->second.type == EntryType::file;
      EXPECT_EQ(is_file ? entry.size : std::nullopt, is_file ? known->second.size : std::nullopt);
      EXPECT_TRUE(is_same_time(entry, known->second.modified)) << iso_time(*entry.modified);
    }
    for (const auto& [name, known] : kFolder) {
      const bool is_plain = known.type == EntryType::file || known.type == EntryType::directory;
      EXPECT_TRUE(!is_plain || all.entries.contains(name)) << name;
    }
  }
  EXPECT_EQ(files, 11);
}

TEST(GoldenListings, WhatIsInNoFormWeKnowIsCountedNeverGuessed) {
  const Read none = read("tests/unit/shared/ftp/golden/unreadable.list");
  EXPECT_EQ(none.unreadable, 9);
  EXPECT_TRUE(none.entries.empty()) << none.entries.begin()->first;
}

}  // namespace
}  // namespace ferry::ftp
