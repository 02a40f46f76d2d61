#include "server/session/services.h"

#include <algorithm>
#include <utility>

namespace ferry {

std::uint64_t Services::current_account_epoch() {
  // An error here is not lost: the command that follows meets the same store.
  if (const auto changed = store.changed_elsewhere(); !changed || *changed) account_epoch.fetch_add(1);
  return account_epoch.load();
}

bool Services::may_send_header(const net::Address& peer) const {
  return std::ranges::any_of(balancers, [&](const net::Network& network) { return network.contains(peer); });
}

void Unsettled::add(std::function<Status()> settle) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(settle));
}

Status Unsettled::now_or_later(const std::function<Status()>& settle) {
  Status settled = settle();
  if (!settled && settled.error().kind != Errc::not_found) add(settle);
  return settled;
}

bool Unsettled::is_empty() const {
  const std::lock_guard lock(mutex_);
  return waiting_.empty();
}

void Unsettled::retry() {
  std::vector<std::function<Status()>> now;
  {
    const std::lock_guard lock(mutex_);
    now.swap(waiting_);
  }
  for (auto& settle : now) {
    // A row that is gone was settled by somebody else.
    if (const Status settled = settle(); !settled && settled.error().kind != Errc::not_found)
      add(std::move(settle));
  }
}

bool TransferLimit::enter(store::AccountId account) {
  const std::lock_guard lock(mutex_);
  int& mine = by_account_[account];
  if (running_ >= in_all_ || mine >= per_account_) {
    if (mine == 0) by_account_.erase(account);
    return false;
  }
  ++running_;
  ++mine;
  return true;
}

void TransferLimit::leave(store::AccountId account) {
  const std::lock_guard lock(mutex_);
  --running_;
  if (const auto mine = by_account_.find(account); --mine->second == 0) by_account_.erase(mine);
}

}  // namespace ferry
