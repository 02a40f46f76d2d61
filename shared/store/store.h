// The store: accounts, quota, running and broken-off uploads, digests. What must be agreed between processes
// is agreed here. Used by ferryd's workers (one Store per process, opened after the fork), its settler and
// ftpadm. Thread-safe: one lock around one connection; each call is one transaction and blocks on the disk,
// and up to its patience on another writer (then Errc::busy, and nothing has happened). Damage is
// Errc::corrupt. Paths are canonical FTP paths of the account (`/a/b`), raw bytes.
//
// Quota: used + pending never exceeds the limit, not by one byte. An upload that runs is an *active* row of
// the breakpoint table, owned by the worker that runs it; it may write only bytes that were granted to it. A
// partial that waits for its resume is the same row, inactive, its bytes counted as used. The size of a
// complete file that an upload will replace is credited while it runs, so a full account may still overwrite
// a file by one that is no larger. Everything that changes disk and store together leaves a row first, so
// that a process that dies in between can be settled: uploads_owned_by and intents_owned_by name the rows of
// a dead owner, and the ordinary finishers settle them. What a caller saw on the disk before begin_* or
// claim_* (a replaced or removed file's size, an inode) may be old when the path becomes its own: it looks
// again after the call, and if that differs it takes the row back (drop_upload, park_upload,
// finish_intent(false)) and starts over.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"
#include "shared/store/account.h"

namespace ferry::store {

using OwnerId = std::int64_t;   // one incarnation of a worker; random, never 0
using UploadId = std::int64_t;  // grows with time: a smaller one started earlier
using IntentId = std::int64_t;
using AuditId = std::int64_t;

// One row of the breakpoint table: an upload that runs, or a partial that waits.
struct Partial {
  UploadId id = 0;
  AccountId account = 0;
  std::string path;               // where the file will be
  std::string token;              // name of the partial in the home's reserved directory
  std::uint64_t inode = 0;        // of the partial file
  std::optional<Bytes> expected;  // announced size
  Bytes received = 0;             // inactive: bytes on disk
  Bytes granted = 0;              // active: bytes it may hold
  Bytes credit = 0;               // active: size of the complete file it will replace
  bool replaces = false;          // active: there is a complete file under this path
  bool hit_quota = false;         // broke off because the account was full
  std::optional<OwnerId> owner;   // active
  std::string sha256;             // inactive: of the received bytes, "" unknown
  WallTime started{}, updated{};
};

struct UploadStart {
  AccountId account = 0;
  std::string path;
  std::string token;
  std::uint64_t inode = 0;
  std::optional<Bytes> replaced_size;  // a complete file is there now
  std::optional<Bytes> expected;
  OwnerId owner = 0;
  Bytes wanted =
      0;  // granted at once as far as the quota has room, as by grow(): a small file needs no second call
};

// Which rows of an ordered answer.
struct PartialPage {
  std::string after = {};  // those behind this path; "": from the first
  std::int64_t most = INT64_MAX;
};

struct FileDigest {
  Bytes size = 0;
  std::int64_t mtime_ns = 0;
  std::uint64_t inode = 0;
  std::string sha256;  // lower-case hex
};
bool is_sha256(std::string_view text);  // as FileDigest has it

struct Commit {
  Bytes size = 0;
  FileDigest digest;  // sha256 may be ""
};

// A removal or a rename between "about to" and "done".
struct Intent {
  IntentId id = 0;
  AccountId account = 0;
  OwnerId owner = 0;
  enum class Kind { removal, rename } kind = Kind::removal;
  bool is_damaged = false;  // no kind there is; finish_intent(false) removes it
  std::string path;         // removal: the file; rename: from
  std::string to;           // rename: to
  std::uint64_t inode = 0;  // of `path` before
  std::optional<Bytes>
      size;  // removal: bytes given back; rename: bytes of the complete file that is replaced (nullopt: none)
  std::optional<Bytes> moved;  // rename: bytes of the file at `path` (nullopt: a folder)
};

// One row of the digest table.
struct KnownDigest {
  std::string path;
  FileDigest digest;
};

class Store {
 public:
  // Opens or creates the database file (mode 0600) and brings its schema up to date. Errc::not_found when its
  // folder is missing, Errc::permission, Errc::corrupt (damaged, or made by a newer Ferry).
  static Result<std::unique_ptr<Store>> open(const std::string& file,
                                             std::chrono::milliseconds patience = std::chrono::seconds(10));
  ~Store();
  // Looks for damage in all pages and rows, accounts and uploads first, for as long as that takes but no
  // longer than `patience`. Errc::corrupt names what was found.
  Status look_for_damage(std::chrono::milliseconds patience);

  // --- accounts ---
  Result<Account> create_account(const NewAccount& account);  // Errc::exists, Errc::name_refused
  // As create_account, for somebody who makes an account for himself. `make_home` is called inside the
  // transaction, when the name is this account's; it must not call the store. Its error is returned, and
  // nothing has happened. Errc::busy: too many from this origin within the last hour.
  struct Registration {
    std::string origin;  // what is counted together: an address or network
    int most_per_hour = 0;
    WallTime now{};
  };
  Result<Account> register_account(const NewAccount& account, const Registration& registration,
                                   const std::function<Status()>& make_home);
  Result<int> registrations_from(std::string_view origin, WallTime now);  // within the hour before `now`
  Result<Account> find_account(std::string_view name);                    // Errc::not_found
  Result<Account> find_account(AccountId id);
  Result<std::vector<Account>> list_accounts();  // by name
  Result<Account> change_account(std::string_view name, const AccountChange& change);
  Status remove_account(
      std::string_view name);  // with its partials' rows and digests; files are the caller's business
  Status note_login(AccountId id, std::string_view address, WallTime when);
  // Did any other process change the store since the last call? Cheap; lets a session look its account up
  // again only then.
  Result<bool> changed_elsewhere();

  // --- uploads ---
  // New active row. Errc::busy: somebody writes, removes or renames this path (or a folder above it) now;
  // Errc::exists: a partial waits here (claim it or drop it); Errc::over_quota: no room for another file.
  Result<Partial> begin_upload(const UploadStart& start);
  // Makes a waiting partial active for `owner`; its bytes move from used to pending, and stay reserved there
  // whatever is replaced, so that a resume that fails can always be parked again with what it had.
  // Errc::not_found, Errc::busy.
  Result<Partial> claim_partial(AccountId account, std::string_view path, std::optional<Bytes> replaced_size,
                                OwnerId owner);
  // Asks for `want` more bytes; returns the new total granted, which is between `granted` and `granted +
  // want`: less when the quota ends there. No growth at all means full.
  Result<Bytes> grow(UploadId id, Bytes want);
  // The file has been cut to `stays` bytes: gives back down to `granted`, which may be more.
  Status shrink(UploadId id, Bytes granted, Bytes stays);
  // Is a running upload of the same account younger than this one? (The youngest yields when the quota is
  // full.)
  Result<bool> is_youngest(UploadId id);
  // Claims one partial of the account that broke off at the quota, so that the caller can remove its file and
  // drop() it. nullopt: none.
  Result<std::optional<Partial>> claim_reclaimable(AccountId account, OwnerId owner);
  // The partial has been renamed over its path: settles quota, removes the row, keeps the digest. One
  // transaction; durable: synced to disk before it returns.
  Status commit_upload(UploadId id, const Commit& commit, bool durable);
  Status sync();  // all that was settled so far, as if it had been asked to be durable
  // The upload broke off with `size` bytes on disk: the row becomes inactive. If not all of them fit the
  // quota without the credit, `cut` is called inside the transaction with the size that does, and must cut
  // the file; if nothing is left the row goes and `cut(0)` must remove it. `cut` must not call the store. Its
  // error is returned, and the row stays active.
  Status park_upload(UploadId id, Bytes size, const std::string& sha256, bool hit_quota,
                     const std::function<Status(Bytes)>& cut);
  Status drop_upload(UploadId id);  // active row whose partial file is gone: gives everything back
  Result<std::optional<Partial>> partial_at(AccountId account, std::string_view path);
  // By path; an account may have very many, so not all at once where a client asks.
  Result<std::vector<Partial>> partials_in(AccountId account, std::string_view directory,
                                           const PartialPage& page = {});  // directly in it
  Result<std::vector<Partial>> partials_of(AccountId account, const PartialPage& page = {});
  Result<Bytes> largest_partial(AccountId account);  // of those that wait; 0: none
  // The digest of all bytes of a waiting partial has been found out. Nothing happens if it is another one by
  // now.
  Status keep_partial_digest(const Partial& partial, std::string_view sha256);
  Result<std::vector<Partial>> partials_untouched_since(WallTime when);  // inactive and older, for expiry

  // --- removals and renames ---
  // `size`: of a complete regular file (nullopt: a link, a folder: nothing to count). Errc::busy as
  // begin_upload; Errc::not_empty: a partial waits below this folder. A partial that waits at `path` itself
  // stays, and keeps the path a file.
  Result<IntentId> begin_removal(AccountId account, std::string_view path, std::uint64_t inode,
                                 std::optional<Bytes> size, OwnerId owner);
  // Rename of a file or a folder on disk; partials at and below it move along. Errc::busy when an upload runs
  // at or below either path; Errc::exists when a partial waits below `to`. The row of one that waits at `to`
  // goes with finish_intent, if the rename happened; its file is the caller's business then. `moved_size`: of
  // a regular file (nullopt: a folder).
  Result<IntentId> begin_rename(AccountId account, std::string_view from, std::string_view to,
                                std::uint64_t inode, std::optional<Bytes> replaced_size, OwnerId owner,
                                std::optional<Bytes> moved_size = std::nullopt);
  // Settles quota, moves or drops digests and partials' paths, removes the row. Returns the token of a
  // partial that waited under a rename's new name and has no row any more, so that its file can be removed;
  // "" if none.
  Result<std::string> finish_intent(IntentId id, bool happened);

  // --- digests ---
  // Compare size, mtime and inode before use, and is_sha256.
  Result<std::optional<FileDigest>> digest_at(AccountId account, std::string_view path);
  Status keep_digest(AccountId account, std::string_view path, const FileDigest& digest);
  // In the order of their paths, at most `most`, from the first behind `path` on.
  Result<std::vector<KnownDigest>> digests_after(AccountId account, std::string_view path, int most);

  // --- settling after a death ---
  // Makes a running upload `to`'s if it still is `from`'s, so that nobody settles what has a new owner by
  // now. False: it is not.
  Result<bool> take_over(UploadId id, OwnerId from, OwnerId to);
  // Makes every running upload, removal and rename `owner`'s. When nobody is left whose they could be.
  Status adopt(OwnerId owner);
  Result<std::vector<Partial>> uploads_owned_by(std::optional<OwnerId> owner);  // nullopt: every active row
  Result<std::vector<Intent>> intents_owned_by(std::optional<OwnerId> owner);
  // What is really there replaces what was counted (ftpadm check --fix, a home that is given an account).
  Status set_usage(AccountId id, Bytes used_bytes, std::int64_t used_files);

  // --- auditing (audit.h) ---
  Result<AuditId> begin_audit(AccountId account, WallTime now);  // Errc::busy: another one has not ended
  // Errc::not_found: it has lapsed, and changes may not have been noted.
  Status keep_audit(AccountId account, AuditId id, WallTime now);
  Status end_audit(AccountId account, AuditId id);
  Status forget_lapsed_audits(WallTime now);
  class Held;
  // One writing transaction, undone if `body` fails. `body` must not call the store but through what it is
  // given.
  Status hold(AccountId account, const std::function<Status(Held&)>& body);

  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferry::store
