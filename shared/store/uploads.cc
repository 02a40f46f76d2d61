// What uploads do to their row and to their account's counters. For each account, at every moment outside a
// transaction:
//   used_bytes    = bytes of the complete files + `received` of the inactive rows
//   pending_bytes = sum of held_by() over the active rows
//   used_files    = number of paths that have a complete regular file or a row (of either kind)
//   used_bytes + pending_bytes <= quota_bytes, unless the operator lowered the quota below it
// So a path that has both a complete file and a row is one file: the row's `replaces` says that the complete
// file is there.
#include <algorithm>

#include "shared/base/check.h"
#include "shared/store/partial_rows.h"

namespace ferry::store {

namespace {

constexpr Bytes kMostBytes = Bytes{1} << 62;  // sums of two stay far from overflow

// What an active row takes of the quota: what it may hold beyond the file it replaces; but never less than
// the prefix it came with, which was used space before and must fit again if the resume fails.
Bytes held_by(Bytes received, Bytes granted, Bytes credit) {
  return std::max(received, granted - credit);
}

// An active row with the counters of its account.
struct Running {
  AccountId account = 0;
  std::string path;
  Bytes received = 0, granted = 0, credit = 0;
  bool replaces = false;
  std::optional<Bytes> quota;
  Bytes used = 0, pending = 0;

  Bytes held() const { return held_by(received, granted, credit); }
  Bytes room() const { return quota ? std::max<Bytes>(0, *quota - used - pending) : kMostBytes; }
};

Result<Running> find_running(Store::Impl& impl, UploadId id) {
  const Stmt row = impl.prepared(
      "SELECT account, path, received, granted, credit, replaces, quota_bytes, used_bytes, pending_bytes"
      " FROM breakpoint JOIN account ON account.id = breakpoint.account"
      " WHERE breakpoint.id = ?1 AND owner IS NOT NULL",
      id);
  if (!row->executeStep()) return fail(Errc::not_found, "no such running upload");
  Running running;
  running.account = number_at(*row, 0);
  running.path = bytes_at(*row, 1);
  running.received = number_at(*row, 2);
  running.granted = number_at(*row, 3);
  running.credit = number_at(*row, 4);
  running.replaces = flag_at(*row, 5);
  running.quota = optional_at(*row, 6);
  running.used = number_at(*row, 7);
  running.pending = number_at(*row, 8);
  return running;
}

Status take_file_slot(Store::Impl& impl, AccountId account) {
  const int taken = impl.exec(
      "UPDATE account SET used_files = used_files + 1"
      " WHERE id = ?1 AND (quota_files IS NULL OR used_files < quota_files)",
      account);
  if (taken != 0) return {};
  const Stmt found = impl.prepared("SELECT 1 FROM account WHERE id = ?1", account);
  if (!found->executeStep()) return fail(Errc::not_found, "no such account");
  return fail(Errc::over_quota, "the account may hold no more files");
}

// Why a new row could not be added.
Status path_taken(Store::Impl& impl, AccountId account, std::string_view path) {
  const Stmt row = impl.prepared("SELECT owner IS NOT NULL FROM breakpoint WHERE account = ?1 AND path = ?2",
                                 account, path);
  if (row->executeStep() && flag_at(*row, 0)) return fail(Errc::busy, "another upload writes this file now");
  return fail(Errc::exists, "an unfinished upload waits here");
}

// Puts a waiting row into `owner`'s hands. Its path stays one file, so used_files stays.
Partial activate(Store::Impl& impl, Partial partial, std::optional<Bytes> replaced_size, OwnerId owner) {
  partial.granted = partial.received;
  partial.credit = replaced_size.value_or(0);
  partial.owner = owner;
  partial.updated = wall_now();
  impl.exec(
      "UPDATE breakpoint SET granted = ?2, credit = ?3, replaces = ?4, owner = ?5, updated = ?6 WHERE id = "
      "?1",
      partial.id, partial.granted, partial.credit, std::int64_t{partial.replaces}, owner,
      to_stored(partial.updated));
  impl.add_usage(partial.account, -partial.received,
                 held_by(partial.received, partial.granted, partial.credit), 0);
  return partial;
}

// Adds up to `want` to what the row may hold, as far as the quota has room; returns the new total.
Bytes grant(Store::Impl& impl, UploadId id, const Running& running, Bytes want) {
  const Bytes wished = std::min(running.granted + std::min(want, kMostBytes), kMostBytes);
  const Bytes most = std::min(running.credit + running.held() + running.room(), kMostBytes);
  const Bytes granted = std::max(running.granted, std::min(wished, most));
  if (granted == running.granted) return granted;
  impl.exec("UPDATE breakpoint SET granted = ?2 WHERE id = ?1", id, granted);
  const Bytes more = held_by(running.received, granted, running.credit) - running.held();
  if (more != 0) impl.add_usage(running.account, 0, more, 0);
  return granted;
}

void remove_row(Store::Impl& impl, UploadId id) {
  impl.exec("DELETE FROM breakpoint WHERE id = ?1", id);
}

}  // namespace

Result<Partial> Store::begin_upload(const UploadStart& start) {
  CHECK(start.owner != 0);
  return impl_->write("starting an upload", [&]() -> Result<Partial> {
    if (const Status free = impl_->check_no_intent(start.account, start.path); !free) {
      return tl::unexpected<Error>(free.error());
    }
    // Ids come from the clock and not from AUTOINCREMENT, which would write one more page per upload; they
    // still grow.
    const Stmt added = impl_->prepared(
        "INSERT INTO breakpoint (id, account, path, token, inode, expected, credit, replaces, owner, started,"
        " updated) VALUES (max(?9, (SELECT coalesce(max(id), 0) + 1 FROM breakpoint)), ?1, ?2, ?3, ?4, ?5, "
        "?6, ?7,"
        " ?8, ?9, ?9) ON CONFLICT (account, path) DO NOTHING RETURNING " PARTIAL_COLUMNS,
        start.account, start.path, start.token, static_cast<std::int64_t>(start.inode), start.expected,
        start.replaced_size.value_or(0), std::int64_t{start.replaced_size.has_value()}, start.owner,
        to_stored(wall_now()));
    if (!added->executeStep()) {
      return tl::unexpected<Error>(path_taken(*impl_, start.account, start.path).error());
    }
    Partial partial = partial_in(*added);
    added->executeStep();  // runs the statement to its end: the row is checked against its account there
    if (!partial.replaces) {
      if (const Status slot = take_file_slot(*impl_, start.account); !slot) {
        return tl::unexpected<Error>(slot.error());
      }
    }
    if (start.wanted > 0) {
      const Result<Running> running = find_running(*impl_, partial.id);
      if (!running) return tl::unexpected<Error>(running.error());
      partial.granted = grant(*impl_, partial.id, *running, start.wanted);
    }
    return partial;
  });
}

Result<Partial> Store::claim_partial(AccountId account, std::string_view path,
                                     std::optional<Bytes> replaced_size, OwnerId owner) {
  CHECK(owner != 0);
  return impl_->write("resuming an upload", [&]() -> Result<Partial> {
    if (const Status free = impl_->check_no_intent(account, path); !free) {
      return tl::unexpected<Error>(free.error());
    }
    const Stmt row = impl_->prepared(
        "SELECT " PARTIAL_COLUMNS " FROM breakpoint WHERE account = ?1 AND path = ?2", account, path);
    if (!row->executeStep()) return fail(Errc::not_found, "no unfinished upload waits here");
    Partial partial = partial_in(*row);
    if (partial.owner) return fail(Errc::busy, "another upload writes this file now");
    partial.replaces = replaced_size.has_value();
    return activate(*impl_, std::move(partial), replaced_size, owner);
  });
}

Result<Bytes> Store::grow(UploadId id, Bytes want) {
  CHECK(want >= 0);
  return impl_->write("reserving space", [&]() -> Result<Bytes> {
    const Result<Running> running = find_running(*impl_, id);
    if (!running) return tl::unexpected<Error>(running.error());
    return grant(*impl_, id, *running, want);
  });
}

Status Store::shrink(UploadId id, Bytes granted, Bytes stays) {
  CHECK(0 <= stays && stays <= granted);
  return impl_->write("giving space back", [&]() -> Status {
    const Result<Running> running = find_running(*impl_, id);
    if (!running) return tl::unexpected<Error>(running.error());
    const Bytes now_granted = std::min(running->granted, granted);
    const Bytes received = std::min(running->received, stays);
    if (now_granted == running->granted && received == running->received) return {};
    impl_->exec(
        "UPDATE breakpoint SET granted = ?2, received = ?3, sha256 = iif(received = ?3, sha256, x'')"
        " WHERE id = ?1",
        id, now_granted, received);
    impl_->add_usage(running->account, 0, held_by(received, now_granted, running->credit) - running->held(),
                     0);
    return {};
  });
}

Result<bool> Store::is_youngest(UploadId id) {
  return impl_->read("comparing uploads", [&]() -> Result<bool> {
    const Result<Running> running = find_running(*impl_, id);
    if (!running) return tl::unexpected<Error>(running.error());
    const Stmt younger = impl_->prepared(
        "SELECT 1 FROM breakpoint WHERE id > ?1 AND account = ?2 AND owner IS NOT NULL LIMIT 1", id,
        running->account);
    return !younger->executeStep();
  });
}

Result<std::optional<Partial>> Store::claim_reclaimable(AccountId account, OwnerId owner) {
  CHECK(owner != 0);
  return impl_->write("reclaiming space", [&]() -> Result<std::optional<Partial>> {
    const std::vector<Partial> candidates = all_partials(impl_->prepared(
        "SELECT " PARTIAL_COLUMNS
        " FROM breakpoint WHERE account = ?1 AND owner IS NULL AND hit_quota ORDER BY updated, id",
        account));
    for (const Partial& partial : candidates) {
      if (!impl_->check_no_intent(account, partial.path)) continue;
      // No credit: it is claimed to be dropped, not to replace anything.
      return activate(*impl_, partial, std::nullopt, owner);
    }
    return std::nullopt;
  });
}

// The file is there under its name when this is called, so its true size counts, even beyond what was
// granted.
Status Store::commit_upload(UploadId id, const Commit& commit, bool durable) {
  const Status settled = impl_->write("completing an upload", [&]() -> Status {
    const Result<Running> running = find_running(*impl_, id);
    if (!running) return tl::unexpected<Error>(running.error());
    remove_row(*impl_, id);
    impl_->add_usage(running->account, commit.size - running->credit, -running->held(), 0);
    impl_->note_change(running->account, running->path, commit.size - running->credit,
                       running->replaces ? 0 : 1);
    impl_->replace_digest(running->account, running->path, commit.digest);
    return {};
  });
  if (!settled || !durable) return settled;
  return impl_->sync_log();
}

Status Store::park_upload(UploadId id, Bytes size, const std::string& sha256, bool hit_quota,
                          const std::function<Status(Bytes)>& cut) {
  CHECK(size >= 0);
  return impl_->write("keeping an unfinished upload", [&]() -> Status {
    const Result<Running> running = find_running(*impl_, id);
    if (!running) return tl::unexpected<Error>(running.error());
    const Bytes fitting =
        running->quota ? *running->quota - running->used - (running->pending - running->held()) : kMostBytes;
    const Bytes kept = std::min(size, std::max(fitting, running->received));
    if (kept < size || kept == 0) {
      if (const Status done = cut(kept); !done) return done;
    }
    if (kept == 0) {
      remove_row(*impl_, id);
      impl_->add_usage(running->account, 0, -running->held(), running->replaces ? 0 : -1);
      return {};
    }
    impl_->exec(
        "UPDATE breakpoint SET received = ?2, granted = 0, credit = 0, owner = NULL, hit_quota = ?3,"
        " sha256 = ?4, updated = ?5 WHERE id = ?1",
        id, kept, std::int64_t{hit_quota || kept < size}, kept < size ? std::string_view() : sha256,
        to_stored(wall_now()));
    impl_->add_usage(running->account, kept, -running->held(), 0);
    return {};
  });
}

Status Store::drop_upload(UploadId id) {
  return impl_->write("dropping an upload", [&]() -> Status {
    const Result<Running> running = find_running(*impl_, id);
    if (!running) return tl::unexpected<Error>(running.error());
    remove_row(*impl_, id);
    impl_->add_usage(running->account, 0, -running->held(), running->replaces ? 0 : -1);
    return {};
  });
}

}  // namespace ferry::store
