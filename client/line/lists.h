// What ls, du, stat and quota print on stdout: for people on a terminal, tab-separated, exact and without a
// header elsewhere. Shared by sub-commands and shell. Blocks on the network; what is printed is not flushed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client/engine/account.h"
#include "client/engine/connection.h"
#include "client/line/listing_text.h"

namespace ferry::client {

struct ListWish {
  bool details = false;  // -l, on a terminal; elsewhere they are there anyway
  bool recursive = false;
  bool all = false;  // names that begin with a dot; to a program they are never hidden
  SortBy sort = SortBy::name;
};

// A folder, or one file.
Status print_remote(Connection& connection, const std::string& path, const ListWish& wish = {});

// The bytes of the files in each folder below `path`, itself last; `only_total`: of `path` alone.
Status print_disk_usage(Connection& connection, const std::string& path, bool only_total);

// All that the server tells of one name.
Status print_facts(Connection& connection, const std::string& path);

Status print_quota(Connection& connection, const std::string& folder);
// Its lines, each with an end; pure. "bytes<TAB>used<TAB>quota<TAB>left", "-" for unlimited and for unknown.
std::string quota_for_programs(const Quota& quota);
std::string quota_for_people(const Quota& quota);

}  // namespace ferry::client
