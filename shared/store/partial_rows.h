// Rows of the breakpoint table as struct Partial. For shared/store/*.cc only.
#pragma once

#include <string>
#include <vector>

#include "shared/store/store_internal.h"

#define PARTIAL_COLUMNS                                                                                \
  "id, account, path, token, inode, expected, received, granted, credit, replaces, hit_quota, owner, " \
  "sha256,"                                                                                            \
  " started, updated"

namespace ferry::store {

Partial partial_in(const SQLite::Statement& row);  // a row of PARTIAL_COLUMNS
std::vector<Partial> all_partials(const Stmt& statement);

}  // namespace ferry::store
