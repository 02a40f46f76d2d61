// How a remote folder is shown: for people, or one exact tab-separated line per name for programs. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/line/json_lines.h"
#include "shared/ftp/facts.h"

namespace ferry::client {

void sort_by_name(std::vector<ftp::Entry>& entries);  // folders first

enum class SortBy { name, size, time };
std::optional<SortBy> parse_sort(std::string_view text);
// By name folders first; by size the biggest first, by time the youngest; what is not known comes last.
void sort_entries(std::vector<ftp::Entry>& entries, SortBy by);

// "  2.1 GiB  2026-11-18 22:05  写真集.zip"; names made safe. One line, no newline.
std::string line_for_people(const ftp::Entry& entry);

// "file  rw-r--r--  2254857830  2026-11-18 13:05:31  写真集.zip", all that a listing tells.
std::string detailed_line_for_people(const ftp::Entry& entry);

// "file<TAB>2254857830<TAB>2026-11-18T13:05:31Z<TAB>rw-r--r--<TAB>name": type is file, dir, link or other;
// "-" where the server does not tell; the name is last and as it is.
std::string line_for_programs(const ftp::Entry& entry);

// "file<TAB>2254857830<TAB>2026-11-18T13:05:31Z<TAB>rw-r--r--<TAB>1000<TAB>100<TAB>adfrw<TAB>fd01U2a<TAB>name":
// type, size, time, permissions, uid, gid, what this session may do (RFC 3659 §7.5.5), the server's number of
// the file, name; "-" where the server does not tell.
std::string facts_for_programs(const ftp::Entry& entry);
// A line per fact.
std::string facts_for_people(const ftp::Entry& entry);

// The fields of an `entry` line of --json: kind, name, and of size, modified and mode what is known.
JsonObject entry_fields(const ftp::Entry& entry);

// Writes all of them to stdout in the form that suits it. `folder` is where they are, for --json.
void print_listing(std::vector<ftp::Entry> entries, const std::string& folder = "");

}  // namespace ferry::client
