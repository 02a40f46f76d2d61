// ftpadm view as text, for people and for programs.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "admin/view.h"
#include "admin/view_facts.h"
#include "shared/base/clock.h"
#include "shared/base/terminal_text.h"

namespace ferry::admin {

namespace {

using store::Account;

struct Column {
  const char* title;
  bool is_number;
};
constexpr std::array kColumns = {Column{"NAME", false},    Column{"STATE", false},     Column{"USED", true},
                                 Column{"QUOTA", true},    Column{"%", true},          Column{"FILES", true},
                                 Column{"SESSIONS", true}, Column{"LAST LOGIN", false}};
using Row = std::array<std::string, kColumns.size()>;

constexpr const char* kNothing = "-";

std::string percent_text(const Account& account) {
  const auto percent = percent_used(account);
  return percent ? std::to_string(*percent) : kNothing;
}

std::string sessions_text(const Sessions& sessions, const std::string& user) {
  const auto count = count_sessions(sessions, user);
  return count ? std::to_string(*count) : kNothing;
}

// "2026-11-21 04:30", UTC as everywhere in Ferry.
std::string minute_text(std::optional<WallTime> when) {
  if (!when) return "never";
  std::string text = iso_time(*when).substr(0, 16);
  text[10] = ' ';
  return text;
}

std::string iso_text(std::optional<WallTime> when) {
  return when ? iso_time(*when) : kNothing;
}

Row row_for_people(const Account& account, const Sessions& sessions) {
  return {terminal_safe(account.name),
          state_of(account),
          bytes_for_people(account.used_bytes),
          account.quota_bytes ? bytes_for_people(*account.quota_bytes) : "none",
          percent_text(account),
          count_for_people(account.used_files),
          sessions_text(sessions, account.name),
          minute_text(account.last_login)};
}

std::string exact(std::optional<std::int64_t> value) {
  return value ? std::to_string(*value) : kNothing;
}

// A blank of the right width before a number or behind a text; nothing behind the last column.
std::string aligned(const Row& row, const std::array<int, kColumns.size()>& widths) {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const auto missing = static_cast<std::size_t>(std::max(0, widths[i] - display_width(row[i])));
    const std::string blank(missing, ' ');
    if (i != 0) line += "  ";
    line += kColumns[i].is_number ? blank + row[i] : row[i] + (i + 1 < row.size() ? blank : "");
  }
  return line + "\n";
}

using Fact = std::pair<const char*, std::string>;

std::string limit_for_people(std::optional<Bytes> value) {
  return value ? bytes_for_people(*value) : "none";
}

}  // namespace

std::string accounts_table(const std::vector<Account>& accounts, const Sessions& sessions) {
  std::vector<Row> rows(1);
  for (std::size_t i = 0; i < kColumns.size(); ++i) rows[0][i] = kColumns[i].title;
  for (const Account& account : accounts) rows.push_back(row_for_people(account, sessions));
  std::array<int, kColumns.size()> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::string text;
  for (const Row& row : rows) text += aligned(row, widths);
  return text;
}

std::string accounts_lines(const std::vector<Account>& accounts, const Sessions& sessions) {
  std::string text;
  for (const Account& account : accounts) {
    text +=
        fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", terminal_safe(account.name), state_of(account),
                    account.used_bytes, exact(account.quota_bytes), percent_text(account), account.used_files,
                    sessions_text(sessions, account.name), iso_text(account.last_login));
  }
  return text;
}

std::string account_text(const AccountView& view) {
  const Account& account = view.account;
  std::vector<Fact> facts = {
      {"name", account.name},
      {"state", state_of(account)},
      {"home", account.home},
      {"certificate", account.certificate.empty() ? "none" : account.certificate},
      {"quota", limit_for_people(account.quota_bytes)},
      {"used", bytes_for_people(account.used_bytes) +
                   (account.quota_bytes ? fmt::format(" ({} %)", percent_text(account)) : "")},
      {"in transfer", bytes_for_people(account.pending_bytes)},
      {"rest", limit_for_people(account.bytes_left())},
      {"files", count_for_people(account.used_files) +
                    (account.quota_files ? " of " + count_for_people(*account.quota_files) : "")},
      {"last login",
       minute_text(account.last_login) + (account.last_login ? " from " + account.last_login_from : "")},
      {"created", minute_text(account.created)},
      {"sessions", sessions_text(view.sessions, account.name)},
  };
  for (const RunningSession& session : view.sessions.value_or(std::vector<RunningSession>())) {
    facts.push_back(
        {"", fmt::format("{}  {}  {}  {}", session.id, session.address, session.state, session.path)});
  }
  facts.push_back({"unfinished", std::to_string(view.unfinished.size())});
  for (const store::Partial& partial : view.unfinished) {
    const Bytes received = partial.owner ? partial.granted : partial.received;
    facts.push_back({"", fmt::format("{}  {}{}", partial.path, bytes_for_people(received),
                                     partial.owner ? " reserved, running" : "")});
  }
  std::string text;
  for (const auto& [key, value] : facts) text += fmt::format("{:<11}  {}\n", key, terminal_safe(value));
  return text;
}

std::string account_lines(const AccountView& view) {
  const Account& account = view.account;
  const std::array<Fact, 15> facts = {{
      {"name", account.name},
      {"state", state_of(account)},
      {"home", account.home},
      {"quota", exact(account.quota_bytes)},
      {"used", std::to_string(account.used_bytes)},
      {"pending", std::to_string(account.pending_bytes)},
      {"rest", exact(account.bytes_left())},
      {"files", std::to_string(account.used_files)},
      {"quota_files", exact(account.quota_files)},
      {"last_login", iso_text(account.last_login)},
      {"last_login_from", account.last_login ? account.last_login_from : kNothing},
      {"created", iso_text(account.created)},
      {"sessions", sessions_text(view.sessions, account.name)},
      {"unfinished", std::to_string(view.unfinished.size())},
      {"certificate", account.certificate.empty() ? kNothing : account.certificate},
  }};
  std::string text;
  for (const auto& [key, value] : facts) text += fmt::format("{}\t{}\n", key, terminal_safe(value));
  return text;
}

}  // namespace ferry::admin
