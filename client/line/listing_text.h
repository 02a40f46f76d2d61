// How a remote folder is shown: for people, or one exact tab-separated line per name for programs. Pure.
#pragma once

#include <string>
#include <vector>

#include "client/line/json_lines.h"
#include "shared/ftp/facts.h"

namespace ferry::client {

void sort_by_name(std::vector<ftp::Entry>& entries);  // folders first

// "  2.1 GiB  2026-11-18 22:05  写真集.zip"; names made safe. One line, no newline.
std::string line_for_people(const ftp::Entry& entry);

// "file<TAB>2254857830<TAB>2026-11-18T13:05:31Z<TAB>rw-r--r--<TAB>name": type is file, dir, link or other;
// "-" where the server does not tell; the name is last and as it is.
std::string line_for_programs(const ftp::Entry& entry);

// The fields of an `entry` line of --json: kind, name, and of size, modified and mode what is known.
JsonObject entry_fields(const ftp::Entry& entry);

// Writes all of them to stdout in the form that suits it. `folder` is where they are, for --json.
void print_listing(std::vector<ftp::Entry> entries, const std::string& folder = "");

}  // namespace ferry::client
