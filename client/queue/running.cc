#include "client/queue/running.h"

#include <algorithm>

namespace ferry::client {
namespace {

std::string destination_of(const QueueItem& item) {
  if (item.direction == Direction::down) return "down " + item.local;
  return "up " + site_key(item) + " " + (item.from_login ? "~/" : "") + item.remote;
}

}  // namespace

void Running::Entry::leave() {
  if (running_ == nullptr) return;
  const std::lock_guard lock(running_->mutex_);
  running_->work_.erase(id_);
  running_ = nullptr;
}

bool Running::is_free(QueueId id, const std::string& destination) const {
  return std::ranges::none_of(
      work_, [&](const auto& entry) { return entry.first == id || entry.second.destination == destination; });
}

bool Running::is_free(const QueueItem& item) const {
  const std::lock_guard lock(mutex_);
  return work_.empty() || is_free(item.id, destination_of(item));
}

std::optional<Running::Entry> Running::enter(const QueueItem& item, Cancel& cancel, bool moves) {
  std::string destination = destination_of(item);
  const std::lock_guard lock(mutex_);
  if (is_stopped_ || !is_free(item.id, destination)) return std::nullopt;
  cancel.clear();
  work_[item.id] = {&cancel, std::move(destination), moves};
  return Entry(*this, item.id);
}

std::vector<QueueId> Running::moving() const {
  const std::lock_guard lock(mutex_);
  std::vector<QueueId> ids;
  for (const auto& [id, work] : work_) {
    if (work.moves) ids.push_back(id);
  }
  return ids;
}

void Running::stop(QueueId id) {
  const std::lock_guard lock(mutex_);
  if (const auto found = work_.find(id); found != work_.end() && found->second.moves)
    found->second.cancel->request();
}

void Running::stop_all() {
  const std::lock_guard lock(mutex_);
  is_stopped_ = true;
  for (const auto& [id, work] : work_) work.cancel->request();
}

}  // namespace ferry::client
