// Whole copies of the store. Used by ftpadm. No process may use a copy while it is made or looked at.
#pragma once

#include <cstdint>
#include <string>

#include "shared/base/result.h"

namespace ferry::store {

// Copies the store to `copy` (an empty file, which stays private to its owner) by SQLite's online backup: one
// moment of it, while others read and write. One file without a write-ahead log. Blocks on the disk.
Status copy_store(const std::string& store, const std::string& copy);

struct StoreSummary {
  std::int64_t accounts = 0;
  std::int64_t schema = 0;
};
// Reads all of a copy: is every page whole and every row where it belongs (SQLite's integrity check), is it a
// store of Ferry, and of no newer one? Then brings its schema up to date. Errc::corrupt says what is wrong.
Result<StoreSummary> examine_copy(const std::string& copy);

}  // namespace ferry::store
