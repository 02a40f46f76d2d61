#include "shared/ftp/facts.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "shared/base/ascii.h"

namespace ferry::ftp {

namespace {

// In the order of the bits of Fact.
constexpr std::array<std::string_view, 8> kFactNames{"type",   "size",      "modify",   "perm",
                                                     "unique", "UNIX.mode", "UNIX.uid", "UNIX.gid"};

// The bit of a fact's name in any case; 0 if we do not know it.
FactSet fact_bit(std::string_view name) {
  for (std::size_t i = 0; i < kFactNames.size(); ++i)
    if (equals_ignoring_case(kFactNames[i], name)) return FactSet{1} << i;
  return 0;
}

// RFC 3659 §7.5.1. Links and devices have no type there, but a place for an operating system's own.
std::string_view type_value(const Entry& entry) {
  switch (entry.type) {
    case EntryType::file:
      return "file";
    case EntryType::directory:
      return "dir";
    case EntryType::current_directory:
      return "cdir";
    case EntryType::parent_directory:
      return "pdir";
    case EntryType::other:
      break;
  }
  return entry.is_link ? "OS.unix=slink" : "OS.unix=special";
}

void parse_type(std::string_view value, Entry& entry) {
  const std::string type = ascii_lower(value);
  const auto begins_with = [&type](std::string_view front) {
    return type.compare(0, front.size(), front) == 0;
  };
  entry.is_link = begins_with("os.unix=slink") || begins_with("os.unix=symlink");
  if (type == "file") {
    entry.type = EntryType::file;
  } else if (type == "dir") {
    entry.type = EntryType::directory;
  } else if (type == "cdir") {
    entry.type = EntryType::current_directory;
  } else if (type == "pdir") {
    entry.type = EntryType::parent_directory;
  } else {
    entry.type = EntryType::other;
  }
}

std::string parse_perm(std::string_view value) {
  std::string letters = ascii_lower(value);
  letters.erase(
      std::remove_if(letters.begin(), letters.end(),
                     [](char c) { return std::string_view("acdeflmprw").find(c) == std::string_view::npos; }),
      letters.end());
  return letters;
}

std::optional<unsigned> parse_unsigned(std::string_view value, int base, unsigned max) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number, base);
  if (error != std::errc() || end != value.data() + value.size() || number > max) return std::nullopt;
  return number;
}

// A value that does not parse leaves its fact unknown: one odd fact must not hide the file.
void parse_fact(std::string_view name, std::string_view value, Entry& entry) {
  switch (fact_bit(name)) {
    case kFactType:
      return parse_type(value, entry);
    case kFactSize:
      if (const auto size = parse_number(value)) entry.size = *size;
      return;
    case kFactModify:
      if (const auto time = parse_ftp_time(value)) entry.modified = *time;
      return;
    case kFactPerm:
      entry.perm = parse_perm(value);
      return;
    case kFactUnique:
      entry.unique = value;
      return;
    case kFactUnixMode:
      entry.unix_mode = parse_unsigned(value, 8, 07777);
      return;
    case kFactUnixUid:
      entry.uid = parse_unsigned(value, 10, UINT32_MAX);
      return;
    case kFactUnixGid:
      entry.gid = parse_unsigned(value, 10, UINT32_MAX);
      return;
    default:
      return;
  }
}

// Where the facts end: at the first "; " (a foreign fact such as a link's target may hold a blank), or, for
// servers that leave the last semicolon out, at the first blank. RFC 3659 §7.2: a line that begins with a
// blank has no facts.
std::size_t end_of_facts(std::string_view line) {
  const std::size_t first_blank = line.find(' ');
  if (first_blank == 0) return 0;
  const std::size_t semicolon = line.find("; ");
  return semicolon == line.npos ? first_blank : semicolon + 1;
}

void append_fact(std::string& out, const Entry& entry, Fact fact) {
  switch (fact) {
    case kFactType:
      out += fmt::format("type={};", type_value(entry));
      return;
    case kFactSize:
      if (entry.size) out += fmt::format("size={};", *entry.size);
      return;
    case kFactModify:
      if (entry.modified) out += fmt::format("modify={};", ftp_time(*entry.modified));
      return;
    case kFactPerm:
      if (entry.perm) out += fmt::format("perm={};", *entry.perm);
      return;
    case kFactUnique:
      if (!entry.unique.empty()) out += fmt::format("unique={};", entry.unique);
      return;
    case kFactUnixMode:
      if (entry.unix_mode) out += fmt::format("UNIX.mode={:04o};", *entry.unix_mode);
      return;
    case kFactUnixUid:
      if (entry.uid) out += fmt::format("UNIX.uid={};", *entry.uid);
      return;
    case kFactUnixGid:
      if (entry.gid) out += fmt::format("UNIX.gid={};", *entry.gid);
      return;
  }
}

std::string names_of(FactSet facts, std::string_view mark, bool all) {
  std::string text;
  for (std::size_t i = 0; i < kFactNames.size(); ++i) {
    const bool is_selected = (facts & (FactSet{1} << i)) != 0;
    if (is_selected || all) text.append(kFactNames[i]).append(is_selected ? mark : "").append(1, ';');
  }
  return text;
}

}  // namespace

std::string format_entry(const Entry& entry, FactSet facts) {
  std::string line;
  for (std::size_t i = 0; i < kFactNames.size(); ++i) {
    const FactSet bit = FactSet{1} << i;
    if ((facts & bit) != 0) append_fact(line, entry, static_cast<Fact>(bit));
  }
  line += ' ';
  for (const char c : entry.name) line += (c == '\r' || c == '\n' || c == '\0') ? '?' : c;
  return line;
}

Result<Entry> parse_entry(std::string_view line) {
  const auto bad = [] { return fail(Errc::bad_syntax, "not a line of an MLSD listing"); };
  const std::size_t end = end_of_facts(line);
  if (end == line.npos || end + 1 == line.size()) return bad();
  Entry entry;
  entry.name = line.substr(end + 1);
  std::string_view facts = line.substr(0, end);
  while (!facts.empty()) {
    const std::size_t semicolon = facts.find(';');
    const std::string_view fact = facts.substr(0, semicolon);
    const std::size_t equals = fact.find('=');
    if (equals == fact.npos || equals == 0) return bad();
    parse_fact(fact.substr(0, equals), fact.substr(equals + 1), entry);
    facts.remove_prefix(semicolon == facts.npos ? facts.size() : semicolon + 1);
  }
  return entry;
}

std::string feature_line(FactSet selected) {
  return "MLST " + names_of(selected, "*", true);
}

FactSet parse_fact_selection(std::string_view opts_argument) {
  FactSet facts = 0;
  while (!opts_argument.empty()) {
    const std::size_t semicolon = opts_argument.find(';');
    facts |= fact_bit(opts_argument.substr(0, semicolon));
    opts_argument.remove_prefix(semicolon == opts_argument.npos ? opts_argument.size() : semicolon + 1);
  }
  return facts;
}

std::string format_fact_selection(FactSet facts) {
  return names_of(facts, "", false);
}

}  // namespace ferry::ftp
