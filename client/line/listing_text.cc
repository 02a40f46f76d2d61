#include "client/line/listing_text.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

std::string type_word(const ftp::Entry& entry) {
  if (entry.is_link) return "link";
  if (entry.is_directory()) return "dir";
  return entry.type == ftp::EntryType::file ? "file" : "other";
}

std::string mode_text(unsigned mode) {
  constexpr std::string_view kLetters = "rwxrwxrwx";
  std::string text;
  for (std::size_t i = 0; i < kLetters.size(); ++i) text += (mode & (0400u >> i)) != 0 ? kLetters[i] : '-';
  return text;
}

// "2026-11-18 22:05" out of "2026-11-18T22:05:31Z"
std::string minutes_of(WallTime when) {
  std::string text = iso_time(when).substr(0, 16);
  if (text.size() > 10) text[10] = ' ';
  return text;
}

}  // namespace

void sort_by_name(std::vector<ftp::Entry>& entries) {
  std::sort(entries.begin(), entries.end(), [](const ftp::Entry& a, const ftp::Entry& b) {
    if (a.is_directory() != b.is_directory()) return a.is_directory();
    return a.name < b.name;
  });
}

std::string line_for_people(const ftp::Entry& entry) {
  const std::string size = entry.is_directory() ? "<DIR>" : entry.size ? bytes_for_people(*entry.size) : "?";
  const std::string time = entry.modified ? minutes_of(*entry.modified) : "";
  const std::string mark = entry.is_directory() ? "/" : entry.is_link ? "@" : "";
  return fmt::format("{:>10}  {:16}  {}{}", size, time, terminal_safe(entry.name), mark);
}

std::string line_for_programs(const ftp::Entry& entry) {
  const bool shows_size = entry.size && !entry.is_directory();
  return fmt::format("{}\t{}\t{}\t{}\t{}", type_word(entry), shows_size ? std::to_string(*entry.size) : "-",
                     entry.modified ? iso_time(*entry.modified) : "-",
                     entry.unix_mode ? mode_text(*entry.unix_mode) : "-", entry.name);
}

JsonObject entry_fields(const ftp::Entry& entry) {
  JsonObject fields;
  fields.text("kind", type_word(entry)).text("name", entry.name);
  if (!entry.is_directory()) fields.number("size", entry.size);
  if (entry.modified) fields.text("modified", iso_time(*entry.modified));
  if (entry.unix_mode) fields.text("mode", mode_text(*entry.unix_mode));
  return fields;
}

void print_listing(std::vector<ftp::Entry> entries, const std::string& folder) {
  sort_by_name(entries);
  if (json_wanted()) {
    for (const auto& entry : entries) emit_json("entry", entry_fields(entry).text("folder", folder));
    return;
  }
  const bool for_people = ::isatty(STDOUT_FILENO) == 1;
  for (const auto& entry : entries) {
    const std::string line = (for_people ? line_for_people(entry) : line_for_programs(entry)) + "\n";
    std::fwrite(line.data(), 1, line.size(), stdout);
  }
  std::fflush(stdout);
}

}  // namespace ferry::client
