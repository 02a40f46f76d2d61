// What the parts of the store share: the connection, its prepared statements, transactions, the translation
// of SQLite's errors. For shared/store/*.cc only. Nothing here locks except Impl::read and Impl::write.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "shared/base/unique_fd.h"
#include "shared/store/store.h"

namespace ferry::store {

// SQLite code -> Error, here and nowhere else. `what` names what was tried, `system_error` is the errno
// behind an I/O error.
Error sqlite_error(const SQLite::Exception& exception, std::string_view what, int system_error = 0);

// Brings the schema up to date. Errc::corrupt: not a store of Ferry, or made by a newer one. Throws
// SQLite::Exception.
Status migrate(SQLite::Database& db);

// A statement on loan from the connection's cache: reset when it goes out of scope, so that no read stays
// open.
struct ReturnStatement {
  void operator()(SQLite::Statement* statement) const noexcept;
};
using Stmt = std::unique_ptr<SQLite::Statement, ReturnStatement>;

// --- binding and reading; all foreign text (names, paths) is a blob, so that every byte survives ---
void put(SQLite::Statement& statement, int index, std::int64_t value);
void put(SQLite::Statement& statement, int index,
         std::string_view bytes);  // must outlive the statement's use
void put(SQLite::Statement& statement, int index, std::optional<std::int64_t> value);
std::string bytes_at(const SQLite::Statement& statement, int column);
std::int64_t number_at(const SQLite::Statement& statement, int column);
std::optional<std::int64_t> optional_at(const SQLite::Statement& statement, int column);
bool flag_at(const SQLite::Statement& statement, int column);
std::int64_t to_stored(WallTime time);
WallTime time_at(const SQLite::Statement& statement, int column);

// --- paths as keys ---
// Everything below a folder lies in [first, last) of the bytewise order: '0' follows '/'.
struct PathRange {
  std::string first, last;
};
PathRange range_below(std::string_view folder);
std::vector<Intent> intents_of(Store::Impl& impl, AccountId account);
bool overlap(std::string_view a, std::string_view b);  // equal, or one lies below the other

struct Store::Impl {
  SQLite::Database db;
  std::mutex mutex;
  const std::chrono::milliseconds patience;  // with other writers
  UniqueFd wal;                              // the write-ahead log, for sync_log
  std::int64_t seen_version = 0;
  std::unordered_map<const char*, std::unique_ptr<SQLite::Statement>> statements;

  Impl(const std::string& file, std::chrono::milliseconds patience);

  // The statement for this literal (prepared at its first use), bound to the values.
  template <typename... Values>
  Stmt prepared(const char* sql, const Values&... values) {
    Stmt statement = prepared_unbound(sql);
    int index = 0;
    (put(*statement, ++index, values), ...);
    return statement;
  }
  template <typename... Values>
  int exec(const char* sql, const Values&... values) {  // number of rows changed
    return prepared(sql, values...)->exec();
  }

  // Runs `body` alone on the connection.
  template <typename Body>
  auto read(std::string_view what, Body&& body) -> decltype(body()) {
    const std::lock_guard lock(mutex);
    try {
      return body();
    } catch (const SQLite::Exception& exception) {
      return tl::unexpected<Error>(sqlite_error(exception, what, system_error()));
    }
  }
  // The same as one writing transaction: committed if `body` has a value, else as if nothing had happened.
  template <typename Body>
  auto write(std::string_view what, Body&& body) -> decltype(body()) {
    return read(what, [&]() -> decltype(body()) {
      Transaction transaction(*this);
      auto result = body();
      if (result) transaction.commit();
      return result;
    });
  }

  // A new row; in a transaction of the caller's. Errc::exists.
  Result<Account> add_account(const NewAccount& account);
  // Adds to an account's counters. They never fall below 0, whatever was done to the disk behind the store's
  // back.
  void add_usage(AccountId account, Bytes used, Bytes pending, std::int64_t files);
  Result<Account> account_of(AccountId id);  // Errc::not_found
  // What is used, as it was found; pending bytes are summed up anew. Number of rows changed.
  int replace_usage(AccountId account, Bytes used_bytes, std::int64_t used_files);
  std::optional<FileDigest> known_digest(AccountId account, std::string_view path);
  // Errc::busy when a removal or rename runs at, above or below `path`.
  Status check_no_intent(AccountId account, std::string_view path);
  // What the caller's transaction does to the complete file at `path`, if an audit of the account runs.
  void note_change(AccountId account, std::string_view path, Bytes bytes, std::int64_t files,
                   bool is_folder = false);
  // The digest of a complete file; one without sha256 removes what was known.
  void replace_digest(AccountId account, std::string_view path, const FileDigest& digest);
  // Makes every transaction so far survive a power failure. Takes no lock.
  Status sync_log();

 private:
  class Transaction {
   public:
    explicit Transaction(Impl& impl);
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();
    void commit();

   private:
    Impl& impl_;
    bool is_open_ = true;
  };
  Stmt prepared_unbound(const char* sql);
  int system_error();  // the errno of the last call on the log that failed
};

}  // namespace ferry::store
