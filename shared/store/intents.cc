// Removals and renames: a row before the disk is touched, settled and removed after. While it is there its
// paths belong to it.
#include "shared/store/partial_rows.h"

namespace ferry::store {

namespace {

Intent intent_in(const SQLite::Statement& row) {
  Intent intent;
  intent.id = number_at(row, 0);
  intent.account = number_at(row, 1);
  intent.owner = number_at(row, 2);
  const std::int64_t kind = number_at(row, 3);
  intent.is_damaged = kind < 0 || kind > static_cast<std::int64_t>(Intent::Kind::rename);
  if (!intent.is_damaged) intent.kind = static_cast<Intent::Kind>(kind);
  intent.path = bytes_at(row, 4);
  intent.to = bytes_at(row, 5);
  intent.inode = static_cast<std::uint64_t>(number_at(row, 6));
  intent.size = optional_at(row, 7);
  intent.moved = optional_at(row, 8);
  return intent;
}

#define INTENT_COLUMNS "id, account, owner, kind, path, to_path, inode, size, moved"

// Errc::busy when an upload runs at or below `path`.
Status check_no_upload(Store::Impl& impl, AccountId account, std::string_view path) {
  const PathRange below = range_below(path);
  const Stmt running = impl.prepared(
      "SELECT 1 FROM breakpoint WHERE account = ?1 AND owner IS NOT NULL"
      " AND (path = ?2 OR (path >= ?3 AND path < ?4)) LIMIT 1",
      account, path, below.first, below.last);
  if (running->executeStep()) return fail(Errc::busy, "an upload writes here now");
  return {};
}

Status check_free(Store::Impl& impl, AccountId account, std::string_view path) {
  if (Status free = impl.check_no_intent(account, path); !free) return free;
  return check_no_upload(impl, account, path);
}

bool partial_waits_below(Store::Impl& impl, AccountId account, std::string_view folder) {
  const PathRange below = range_below(folder);
  const Stmt row =
      impl.prepared("SELECT 1 FROM breakpoint WHERE account = ?1 AND path >= ?2 AND path < ?3 LIMIT 1",
                    account, below.first, below.last);
  return row->executeStep();
}

IntentId add_intent(Store::Impl& impl, const Intent& intent) {
  const Stmt added = impl.prepared(
      "INSERT INTO intent (id, account, owner, kind, path, to_path, inode, size, moved) VALUES"
      " (max(?9, (SELECT coalesce(max(id), 0) + 1 FROM intent)), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING "
      "id",
      intent.account, intent.owner, static_cast<std::int64_t>(intent.kind), intent.path, intent.to,
      static_cast<std::int64_t>(intent.inode), intent.size, intent.moved, to_stored(wall_now()));
  added->executeStep();
  const IntentId id = number_at(*added, 0);
  added->executeStep();  // to its end, where the account is checked
  return id;
}

void drop_digests(Store::Impl& impl, AccountId account, std::string_view path) {
  const PathRange below = range_below(path);
  impl.exec("DELETE FROM digest WHERE account = ?1 AND (path = ?2 OR (path >= ?3 AND path < ?4))", account,
            path, below.first, below.last);
}

// A complete file that is gone takes its file slot along, unless a partial waits under its path: the path
// stays a file.
void settle_removal(Store::Impl& impl, const Intent& intent) {
  drop_digests(impl, intent.account, intent.path);
  if (!intent.size) return;
  const int waiting = impl.exec("UPDATE breakpoint SET replaces = 0 WHERE account = ?1 AND path = ?2",
                                intent.account, intent.path);
  impl.add_usage(intent.account, -*intent.size, 0, waiting == 0 ? -1 : 0);
  impl.note_change(intent.account, intent.path, -*intent.size, -1);
}

// What came to the name is complete: nobody will go on with a partial that waits there. A path is one file,
// whether it has a complete one, a partial, or both.
// Returns the partial's token, "" if there was none.
std::string drop_replaced(Store::Impl& impl, const Intent& intent) {
  const Stmt row = impl.prepared(
      "DELETE FROM breakpoint WHERE account = ?1 AND path = ?2 AND owner IS NULL RETURNING received, token",
      intent.account, intent.to);
  const bool had_partial = row->executeStep();
  const Bytes received = had_partial ? number_at(*row, 0) : 0;
  std::string token = had_partial ? bytes_at(*row, 1) : "";
  if (had_partial) row->executeStep();
  if (intent.size || had_partial) impl.add_usage(intent.account, -intent.size.value_or(0) - received, 0, -1);
  return token;
}

// begin_rename saw to it that no partial waits below `to`, so what moves there finds its place free.
std::string settle_rename(Store::Impl& impl, const Intent& intent) {
  if (intent.path == intent.to) return "";
  drop_digests(impl, intent.account, intent.to);
  std::string token = drop_replaced(impl, intent);
  const PathRange below = range_below(intent.path);
  const auto rest_from = static_cast<std::int64_t>(intent.path.size()) + 1;
  for (const char* move : {"UPDATE breakpoint SET path = CAST(?5 || substr(path, ?6) AS BLOB)"
                           " WHERE account = ?1 AND (path = ?2 OR (path >= ?3 AND path < ?4))",
                           "UPDATE digest SET path = CAST(?5 || substr(path, ?6) AS BLOB)"
                           " WHERE account = ?1 AND (path = ?2 OR (path >= ?3 AND path < ?4))"}) {
    impl.exec(move, intent.account, intent.path, below.first, below.last, intent.to, rest_from);
  }
  if (!intent.moved) {
    impl.note_change(intent.account, intent.path, 0, 0, true);
    return token;
  }
  impl.note_change(intent.account, intent.path, -*intent.moved, -1);
  impl.note_change(intent.account, intent.to, *intent.moved - intent.size.value_or(0), intent.size ? 0 : 1);
  return token;
}

}  // namespace

std::vector<Intent> intents_of(Store::Impl& impl, AccountId account) {
  std::vector<Intent> intents;
  const Stmt row = impl.prepared("SELECT " INTENT_COLUMNS " FROM intent WHERE account = ?1", account);
  while (row->executeStep()) intents.push_back(intent_in(*row));
  return intents;
}

Status Store::Impl::check_no_intent(AccountId account, std::string_view path) {
  const Stmt row = prepared("SELECT path, to_path FROM intent WHERE account = ?1", account);
  while (row->executeStep()) {
    const std::string to = bytes_at(*row, 1);
    if (overlap(bytes_at(*row, 0), path) || (!to.empty() && overlap(to, path))) {
      return fail(Errc::busy, "this is being renamed or removed now");
    }
  }
  return {};
}

Result<IntentId> Store::begin_removal(AccountId account, std::string_view path, std::uint64_t inode,
                                      std::optional<Bytes> size, OwnerId owner) {
  return impl_->write("starting a removal", [&]() -> Result<IntentId> {
    if (const Status free = check_free(*impl_, account, path); !free)
      return tl::unexpected<Error>(free.error());
    if (partial_waits_below(*impl_, account, path)) {
      return fail(Errc::not_empty, "an unfinished upload waits in this folder");
    }
    return add_intent(*impl_, {.account = account,
                               .owner = owner,
                               .kind = Intent::Kind::removal,
                               .is_damaged = false,
                               .path = std::string(path),
                               .to = {},
                               .inode = inode,
                               .size = size,
                               .moved = {}});
  });
}

Result<IntentId> Store::begin_rename(AccountId account, std::string_view from, std::string_view to,
                                     std::uint64_t inode, std::optional<Bytes> replaced_size, OwnerId owner,
                                     std::optional<Bytes> moved_size) {
  return impl_->write("starting a rename", [&]() -> Result<IntentId> {
    for (const std::string_view path : {from, to}) {
      if (const Status free = check_free(*impl_, account, path); !free)
        return tl::unexpected<Error>(free.error());
    }
    const bool is_same = from == to;  // then nothing is replaced, and what waits there may stay
    if (!is_same && partial_waits_below(*impl_, account, to)) {
      return fail(Errc::exists, "an unfinished upload waits under the new name");
    }
    return add_intent(*impl_, {.account = account,
                               .owner = owner,
                               .kind = Intent::Kind::rename,
                               .is_damaged = false,
                               .path = std::string(from),
                               .to = std::string(to),
                               .inode = inode,
                               .size = is_same ? std::nullopt : replaced_size,
                               .moved = moved_size});
  });
}

Result<std::string> Store::finish_intent(IntentId id, bool happened) {
  return impl_->write("finishing a removal or rename", [&]() -> Result<std::string> {
    const Stmt removed = impl_->prepared("DELETE FROM intent WHERE id = ?1 RETURNING " INTENT_COLUMNS, id);
    if (!removed->executeStep()) return fail(Errc::not_found, "no such removal or rename");
    const Intent intent = intent_in(*removed);
    removed->executeStep();
    if (!happened || intent.is_damaged) return "";
    if (intent.kind == Intent::Kind::rename) return settle_rename(*impl_, intent);
    settle_removal(*impl_, intent);
    return "";
  });
}

Result<bool> Store::take_over(UploadId id, OwnerId from, OwnerId to) {
  return impl_->write("taking over an upload", [&]() -> Result<bool> {
    return impl_->exec("UPDATE breakpoint SET owner = ?3 WHERE id = ?1 AND owner = ?2", id, from, to) > 0;
  });
}

Status Store::adopt(OwnerId owner) {
  return impl_->write("taking over what others left", [&]() -> Status {
    impl_->exec("UPDATE breakpoint SET owner = ?1 WHERE owner IS NOT NULL", owner);
    impl_->exec("UPDATE intent SET owner = ?1", owner);
    return {};
  });
}

Result<std::vector<Intent>> Store::intents_owned_by(std::optional<OwnerId> owner) {
  return impl_->read("listing removals and renames", [&]() -> Result<std::vector<Intent>> {
    std::vector<Intent> intents;
    const Stmt statement = impl_->prepared(
        "SELECT " INTENT_COLUMNS " FROM intent WHERE ?1 IS NULL OR owner = ?1 ORDER BY id", owner);
    while (statement->executeStep()) intents.push_back(intent_in(*statement));
    return intents;
  });
}

}  // namespace ferry::store
