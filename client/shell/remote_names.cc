#include "client/shell/remote_names.h"

namespace ferry::client {

bool RemoteNames::is_idle_within(std::chrono::milliseconds span) {
  if (!under_way_.valid()) return true;
  if (under_way_.wait_for(span) != std::future_status::ready) return false;
  auto listing = under_way_.get();
  if (listing && !is_stale_) known_[folder_] = std::move(listing->entries);
  return true;
}

std::vector<ftp::Entry> RemoteNames::of(Connection& connection, const std::string& folder) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  const auto left = [&] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  };
  if (!is_idle_within(left())) return {};
  if (const auto known = known_.find(folder); known != known_.end()) return known->second;
  if (!connection.usable()) return {};
  folder_ = folder;
  is_stale_ = false;
  under_way_ =
      std::async(std::launch::async, [&connection, folder] { return list_directory(connection, folder); });
  if (!is_idle_within(left())) return {};
  const auto told = known_.find(folder);
  return told == known_.end() ? std::vector<ftp::Entry>() : told->second;
}

void RemoteNames::settle() {
  if (!under_way_.valid()) return;
  under_way_.wait();
  (void)is_idle_within({});
}

void RemoteNames::forget() {
  known_.clear();
  is_stale_ = true;
}

}  // namespace ferry::client
