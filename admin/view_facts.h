// What ftpadm view says about an account, whatever the form. Inside admin only.
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "admin/view.h"

namespace ferry::admin {

inline const char* state_of(const store::Account& account) {
  if (account.is_locked) return "locked";
  return account.is_read_only ? "read-only" : "ok";
}

inline std::string files_for_people(std::int64_t count) {
  return count_for_people(count) + (count == 1 ? " file" : " files");
}

// Rounded down: 100 means full. A limit of 0 is full from the start.
inline std::optional<std::int64_t> percent_used(const store::Account& account) {
  if (!account.quota_bytes) return std::nullopt;
  if (*account.quota_bytes == 0) return 100;
  return static_cast<std::int64_t>(static_cast<long double>(account.used_bytes) * 100 /
                                   static_cast<long double>(*account.quota_bytes));
}

inline std::optional<std::int64_t> count_sessions(const Sessions& sessions, const std::string& user) {
  if (!sessions) return std::nullopt;
  return std::count_if(sessions->begin(), sessions->end(),
                       [&](const RunningSession& session) { return session.user == user; });
}

}  // namespace ferry::admin
