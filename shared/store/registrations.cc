// Accounts people make for themselves, no more of them than a limit from one place in one hour.
#include "shared/store/store_internal.h"

namespace ferry::store {

namespace {

constexpr std::chrono::hours kCounted{1};

std::int64_t recent(Store::Impl& impl, std::string_view origin, WallTime now) {
  const Stmt counted = impl.prepared("SELECT count(*) FROM registration WHERE origin = ?1 AND at > ?2",
                                     origin, to_stored(now - kCounted));
  return counted->executeStep() ? number_at(*counted, 0) : 0;
}

}  // namespace

Result<int> Store::registrations_from(std::string_view origin, WallTime now) {
  return impl_->read("counting registrations",
                     [&]() -> Result<int> { return static_cast<int>(recent(*impl_, origin, now)); });
}

// One transaction, so that neither the limit nor the name can be passed by two at once.
Result<Account> Store::register_account(const NewAccount& account, const Registration& registration,
                                        const std::function<Status()>& make_home) {
  if (const Status checked = check_account_name(account.name); !checked)
    return tl::unexpected<Error>(checked.error());
  return impl_->write("registering an account", [&]() -> Result<Account> {
    if (recent(*impl_, registration.origin, registration.now) >= registration.most_per_hour)
      return fail(Errc::busy, "too many accounts were registered from this address, try again in an hour");
    const Stmt owner = impl_->prepared("SELECT 1 FROM account WHERE home = ?1", account.home);
    if (owner->executeStep()) return fail(Errc::exists, "this home is another account's");
    auto added = impl_->add_account(account);
    if (!added) return added;
    impl_->exec("DELETE FROM registration WHERE at <= ?1", to_stored(registration.now - kCounted));
    impl_->exec("INSERT INTO registration (origin, at) VALUES (?1, ?2)", registration.origin,
                to_stored(registration.now));
    if (const Status made = make_home(); !made) return tl::unexpected<Error>(made.error());
    return added;
  });
}

}  // namespace ferry::store
