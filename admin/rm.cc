// ftpadm rm
#include <fmt/core.h>

#include <chrono>
#include <cstdio>
#include <thread>

#include "admin/context.h"
#include "admin/control_client.h"
#include "admin/home_folder.h"
#include "admin/input.h"
#include "admin/mounts.h"
#include "admin/view_facts.h"
#include "shared/base/clock.h"
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

// Everything that speaks against a purge is found before the account goes.
Outcome check_can_be_purged(Context& context, const Account& account) {
  if (const auto alone = check_is_alone(context, account); !alone) return alone;
  const Status unmounted = context.with_store([&](Store&) { return check_nothing_mounted(account.home); });
  if (unmounted) return {};
  return refuse(ExitCode::failure, "home " + account.home + " cannot be deleted: " +
                                       unmounted.error().context + "; unmount it, or use --keep-files");
}

Outcome make_sure(const Arguments& arguments) {
  if (arguments.is_sure) return {};
  if (!is_on_terminal()) return refuse(ExitCode::needs_yes, "no terminal to ask on: use --yes");
  if (confirms_by_name(arguments.name)) return {};
  return refuse(ExitCode::failure, "that was not the account's name; nothing was changed");
}

// Ends the account's sessions and waits a moment until they have ended, so that they do not write into what
// is being deleted. One that does not end in time cannot begin anything new: its account is gone.
void end_sessions(Context& context, const std::string& user) {
  constexpr auto kPatience = std::chrono::seconds(3);
  constexpr auto kMoment = std::chrono::milliseconds(50);
  const ActAs acting(context.user());
  const std::string& run_dir = context.options().run_dir;
  const Deadline deadline = Deadline::after(kPatience);
  while (true) {
    auto sessions = ask_sessions(run_dir);
    if (!sessions) {
      if (sessions.error().kind != Errc::not_found)
        say("ftpadm: sessions of " + user + " may still run: " + sessions.error().context);
      return;
    }
    std::erase_if(*sessions, [&](const RunningSession& session) { return session.user != user; });
    if (sessions->empty()) return;
    if (deadline.passed()) {
      say(fmt::format("ftpadm: sessions of {} still running: {}", user, sessions->size()));
      return;
    }
    // One that has ended meanwhile is refused; the next look tells.
    for (const RunningSession& session : *sessions) static_cast<void>(ask_kick(run_dir, session.id));
    std::this_thread::sleep_for(kMoment);
  }
}

Outcome remove_it(Context& context, const Account& account, bool purges) {
  const auto lock = context.lock_accounts();
  if (!lock) return refuse(lock.error());
  // Again, because the question may have stood there for long.
  const auto current = context.find_account(account.name);
  if (!current) return tl::unexpected<Refusal>(current.error());
  if (current->id != account.id)
    return refuse(ExitCode::failure, "another made the account anew meanwhile; nothing was changed");
  if (purges) {
    if (const auto possible = check_can_be_purged(context, account); !possible) return possible;
  }
  const auto removed = context.with_store([&](Store& store) { return store.remove_account(account.name); });
  if (!removed) return refuse(removed.error());
  end_sessions(context, account.name);
  const RunAs& user = context.user();
  const Status cleaned = purges ? delete_home(account.home, user) : delete_partials(account.home, user);
  if (!cleaned) return refuse(ExitCode::failure, "the account is removed, but " + cleaned.error().context);
  return {};
}

}  // namespace

// The account goes first, so that no session writes into a home that is being deleted.
Outcome cmd_rm(const Arguments& arguments) {
  auto context = Context::open(arguments);
  if (!context) return tl::unexpected<Refusal>(context.error());
  const auto account = (*context)->find_account(arguments.name);
  if (!account) return tl::unexpected<Refusal>(account.error());
  if (arguments.purges) {
    if (const auto possible = check_can_be_purged(**context, *account); !possible) return possible;
  }
  const auto unfinished =
      (*context)->with_store([&](Store& store) { return store.partials_of(account->id); });
  if (!unfinished) return refuse(unfinished.error());
  name_what_is_lost(*account, unfinished->size(), arguments.purges);
  if (const auto sure = make_sure(arguments); !sure) return sure;

  if (const auto done = remove_it(**context, *account, arguments.purges); !done) return done;
  say("removed " + account->name);
  return {};
}

}  // namespace ferry::admin
