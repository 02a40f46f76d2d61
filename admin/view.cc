// ftpadm view
#include "admin/view.h"

#include <unistd.h>

#include <cstdio>

#include "admin/context.h"
#include "shared/base/terminal_text.h"

namespace ferry::admin {

namespace {

using store::Store;

Sessions find_sessions(Context& context) {
  const ActAs acting(context.user());
  auto sessions = ask_sessions(context.options().run_dir);
  if (sessions) return std::move(*sessions);
  if (sessions.error().kind != Errc::not_found) {
    std::fprintf(stderr, "ftpadm: sessions unknown: %s\n", terminal_safe(sessions.error().context).c_str());
  }
  return std::nullopt;
}

bool is_for_people() {
  return ::isatty(STDOUT_FILENO) == 1;
}

Outcome show(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return {};
}

Outcome view_all(Context& context, bool wants_json) {
  const auto accounts = context.with_store([](Store& store) { return store.list_accounts(); });
  if (!accounts) return refuse(accounts.error());
  const Sessions sessions = find_sessions(context);
  if (wants_json) return show(accounts_json(*accounts, sessions));
  return show(is_for_people() ? accounts_table(*accounts, sessions) : accounts_lines(*accounts, sessions));
}

Outcome view_one(Context& context, const std::string& name, bool wants_json) {
  auto account = context.find_account(name);
  if (!account) return tl::unexpected<Refusal>(account.error());
  auto unfinished = context.with_store([&](Store& store) { return store.partials_of(account->id); });
  if (!unfinished) return refuse(unfinished.error());
  Sessions sessions = find_sessions(context);
  if (sessions) std::erase_if(*sessions, [&](const RunningSession& session) { return session.user != name; });
  const AccountView view{std::move(*account), std::move(*unfinished), std::move(sessions)};
  if (wants_json) return show(account_json(view));
  return show(is_for_people() ? account_text(view) : account_lines(view));
}

}  // namespace

Outcome cmd_view(const Arguments& arguments) {
  auto context = Context::open(arguments);
  if (!context) return tl::unexpected<Refusal>(context.error());
  if (arguments.name.empty()) return view_all(**context, arguments.wants_json);
  return view_one(**context, arguments.name, arguments.wants_json);
}

}  // namespace ferry::admin
