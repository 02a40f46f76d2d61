#include "shared/store/backup.h"

#include <SQLiteCpp/Backup.h>

#include "shared/store/store_internal.h"

namespace ferry::store {

namespace {

constexpr int kBusyTimeoutMs = 10'000;

Status check_integrity(SQLite::Database& db) {
  SQLite::Statement check(db, "PRAGMA integrity_check(1)");
  if (!check.executeStep() || check.getColumn(0).getString() != "ok")
    return fail(Errc::corrupt, "damaged: " + check.getColumn(0).getString());
  SQLite::Statement keys(db, "PRAGMA foreign_key_check");
  if (keys.executeStep())
    return fail(Errc::corrupt, "damaged: there are rows of accounts that are not there");
  return {};
}

}  // namespace

Status copy_store(const std::string& store, const std::string& copy) {
  try {
    SQLite::Database from(store, SQLite::OPEN_READWRITE, kBusyTimeoutMs);
    SQLite::Database to(copy, SQLite::OPEN_READWRITE);
    SQLite::Backup backup(to, from);
    // In one go: it reads one moment of the log, and holds up nobody.
    backup.executeStep(-1);
    if (backup.getRemainingPageCount() != 0)
      return fail(Errc::busy, "store " + store + ": could not be copied whole");
    to.exec("PRAGMA journal_mode=DELETE");
    return {};
  } catch (const SQLite::Exception& exception) {
    return tl::unexpected<Error>(sqlite_error(exception, "copying the store " + store));
  }
}

Result<StoreSummary> examine_copy(const std::string& copy) {
  try {
    SQLite::Database db(copy, SQLite::OPEN_READWRITE, kBusyTimeoutMs);
    if (const Status whole = check_integrity(db); !whole) return tl::unexpected<Error>(whole.error());
    // An empty file would be made a store; what was never one is no backup.
    if (db.execAndGet("SELECT count(*) FROM sqlite_schema").getInt64() == 0)
      return fail(Errc::corrupt, "not a database of Ferry");
    if (const Status migrated = migrate(db); !migrated) return tl::unexpected<Error>(migrated.error());
    return StoreSummary{db.execAndGet("SELECT count(*) FROM account").getInt64(),
                        db.execAndGet("PRAGMA user_version").getInt64()};
  } catch (const SQLite::Exception& exception) {
    return tl::unexpected<Error>(sqlite_error(exception, "reading it"));
  }
}

}  // namespace ferry::store
