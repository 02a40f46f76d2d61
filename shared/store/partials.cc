// Looking up rows of the breakpoint table. What changes them is in uploads.cc.
#include "shared/store/partial_rows.h"

namespace ferry::store {

Partial partial_in(const SQLite::Statement& row) {
  Partial partial;
  partial.id = number_at(row, 0);
  partial.account = number_at(row, 1);
  partial.path = bytes_at(row, 2);
  partial.token = bytes_at(row, 3);
  partial.inode = static_cast<std::uint64_t>(number_at(row, 4));
  partial.expected = optional_at(row, 5);
  partial.received = number_at(row, 6);
  partial.granted = number_at(row, 7);
  partial.credit = number_at(row, 8);
  partial.replaces = flag_at(row, 9);
  partial.hit_quota = flag_at(row, 10);
  partial.owner = optional_at(row, 11);
  partial.sha256 = bytes_at(row, 12);
  partial.started = time_at(row, 13);
  partial.updated = time_at(row, 14);
  return partial;
}

std::vector<Partial> all_partials(const Stmt& statement) {
  std::vector<Partial> partials;
  while (statement->executeStep()) partials.push_back(partial_in(*statement));
  return partials;
}

Result<std::optional<Partial>> Store::partial_at(AccountId account, std::string_view path) {
  return impl_->read("finding an upload", [&]() -> Result<std::optional<Partial>> {
    const Stmt statement = impl_->prepared(
        "SELECT " PARTIAL_COLUMNS " FROM breakpoint WHERE account = ?1 AND path = ?2", account, path);
    if (!statement->executeStep()) return std::nullopt;
    return partial_in(*statement);
  });
}

Result<std::vector<Partial>> Store::partials_in(AccountId account, std::string_view directory,
                                                const PartialPage& page) {
  const PathRange below = range_below(directory);
  return impl_->read("listing uploads", [&]() -> Result<std::vector<Partial>> {
    return all_partials(
        impl_->prepared("SELECT " PARTIAL_COLUMNS
                        " FROM breakpoint WHERE account = ?1 AND path >= ?2 AND path < ?3 AND path > ?4"
                        " AND instr(substr(path, ?5), x'2f') = 0 ORDER BY path LIMIT ?6",
                        account, below.first, below.last, page.after,
                        static_cast<std::int64_t>(below.first.size() + 1), page.most));
  });
}

Result<std::vector<Partial>> Store::partials_of(AccountId account, const PartialPage& page) {
  return impl_->read("listing uploads", [&]() -> Result<std::vector<Partial>> {
    return all_partials(impl_->prepared(
        "SELECT " PARTIAL_COLUMNS " FROM breakpoint WHERE account = ?1 AND path > ?2 ORDER BY path LIMIT ?3",
        account, page.after, page.most));
  });
}

Result<Bytes> Store::largest_partial(AccountId account) {
  return impl_->read("finding an upload", [&]() -> Result<Bytes> {
    const Stmt row = impl_->prepared(
        "SELECT coalesce(max(received), 0) FROM breakpoint WHERE account = ?1 AND owner IS NULL", account);
    return row->executeStep() ? number_at(*row, 0) : 0;
  });
}

Status Store::keep_partial_digest(const Partial& partial, std::string_view sha256) {
  return impl_->write("keeping a digest", [&]() -> Status {
    impl_->exec(
        "UPDATE breakpoint SET sha256 = ?4 WHERE id = ?1 AND token = ?2 AND received = ?3 AND owner IS NULL",
        partial.id, partial.token, partial.received, sha256);
    return {};
  });
}

Result<std::vector<Partial>> Store::partials_untouched_since(WallTime when) {
  return impl_->read("listing old uploads", [&]() -> Result<std::vector<Partial>> {
    return all_partials(impl_->prepared("SELECT " PARTIAL_COLUMNS
                                        " FROM breakpoint WHERE owner IS NULL AND updated < ?1 ORDER BY id",
                                        to_stored(when)));
  });
}

Result<std::vector<Partial>> Store::uploads_owned_by(std::optional<OwnerId> owner) {
  return impl_->read("listing running uploads", [&]() -> Result<std::vector<Partial>> {
    return all_partials(
        impl_->prepared("SELECT " PARTIAL_COLUMNS
                        " FROM breakpoint WHERE owner IS NOT NULL AND (?1 IS NULL OR owner = ?1) ORDER BY id",
                        owner));
  });
}

}  // namespace ferry::store
