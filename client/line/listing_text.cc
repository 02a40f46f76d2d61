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

// "2026-11-18 22:05:31"
std::string seconds_of(WallTime when) {
  std::string text = iso_time(when).substr(0, 19);
  if (text.size() > 10) text[10] = ' ';
  return text;
}

std::string number_or_dash(const std::optional<unsigned>& number) {
  return number ? std::to_string(*number) : "-";
}

// Foreign words inside a line of fields.
std::string field(const std::string& text) {
  return text.empty() ? "-" : terminal_safe(text);
}

}  // namespace

void sort_by_name(std::vector<ftp::Entry>& entries) {
  std::sort(entries.begin(), entries.end(), [](const ftp::Entry& a, const ftp::Entry& b) {
    if (a.is_directory() != b.is_directory()) return a.is_directory();
    return a.name < b.name;
  });
}

std::optional<SortBy> parse_sort(std::string_view text) {
  if (text == "name") return SortBy::name;
  if (text == "size") return SortBy::size;
  if (text == "time") return SortBy::time;
  return std::nullopt;
}

void sort_entries(std::vector<ftp::Entry>& entries, SortBy by) {
  sort_by_name(entries);
  if (by == SortBy::size) {
    std::stable_sort(entries.begin(), entries.end(), [](const ftp::Entry& a, const ftp::Entry& b) {
      const auto size = [](const ftp::Entry& entry) {
        return entry.is_directory() ? -1 : entry.size.value_or(-1);
      };
      return size(a) > size(b);
    });
  } else if (by == SortBy::time) {
    std::stable_sort(entries.begin(), entries.end(), [](const ftp::Entry& a, const ftp::Entry& b) {
      return a.modified.value_or(WallTime::min()) > b.modified.value_or(WallTime::min());
    });
  }
}

std::string line_for_people(const ftp::Entry& entry) {
  const std::string size = entry.is_directory() ? "<DIR>" : entry.size ? bytes_for_people(*entry.size) : "?";
  const std::string time = entry.modified ? minutes_of(*entry.modified) : "";
  const std::string mark = entry.is_directory() ? "/" : entry.is_link ? "@" : "";
  return fmt::format("{:>10}  {:16}  {}{}", size, time, terminal_safe(entry.name), mark);
}

std::string detailed_line_for_people(const ftp::Entry& entry) {
  const bool shows_size = entry.size && !entry.is_directory();
  const std::string mark = entry.is_directory() ? "/" : entry.is_link ? "@" : "";
  return fmt::format("{:5}  {:9}  {:>14}  {:19}  {}{}", type_word(entry),
                     entry.unix_mode ? mode_text(*entry.unix_mode) : "-",
                     shows_size ? std::to_string(*entry.size) : "-",
                     entry.modified ? seconds_of(*entry.modified) : "-", terminal_safe(entry.name), mark);
}

std::string line_for_programs(const ftp::Entry& entry) {
  const bool shows_size = entry.size && !entry.is_directory();
  return fmt::format("{}\t{}\t{}\t{}\t{}", type_word(entry), shows_size ? std::to_string(*entry.size) : "-",
                     entry.modified ? iso_time(*entry.modified) : "-",
                     entry.unix_mode ? mode_text(*entry.unix_mode) : "-", entry.name);
}

std::string facts_for_programs(const ftp::Entry& entry) {
  const bool shows_size = entry.size && !entry.is_directory();
  return fmt::format(
      "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}", type_word(entry), shows_size ? std::to_string(*entry.size) : "-",
      entry.modified ? iso_time(*entry.modified) : "-", entry.unix_mode ? mode_text(*entry.unix_mode) : "-",
      number_or_dash(entry.uid), number_or_dash(entry.gid), field(entry.perm.value_or("")),
      field(entry.unique), entry.name);
}

std::string facts_for_people(const ftp::Entry& entry) {
  std::string text =
      fmt::format("name         {}\ntype         {}\n", terminal_safe(entry.name), type_word(entry));
  if (entry.size && !entry.is_directory())
    text += fmt::format("size         {} ({} bytes)\n", bytes_for_people(*entry.size),
                        count_for_people(*entry.size));
  if (entry.modified) text += fmt::format("modified     {} UTC\n", seconds_of(*entry.modified));
  if (entry.unix_mode)
    text += fmt::format("permissions  {} ({:04o})\n", mode_text(*entry.unix_mode), *entry.unix_mode);
  if (entry.uid || entry.gid)
    text += fmt::format("owner        {}:{}\n", number_or_dash(entry.uid), number_or_dash(entry.gid));
  if (entry.perm) text += fmt::format("rights       {}\n", field(*entry.perm));
  if (!entry.unique.empty()) text += fmt::format("unique       {}\n", terminal_safe(entry.unique));
  return text;
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
