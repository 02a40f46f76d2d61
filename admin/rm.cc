// ftpadm rm
#include <fmt/core.h>

#include <cstdio>

#include "admin/context.h"
#include "admin/home_folder.h"
#include "admin/input.h"
#include "admin/view_facts.h"
#include "shared/base/terminal_text.h"

namespace ferry::admin {

namespace {

using store::Account;
using store::Store;

void say(const std::string& line) {
  std::fprintf(stderr, "%s\n", terminal_safe(line).c_str());
}

void name_what_is_lost(const Account& account, std::size_t unfinished, bool purges) {
  const std::string content =
      fmt::format("{}, {}", files_for_people(account.used_files), bytes_for_people(account.used_bytes));
  if (purges) {
    say(fmt::format("{}: the account and its home {} with everything in it ({}) will be deleted",
                    account.name, account.home, content));
  } else {
    say(fmt::format("{}: the account will be removed; its home {} ({}) stays", account.name, account.home,
                    content));
  }
  if (unfinished != 0) say(fmt::format("unfinished uploads that will be lost: {}", unfinished));
}

// A home that other accounts' homes lie in, or that lies in one, was not made by create; nothing of theirs is
// deleted.
Outcome check_is_alone(Context& context, const Account& account) {
  const auto accounts = context.with_store([](Store& store) { return store.list_accounts(); });
  if (!accounts) return refuse(accounts.error());
  if (is_within(context.options().home_root, account.home)) {
    return refuse(ExitCode::failure, "home " + account.home + " holds other homes; use --keep-files");
  }
  for (const Account& other : *accounts) {
    if (other.id == account.id) continue;
    if (is_within(other.home, account.home) || is_within(account.home, other.home)) {
      return refuse(ExitCode::failure, "home " + account.home + " is shared with account '" + other.name +
                                           "'; use --keep-files");
    }
  }
  return {};
}

Outcome make_sure(const Arguments& arguments) {
  if (arguments.is_sure) return {};
  if (!is_on_terminal()) return refuse(ExitCode::needs_yes, "no terminal to ask on: use --yes");
  if (confirms_by_name(arguments.name)) return {};
  return refuse(ExitCode::failure, "that was not the account's name; nothing was changed");
}

}  // namespace

// The account goes first, so that no session writes into a home that is being deleted.
Outcome cmd_rm(const Arguments& arguments) {
  auto context = Context::open(arguments);
  if (!context) return tl::unexpected<Refusal>(context.error());
  const auto account = (*context)->find_account(arguments.name);
  if (!account) return tl::unexpected<Refusal>(account.error());
  if (arguments.purges) {
    if (const auto alone = check_is_alone(**context, *account); !alone) return alone;
  }
  const auto unfinished =
      (*context)->with_store([&](Store& store) { return store.partials_of(account->id); });
  if (!unfinished) return refuse(unfinished.error());
  name_what_is_lost(*account, unfinished->size(), arguments.purges);
  if (const auto sure = make_sure(arguments); !sure) return sure;

  const auto removed =
      (*context)->with_store([&](Store& store) { return store.remove_account(account->name); });
  if (!removed) return refuse(removed.error());
  const RunAs& user = (*context)->user();
  const Status cleaned =
      arguments.purges ? delete_home(account->home, user) : delete_partials(account->home, user);
  if (!cleaned) return refuse(ExitCode::failure, "the account is removed, but " + cleaned.error().context);
  say("removed " + account->name);
  return {};
}

}  // namespace ferry::admin
