// The schema and how older ones become it. Steps are only ever added; PRAGMA user_version says how many were
// done.
#include <array>

#include "shared/store/store_internal.h"

namespace ferry::store {

namespace {

constexpr std::int64_t kApplicationId = 0x46455252;  // "FERR": tells our files from other SQLite databases

// Names and paths are blobs: no byte is changed or compared by a collation. Times are nanoseconds since 1970,
// UTC.
constexpr const char* kFirstSchema = R"sql(
CREATE TABLE account (
  id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: a session of a removed account cannot become another's
  name BLOB NOT NULL UNIQUE,
  home BLOB NOT NULL,
  password_hash BLOB NOT NULL,
  quota_bytes INTEGER CHECK (quota_bytes >= 0),
  quota_files INTEGER CHECK (quota_files >= 0),
  used_bytes INTEGER NOT NULL CHECK (used_bytes >= 0),
  pending_bytes INTEGER NOT NULL DEFAULT 0 CHECK (pending_bytes >= 0),
  used_files INTEGER NOT NULL CHECK (used_files >= 0),
  is_guest INTEGER NOT NULL,
  is_read_only INTEGER NOT NULL,
  is_locked INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL,
  last_login INTEGER,
  last_login_from BLOB NOT NULL DEFAULT x''
) STRICT;

CREATE TABLE breakpoint (                -- struct Partial
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  path BLOB NOT NULL,
  token BLOB NOT NULL,
  inode INTEGER NOT NULL,
  expected INTEGER,
  received INTEGER NOT NULL DEFAULT 0,   -- active: bytes it had when it was claimed
  granted INTEGER NOT NULL DEFAULT 0,
  credit INTEGER NOT NULL DEFAULT 0,
  replaces INTEGER NOT NULL,             -- a complete file of this path holds the path's file slot
  hit_quota INTEGER NOT NULL DEFAULT 0,
  owner INTEGER,                         -- NULL: inactive, waits
  sha256 BLOB NOT NULL DEFAULT x'',
  started INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  UNIQUE (account, path)
) STRICT;

CREATE TABLE intent (
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  owner INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  path BLOB NOT NULL,
  to_path BLOB NOT NULL,
  inode INTEGER NOT NULL,
  size INTEGER
) STRICT;

CREATE TABLE digest (
  account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  path BLOB NOT NULL,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  sha256 BLOB NOT NULL,
  PRIMARY KEY (account, path)
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* kRegistrations = R"sql(
CREATE TABLE registration (              -- accounts people made for themselves within the last hour
  origin BLOB NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX registration_by_origin ON registration (origin, at);
)sql";

constexpr const char* kCertificates = "ALTER TABLE account ADD COLUMN certificate BLOB NOT NULL DEFAULT x'';";

constexpr const char* kRegistered =
    "ALTER TABLE account ADD COLUMN is_registered INTEGER NOT NULL DEFAULT 0;";

constexpr const char* kAudits = R"sql(
ALTER TABLE intent ADD COLUMN moved INTEGER;  -- of a rename: bytes of the file; NULL: a folder, or written before
CREATE TABLE audit (
  account INTEGER PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
  id INTEGER NOT NULL,
  until INTEGER NOT NULL
) STRICT;
CREATE TABLE change (                    -- struct Change; only while an audit of the account runs
  number INTEGER PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  path BLOB NOT NULL,
  bytes INTEGER NOT NULL,
  files INTEGER NOT NULL,
  is_folder INTEGER NOT NULL
) STRICT;
CREATE INDEX change_by_account ON change (account, number);
)sql";

constexpr std::array kSteps = {kFirstSchema, kRegistrations, kCertificates, kRegistered, kAudits};

std::int64_t pragma(SQLite::Database& db, const char* name) {
  return db.execAndGet(std::string("PRAGMA ") + name).getInt64();
}

// The steps from `version` on, in the caller's transaction.
void run_steps(SQLite::Database& db, std::size_t version) {
  for (std::size_t step = version; step < kSteps.size(); ++step) db.exec(kSteps[step]);
  db.exec("PRAGMA application_id=" + std::to_string(kApplicationId));
  db.exec("PRAGMA user_version=" + std::to_string(kSteps.size()));
}

}  // namespace

Status migrate(SQLite::Database& db) {
  const auto newest = static_cast<std::int64_t>(kSteps.size());
  if (pragma(db, "application_id") == kApplicationId && pragma(db, "user_version") == newest) return {};

  db.exec("BEGIN IMMEDIATE");  // another process may do the same right now: look again under the lock
  const std::int64_t application = pragma(db, "application_id");
  const std::int64_t version = pragma(db, "user_version");
  const bool is_empty = db.execAndGet("SELECT count(*) FROM sqlite_schema").getInt64() == 0;
  Status result;
  if (application != kApplicationId && !is_empty) {
    result = fail(Errc::corrupt, "not a database of Ferry");
  } else if (version < 0 || version > newest) {
    result = fail(Errc::corrupt, "made by a newer Ferry (schema " + std::to_string(version) + ")");
  } else {
    run_steps(db, static_cast<std::size_t>(version));
  }
  db.exec(result ? "COMMIT" : "ROLLBACK");
  return result;
}

}  // namespace ferry::store
