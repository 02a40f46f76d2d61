// How ftpadm view shows what it found: for people, for programs (tabs, exact numbers), as JSON. Pure text,
// but for knowing the terminal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "admin/control_client.h"
#include "shared/store/store.h"

namespace ferry::admin {

// nullopt: ferryd does not run, or does not say.
using Sessions = std::optional<std::vector<RunningSession>>;

// Aligned columns under a header.
std::string accounts_table(const std::vector<store::Account>& accounts, const Sessions& sessions);
// One line each, tab-separated: name, state, used, quota, percent, files, sessions, last login. "-": none,
// never, unknown.
std::string accounts_lines(const std::vector<store::Account>& accounts, const Sessions& sessions);
std::string accounts_json(const std::vector<store::Account>& accounts, const Sessions& sessions);

struct AccountView {
  store::Account account;
  std::vector<store::Partial> unfinished;
  Sessions sessions;  // of this account
};
std::string account_text(const AccountView& view);
std::string account_lines(const AccountView& view);  // key, tab, value
std::string account_json(const AccountView& view);

}  // namespace ferry::admin
