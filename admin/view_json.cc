// ftpadm view as JSON: exact numbers, null for what there is not or is not known.
#include <nlohmann/json.hpp>

#include "admin/view.h"
#include "admin/view_facts.h"
#include "shared/base/clock.h"

namespace ferry::admin {

namespace {

using json = nlohmann::ordered_json;
using store::Account;

json or_null(std::optional<std::int64_t> value) {
  return value ? json(*value) : json();
}
json or_null(std::optional<WallTime> value) {
  return value ? json(iso_time(*value)) : json();
}

json account_object(const Account& account, const Sessions& sessions) {
  return {{"name", account.name},
          {"state", state_of(account)},
          {"home", account.home},
          {"quota_bytes", or_null(account.quota_bytes)},
          {"used_bytes", account.used_bytes},
          {"pending_bytes", account.pending_bytes},
          {"rest_bytes", or_null(account.bytes_left())},
          {"quota_files", or_null(account.quota_files)},
          {"used_files", account.used_files},
          {"read_only", account.is_read_only},
          {"locked", account.is_locked},
          {"guest", account.is_guest},
          {"certificate", account.certificate.empty() ? json() : json(account.certificate)},
          {"created", iso_time(account.created)},
          {"last_login", or_null(account.last_login)},
          {"last_login_from", account.last_login ? json(account.last_login_from) : json()},
          {"sessions", or_null(count_sessions(sessions, account.name))}};
}

json session_object(const RunningSession& session) {
  return {{"session", session.id},  {"pid", session.pid},     {"address", session.address},
          {"tls", session.is_tls},  {"state", session.state}, {"path", session.path},
          {"bytes", session.bytes}, {"since", session.since}};
}

json unfinished_object(const store::Partial& partial) {
  return {{"path", partial.path},
          {"running", partial.owner.has_value()},
          {"bytes", partial.owner ? partial.granted : partial.received},
          {"expected", or_null(partial.expected)},
          {"updated", iso_time(partial.updated)}};
}

// Bytes that are not UTF-8 (a path may have any) become U+FFFD: JSON has no other way.
std::string text_of(const json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string accounts_json(const std::vector<Account>& accounts, const Sessions& sessions) {
  json list = json::array();
  for (const Account& account : accounts) list.push_back(account_object(account, sessions));
  return text_of(list);
}

std::string account_json(const AccountView& view) {
  json object = account_object(view.account, view.sessions);
  object["session_list"] = view.sessions ? json::array() : json();
  for (const RunningSession& session : view.sessions.value_or(std::vector<RunningSession>())) {
    object["session_list"].push_back(session_object(session));
  }
  object["unfinished"] = json::array();
  for (const store::Partial& partial : view.unfinished)
    object["unfinished"].push_back(unfinished_object(partial));
  return text_of(object);
}

}  // namespace ferry::admin
