// Accounts: one row each.
#include "shared/store/store_internal.h"

namespace ferry::store {

namespace {

#define ACCOUNT_COLUMNS                                                                             \
  "id, name, home, password_hash, quota_bytes, quota_files, used_bytes, pending_bytes, used_files," \
  " is_guest, is_read_only, is_locked, created, last_login, last_login_from, certificate,"          \
  " is_registered"

Account account_in(const SQLite::Statement& row) {
  Account account;
  account.id = number_at(row, 0);
  account.name = bytes_at(row, 1);
  account.home = bytes_at(row, 2);
  account.password_hash = bytes_at(row, 3);
  account.quota_bytes = optional_at(row, 4);
  account.quota_files = optional_at(row, 5);
  account.used_bytes = number_at(row, 6);
  account.pending_bytes = number_at(row, 7);
  account.used_files = number_at(row, 8);
  account.is_guest = flag_at(row, 9);
  account.is_read_only = flag_at(row, 10);
  account.is_locked = flag_at(row, 11);
  account.created = time_at(row, 12);
  if (optional_at(row, 13)) account.last_login = time_at(row, 13);
  account.last_login_from = bytes_at(row, 14);
  account.certificate = bytes_at(row, 15);
  account.is_registered = flag_at(row, 16);
  return account;
}

Result<Account> first_account(const Stmt& statement) {
  if (!statement->executeStep()) return fail(Errc::not_found, "no such account");
  return account_in(*statement);
}

Status some_changed(int rows) {
  if (rows == 0) return fail(Errc::not_found, "no such account");
  return {};
}

std::optional<std::int64_t> flag(std::optional<bool> value) {
  if (!value) return std::nullopt;
  return *value ? 1 : 0;
}

constexpr const char* kByName = "SELECT " ACCOUNT_COLUMNS " FROM account WHERE name = ?1";

}  // namespace

Result<Account> Store::create_account(const NewAccount& account) {
  if (const Status checked = check_account_name(account.name); !checked) {
    return tl::unexpected<Error>(checked.error());
  }
  return impl_->write("creating an account", [&] { return impl_->add_account(account); });
}

Result<Account> Store::Impl::add_account(const NewAccount& account) {
  const int added = exec(
      "INSERT INTO account (name, home, password_hash, quota_bytes, quota_files, is_guest, is_read_only,"
      " is_registered, used_bytes, used_files, created)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?11, ?8, ?9, ?10)"
      " ON CONFLICT (name) DO NOTHING",
      account.name, account.home, account.password_hash, account.quota_bytes, account.quota_files,
      std::int64_t{account.is_guest}, std::int64_t{account.is_read_only}, account.used_bytes,
      account.used_files, to_stored(wall_now()), std::int64_t{account.is_registered});
  if (added == 0) return fail(Errc::exists, "there is an account of this name");
  return first_account(prepared(kByName, account.name));
}

Result<Account> Store::find_account(std::string_view name) {
  return impl_->read("finding an account", [&] { return first_account(impl_->prepared(kByName, name)); });
}

Result<Account> Store::Impl::account_of(AccountId id) {
  return first_account(prepared("SELECT " ACCOUNT_COLUMNS " FROM account WHERE id = ?1", id));
}

Result<Account> Store::find_account(AccountId id) {
  return impl_->read("finding an account", [&] { return impl_->account_of(id); });
}

Result<std::vector<Account>> Store::list_accounts() {
  return impl_->read("listing accounts", [&]() -> Result<std::vector<Account>> {
    std::vector<Account> accounts;
    const Stmt statement = impl_->prepared("SELECT " ACCOUNT_COLUMNS " FROM account ORDER BY name");
    while (statement->executeStep()) accounts.push_back(account_in(*statement));
    return accounts;
  });
}

Result<Account> Store::change_account(std::string_view name, const AccountChange& change) {
  return impl_->write("changing an account", [&]() -> Result<Account> {
    const std::string none;
    impl_->exec(
        "UPDATE account SET quota_bytes = iif(?2, ?3, quota_bytes), quota_files = iif(?4, ?5, quota_files),"
        " password_hash = iif(?6, ?7, password_hash), is_read_only = ifnull(?8, is_read_only),"
        " is_locked = ifnull(?9, is_locked), certificate = iif(?10, ?11, certificate) WHERE name = ?1",
        name, std::int64_t{change.quota_bytes.has_value()}, change.quota_bytes.value_or(std::nullopt),
        std::int64_t{change.quota_files.has_value()}, change.quota_files.value_or(std::nullopt),
        std::int64_t{change.password_hash.has_value()}, change.password_hash ? *change.password_hash : none,
        flag(change.is_read_only), flag(change.is_locked), std::int64_t{change.certificate.has_value()},
        change.certificate ? *change.certificate : none);
    return first_account(impl_->prepared(kByName, name));
  });
}

Status Store::remove_account(std::string_view name) {
  return impl_->write("removing an account",
                      [&] { return some_changed(impl_->exec("DELETE FROM account WHERE name = ?1", name)); });
}

Status Store::note_login(AccountId id, std::string_view address, WallTime when) {
  return impl_->write("noting a login", [&] {
    return some_changed(impl_->exec("UPDATE account SET last_login = ?2, last_login_from = ?3 WHERE id = ?1",
                                    id, to_stored(when), address));
  });
}

// Running uploads keep what they were granted; it is summed up anew, so that drift there ends as well.
int Store::Impl::replace_usage(AccountId account, Bytes used_bytes, std::int64_t used_files) {
  return exec(
      "UPDATE account SET used_bytes = ?2, used_files = ?3, pending_bytes ="
      " (SELECT coalesce(sum(max(received, granted - credit)), 0) FROM breakpoint"
      "  WHERE account = ?1 AND owner IS NOT NULL) WHERE id = ?1",
      account, used_bytes, used_files);
}

Status Store::set_usage(AccountId id, Bytes used_bytes, std::int64_t used_files) {
  return impl_->write("setting an account's usage",
                      [&] { return some_changed(impl_->replace_usage(id, used_bytes, used_files)); });
}

}  // namespace ferry::store
