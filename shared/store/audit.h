// What ftpadm check needs to compare an account with its home while uploads go on: the changes of complete
// files that happen while an audit runs, and the store held still for a moment. Nothing here looks at the
// disk.
//
// An audit is a row with an end in the future. While it is there, every transaction that settles a change of
// the account's complete files notes that change with its path; a walk over the home can so be corrected by
// what happened under it. It lapses by itself, so that one whose ftpadm was killed costs the server nothing
// for long.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/store/store.h"

namespace ferry::store {

inline constexpr std::chrono::seconds kAuditLasts{60};  // from begin_audit or the last keep_audit on

// What a settled upload, removal or rename did to the complete file of one path.
struct Change {
  std::int64_t number = 0;  // grows
  std::string path;
  Bytes bytes = 0;
  std::int64_t files = 0;
  bool is_folder = false;  // everything below `path` has got other paths; bytes and files are 0
};

// An account at one moment. Complete files differ from what `account` says only as `running` and `intents`
// tell: theirs may be there already, or not yet.
struct Standing {
  Account account;
  std::vector<Partial> running;  // active rows
  std::vector<Intent> intents;
  Bytes waiting_bytes = 0;              // `received` of the inactive rows
  std::int64_t paths_without_file = 0;  // rows of either kind without a complete file
  Bytes held = 0;                // what the active rows take of the quota: pending_bytes should be this
  std::int64_t last_change = 0;  // number of the newest change that was noted
};

// The store held still: valid inside the function given to Store::hold, on its thread. No upload, removal or
// rename can begin or be settled meanwhile, in any process, so it must be short.
class Store::Held {
 public:
  Held(Impl& impl, AccountId account) : impl_(impl), account_(account) {}

  Result<Standing> standing();  // Errc::not_found: no such account
  std::vector<Change> changes_after(std::int64_t number);
  std::optional<Partial> upload_at(std::string_view path);
  bool knows_token(std::string_view token);
  std::optional<FileDigest> digest_at(std::string_view path);
  // Whether a running upload, removal or rename may be changing the file at `path` right now.
  bool is_changing(std::string_view path);

  void forget_digest(std::string_view path);
  // Of a row that waits: which file holds it (what its digest was is not known then), and whether a complete
  // file shares its path.
  void correct_partial(UploadId id, std::uint64_t inode, bool replaces);
  void set_usage(Bytes used_bytes, std::int64_t used_files);  // as Store::set_usage

 private:
  Impl& impl_;
  AccountId account_;
};

}  // namespace ferry::store
