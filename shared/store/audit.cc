#include "shared/store/audit.h"

#include "shared/store/partial_rows.h"

namespace ferry::store {

namespace {

void forget_changes(Store::Impl& impl, AccountId account) {
  impl.exec("DELETE FROM change WHERE account = ?1", account);
}

// As held_by in uploads.cc, in SQL.
#define HELD "max(received, granted - credit)"

}  // namespace

void Store::Impl::note_change(AccountId account, std::string_view path, Bytes bytes, std::int64_t files,
                              bool is_folder) {
  exec(
      "INSERT INTO change (account, path, bytes, files, is_folder) SELECT ?1, ?2, ?3, ?4, ?5"
      " WHERE EXISTS (SELECT 1 FROM audit WHERE account = ?1 AND until > ?6)",
      account, path, bytes, files, std::int64_t{is_folder}, to_stored(wall_now()));
}

Result<AuditId> Store::begin_audit(AccountId account, WallTime now) {
  return impl_->write("starting an audit", [&]() -> Result<AuditId> {
    const Stmt begun = impl_->prepared(
        "INSERT INTO audit (account, id, until) VALUES (?1, ?2, ?3) ON CONFLICT (account) DO UPDATE"
        " SET id = max(excluded.id, id + 1), until = excluded.until WHERE until <= ?2 RETURNING id",
        account, to_stored(now), to_stored(now + kAuditLasts));
    if (!begun->executeStep()) return fail(Errc::busy, "another ftpadm checks this account now");
    const AuditId id = number_at(*begun, 0);
    begun->executeStep();  // to its end, where the account is checked
    forget_changes(*impl_, account);
    return id;
  });
}

Status Store::keep_audit(AccountId account, AuditId id, WallTime now) {
  return impl_->write("going on with an audit", [&]() -> Status {
    const int kept = impl_->exec("UPDATE audit SET until = ?3 WHERE account = ?1 AND id = ?2 AND until > ?4",
                                 account, id, to_stored(now + kAuditLasts), to_stored(now));
    if (kept == 0) return fail(Errc::not_found, "the check took too long between two looks at the store");
    return {};
  });
}

Status Store::end_audit(AccountId account, AuditId id) {
  return impl_->write("ending an audit", [&]() -> Status {
    if (impl_->exec("DELETE FROM audit WHERE account = ?1 AND id = ?2", account, id) != 0)
      forget_changes(*impl_, account);
    return {};
  });
}

Status Store::forget_lapsed_audits(WallTime now) {
  return impl_->write("forgetting audits", [&]() -> Status {
    if (impl_->exec("DELETE FROM audit WHERE until <= ?1", to_stored(now)) != 0)
      impl_->exec("DELETE FROM change WHERE account NOT IN (SELECT account FROM audit)");
    return {};
  });
}

Status Store::hold(AccountId account, const std::function<Status(Held&)>& body) {
  return impl_->write("looking at an account", [&] {
    Held held(*impl_, account);
    return body(held);
  });
}

Result<Standing> Store::Held::standing() {
  Standing standing;
  auto account = impl_.account_of(account_);
  if (!account) return tl::unexpected<Error>(account.error());
  standing.account = std::move(*account);
  standing.running = all_partials(impl_.prepared(
      "SELECT " PARTIAL_COLUMNS " FROM breakpoint WHERE account = ?1 AND owner IS NOT NULL", account_));
  standing.intents = intents_of(impl_, account_);
  const Stmt sums = impl_.prepared(
      "SELECT coalesce(sum(iif(owner IS NULL, received, 0)), 0), coalesce(sum(NOT replaces), 0),"
      " coalesce(sum(iif(owner IS NULL, 0, " HELD ")), 0) FROM breakpoint WHERE account = ?1",
      account_);
  sums->executeStep();
  standing.waiting_bytes = number_at(*sums, 0);
  standing.paths_without_file = number_at(*sums, 1);
  standing.held = number_at(*sums, 2);
  const Stmt last =
      impl_.prepared("SELECT coalesce(max(number), 0) FROM change WHERE account = ?1", account_);
  last->executeStep();
  standing.last_change = number_at(*last, 0);
  return standing;
}

std::vector<Change> Store::Held::changes_after(std::int64_t number) {
  std::vector<Change> changes;
  const Stmt row = impl_.prepared(
      "SELECT number, path, bytes, files, is_folder FROM change WHERE account = ?1 AND number > ?2 ORDER BY "
      "number",
      account_, number);
  while (row->executeStep()) {
    changes.push_back(
        {number_at(*row, 0), bytes_at(*row, 1), number_at(*row, 2), number_at(*row, 3), flag_at(*row, 4)});
  }
  return changes;
}

std::optional<Partial> Store::Held::upload_at(std::string_view path) {
  const Stmt row = impl_.prepared(
      "SELECT " PARTIAL_COLUMNS " FROM breakpoint WHERE account = ?1 AND path = ?2", account_, path);
  if (!row->executeStep()) return std::nullopt;
  return partial_in(*row);
}

bool Store::Held::knows_token(std::string_view token) {
  const Stmt row =
      impl_.prepared("SELECT 1 FROM breakpoint WHERE account = ?1 AND token = ?2 LIMIT 1", account_, token);
  return row->executeStep();
}

std::optional<FileDigest> Store::Held::digest_at(std::string_view path) {
  return impl_.known_digest(account_, path);
}

bool Store::Held::is_changing(std::string_view path) {
  if (!impl_.check_no_intent(account_, path)) return true;
  const Stmt row = impl_.prepared(
      "SELECT 1 FROM breakpoint WHERE account = ?1 AND path = ?2 AND owner IS NOT NULL", account_, path);
  return row->executeStep();
}

void Store::Held::forget_digest(std::string_view path) {
  impl_.exec("DELETE FROM digest WHERE account = ?1 AND path = ?2", account_, path);
}

void Store::Held::correct_partial(UploadId id, std::uint64_t inode, bool replaces) {
  impl_.exec(
      "UPDATE breakpoint SET replaces = ?3, sha256 = iif(inode = ?2, sha256, x''), inode = ?2"
      " WHERE id = ?1 AND owner IS NULL",
      id, static_cast<std::int64_t>(inode), std::int64_t{replaces});
}

void Store::Held::set_usage(Bytes used_bytes, std::int64_t used_files) {
  impl_.replace_usage(account_, used_bytes, used_files);
}

}  // namespace ferry::store
