// The store's one connection: opening, waiting for other writers, prepared statements, errors, durability.
#include <fcntl.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "shared/store/store_internal.h"

namespace ferry::store {

namespace {

constexpr int kLogPagesBeforeCheckpoint = 4000;  // 16 MiB; each checkpoint costs two syncs

using SteadyClock = std::chrono::steady_clock;

// Called by SQLite while another connection writes. Our transactions last some 100 microseconds, so the first
// waits are that short; SQLite's own back-off would sleep for milliseconds and leave the lock idle. Uneven on
// purpose: equal sleepers meet again. `impl` is the Store::Impl.
int wait_for_writer(void* impl, int attempt) {
  thread_local SteadyClock::time_point give_up;
  thread_local unsigned jitter = static_cast<unsigned>(::getpid()) * 2654435761u;
  if (attempt == 0) give_up = SteadyClock::now() + static_cast<const Store::Impl*>(impl)->patience;
  if (SteadyClock::now() >= give_up) return 0;
  if (attempt < 2) {
    ::sched_yield();
    return 1;
  }
  jitter = jitter * 1664525u + 1013904223u;
  const unsigned longest_us = attempt < 20 ? 200 : 2000;
  std::this_thread::sleep_for(std::chrono::microseconds(20 + (jitter >> 8) % longest_us));
  return 1;
}

// SQLite would create the file with the umask's mode. mknod makes it without opening it: closing a descriptor
// of the database would drop the locks that another Store of this process holds on it.
Status create_private(const std::string& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) == 0) return {};
  if (errno != ENOENT) return fail_errno(errno, "store " + file);
  if (::mknod(file.c_str(), S_IFREG | 0600, 0) == 0 || errno == EEXIST) return {};
  return fail_errno(errno, "store " + file);
}

Errc kind_of(int extended) {
  switch (extended & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Errc::busy;
    case SQLITE_FULL:
      return Errc::no_space;
    case SQLITE_CANTOPEN:  // its folder is there (create_private), so it is the rights
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
      return Errc::permission;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:  // our SQL is right, so the schema is not
    case SQLITE_SCHEMA:
      return Errc::corrupt;
    case SQLITE_CONSTRAINT:
      return extended == SQLITE_CONSTRAINT_FOREIGNKEY ? Errc::not_found : Errc::corrupt;
    default:
      return Errc::io;
  }
}

// Two processes that switch a new file to the write-ahead log at once may be told "busy" without being made
// to wait.
void use_write_ahead_log(SQLite::Database& db, std::chrono::milliseconds patience) {
  const auto give_up = SteadyClock::now() + patience;
  while (true) {
    try {
      db.execAndGet("PRAGMA journal_mode=WAL");
      return;
    } catch (const SQLite::Exception& exception) {
      if (kind_of(exception.getExtendedErrorCode()) != Errc::busy || SteadyClock::now() >= give_up) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void configure(SQLite::Database& db, std::chrono::milliseconds patience) {
  db.exec("PRAGMA cell_size_check=ON");
  use_write_ahead_log(db, patience);
  db.exec("PRAGMA synchronous=NORMAL");  // a commit is not synced; sync_log does that where it is asked for
  db.exec("PRAGMA foreign_keys=ON");
  db.exec("PRAGMA trusted_schema=OFF");
  db.exec("PRAGMA temp_store=MEMORY");
  db.exec("PRAGMA wal_autocheckpoint=" + std::to_string(kLogPagesBeforeCheckpoint));
}

}  // namespace

// SQLite knows ENOSPC of a write as "full", and anything else that says the same as an I/O error.
Error sqlite_error(const SQLite::Exception& exception, std::string_view what, int system_error) {
  Errc kind = kind_of(exception.getExtendedErrorCode());
  if (kind == Errc::io && (system_error == EDQUOT || system_error == ENOSPC)) kind = Errc::no_space;
  return Error{kind, std::string(what) + ": " + exception.what()};
}

void ReturnStatement::operator()(SQLite::Statement* statement) const noexcept {
  statement->tryReset();
  try {
    statement->clearBindings();
  } catch (const SQLite::Exception&) {
    // Every value is bound anew before the next use.
  }
}

void put(SQLite::Statement& statement, int index, std::int64_t value) {
  statement.bind(index, value);
}

void put(SQLite::Statement& statement, int index, std::string_view bytes) {
  const void* data = bytes.empty() ? "" : bytes.data();  // a null pointer would be NULL
  statement.bindNoCopy(index, data, static_cast<int>(bytes.size()));
}

void put(SQLite::Statement& statement, int index, std::optional<std::int64_t> value) {
  if (value) {
    statement.bind(index, *value);
  } else {
    statement.bind(index);
  }
}

std::string bytes_at(const SQLite::Statement& statement, int column) {
  const SQLite::Column value = statement.getColumn(column);
  const void* data = value.getBlob();
  return data == nullptr
             ? std::string()
             : std::string(static_cast<const char*>(data), static_cast<std::size_t>(value.getBytes()));
}

std::int64_t number_at(const SQLite::Statement& statement, int column) {
  return statement.getColumn(column).getInt64();
}

std::optional<std::int64_t> optional_at(const SQLite::Statement& statement, int column) {
  const SQLite::Column value = statement.getColumn(column);
  if (value.isNull()) return std::nullopt;
  return value.getInt64();
}

bool flag_at(const SQLite::Statement& statement, int column) {
  return number_at(statement, column) != 0;
}

std::int64_t to_stored(WallTime time) {
  return time.time_since_epoch().count();
}

WallTime time_at(const SQLite::Statement& statement, int column) {
  return WallTime(std::chrono::nanoseconds(number_at(statement, column)));
}

PathRange range_below(std::string_view folder) {
  const std::string base(folder == "/" ? "" : folder);
  return {base + '/', base + '0'};
}

bool overlap(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (a == "/") return true;
  return b.starts_with(a) && (a.size() == b.size() || b[a.size()] == '/');
}

// --- the connection ---

Store::Impl::Impl(const std::string& file, std::chrono::milliseconds patience_with_others)
    : db(file, SQLite::OPEN_READWRITE), patience(patience_with_others) {
  sqlite3_extended_result_codes(db.getHandle(), 1);
  sqlite3_busy_handler(db.getHandle(), wait_for_writer, this);
  sqlite3_db_config(db.getHandle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
}

Stmt Store::Impl::prepared_unbound(const char* sql) {
  auto& statement = statements[sql];
  if (!statement) statement = std::make_unique<SQLite::Statement>(db, sql);
  return Stmt(statement.get());
}

// All writes of transactions go to the log. sqlite3_system_errno would not do: a failed COMMIT does not set
// it.
int Store::Impl::system_error() {
  sqlite3_file* log = nullptr;
  int error_number = 0;
  if (sqlite3_file_control(db.getHandle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK &&
      log != nullptr && log->pMethods != nullptr) {
    log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &error_number);
  }
  return error_number;
}

Store::Impl::Transaction::Transaction(Impl& impl) : impl_(impl) {
  impl_.exec("BEGIN IMMEDIATE");
}

Store::Impl::Transaction::~Transaction() {
  if (!is_open_) return;
  try {
    // Some failures (disk full, I/O) have rolled back already; then this one has nothing to do and says so.
    impl_.prepared("ROLLBACK")->tryExecuteStep();
  } catch (const SQLite::Exception&) {
    // The connection is beyond use; whoever calls next is told.
  }
}

void Store::Impl::Transaction::commit() {
  impl_.exec("COMMIT");
  is_open_ = false;
}

void Store::Impl::add_usage(AccountId account, Bytes used, Bytes pending, std::int64_t files) {
  exec(
      "UPDATE account SET used_bytes = max(0, used_bytes + ?2), pending_bytes = max(0, pending_bytes + ?3),"
      " used_files = max(0, used_files + ?4) WHERE id = ?1",
      account, used, pending, files);
}

// SQLite's synchronous=FULL would sync inside the commit, with the write lock held: every process would wait
// for every other's disk. The log is an ordinary file that only grows or, after a checkpoint that synced the
// database itself, starts again. So syncing it after the commit, without any lock, is as good for this
// transaction, and uploads that end together share one flush of the disk. Its name was made durable with its
// header (SQLite syncs the folder then).
Status Store::Impl::sync_log() {
  if (::fdatasync(wal.get()) != 0) return fail_errno(errno, "syncing the store");
  return {};
}

// --- Store ---

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const std::string& file, std::chrono::milliseconds patience) {
  if (const Status created = create_private(file); !created) return tl::unexpected<Error>(created.error());
  try {
    auto impl = std::make_unique<Impl>(file, patience);
    if (sqlite3_db_readonly(impl->db.getHandle(), "main") == 1) {
      return fail(Errc::permission, "store " + file + ": no right to write");
    }
    configure(impl->db, patience);
    if (const Status migrated = migrate(impl->db); !migrated) {
      return fail(migrated.error().kind, "store " + file + ": " + migrated.error().context);
    }
    impl->seen_version = impl->db.execAndGet("PRAGMA data_version").getInt64();
    // Only the locks of the database and of its index belong to descriptors; one more of the log does no
    // harm.
    const char* log = sqlite3_filename_wal(sqlite3_db_filename(impl->db.getHandle(), "main"));
    impl->wal = UniqueFd(::open(log, O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (!impl->wal) return fail_errno(errno, log);
    return std::make_unique<Store>(std::move(impl));
  } catch (const SQLite::Exception& exception) {
    return tl::unexpected<Error>(sqlite_error(exception, "store " + file));
  }
}

Status Store::sync() {
  return impl_->sync_log();
}

Status Store::look_for_damage(std::chrono::milliseconds patience) {
  constexpr int kInstructionsBetweenLooks = 10'000;
  auto give_up = SteadyClock::now() + patience;
  const auto is_late = [](void* when) -> int {
    return SteadyClock::now() >= *static_cast<SteadyClock::time_point*>(when) ? 1 : 0;
  };
  return impl_->read("looking for damage", [&]() -> Status {
    sqlite3* handle = impl_->db.getHandle();
    sqlite3_progress_handler(handle, kInstructionsBetweenLooks, is_late, &give_up);
    Status result;
    try {
      const std::string found = impl_->db.execAndGet("PRAGMA quick_check(1)").getString();
      if (found != "ok") result = fail(Errc::corrupt, found);
    } catch (const SQLite::Exception& exception) {
      if (exception.getErrorCode() != SQLITE_INTERRUPT)
        result = tl::unexpected<Error>(sqlite_error(exception, "looking for damage"));
    }
    sqlite3_progress_handler(handle, 0, nullptr, nullptr);
    return result;
  });
}

Result<bool> Store::changed_elsewhere() {
  return impl_->read("looking for changes", [&]() -> Result<bool> {
    const Stmt statement = impl_->prepared("PRAGMA data_version");
    statement->executeStep();
    const std::int64_t version = number_at(*statement, 0);
    return std::exchange(impl_->seen_version, version) != version;
  });
}

}  // namespace ferry::store
