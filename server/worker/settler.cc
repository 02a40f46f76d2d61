// The settler: a short-lived unprivileged child of the master that puts disk and store in agreement after a
// process died in the middle of something.
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>

#include "server/session/home.h"
#include "server/worker/seat.h"
#include "shared/ftp/path.h"

namespace ferry {

namespace {

constexpr mode_t kUmask = 0027;
// A start looks so long through the store: enough for some hundred MiB, and for all of what it needs itself.
constexpr std::chrono::milliseconds kLooksForDamage{1000};

// For a claim whose end is not a commit: only whether a complete file shares the name matters then, for the
// count of files.
std::optional<Bytes> replaced_size(const store::Partial& row) {
  return row.replaces ? std::optional<Bytes>(0) : std::nullopt;
}

class Settlement {
 public:
  Settlement(store::Store& store, Logs& logs, store::OwnerId self)
      : store_(store), logs_(logs), self_(self) {}

  void settle_rows(std::optional<store::OwnerId> owner);
  // Only when no worker runs: partials without a row, rows whose partial has another size.
  void settle_disk();
  // Partials that `owner` made and died before it could write a row for them.
  void remove_rowless(store::OwnerId owner);
  void expire(WallTime before);  // waiting partials nobody came back for
  void forget_audits();          // of an ftpadm check that was killed
  bool has_failed() const { return has_failed_; }
  bool is_store_damaged() const { return is_store_damaged_; }

 private:
  // Null: not to be had now (not mounted, not readable); what belongs to it waits. Nothing is created here.
  const Home* home_of(store::AccountId id);
  void settle_upload(const store::Partial& row);
  void settle_intent(const store::Intent& intent);
  void settle_folder(const store::Account& account, const Home& home);
  void remove_partials(const store::Account& account, const Home& home,
                       const std::function<bool(std::string_view token)>& unwanted);
  void note(const Status& done, std::string_view what);
  void note_unreadable(const Error& error, std::string_view what);  // a whole table
  void note_no_home(std::string_view path);
  void drop(const Home& home, const store::Partial& row);

  store::Store& store_;
  Logs& logs_;
  store::OwnerId self_;
  std::map<store::AccountId, std::optional<Home>> homes_;
  bool has_failed_ = false;
  bool is_store_damaged_ = false;
};

const Home* Settlement::home_of(store::AccountId id) {
  const auto [found, is_new] = homes_.try_emplace(id);
  if (!is_new) return found->second ? &*found->second : nullptr;
  auto account = store_.find_account(id);
  if (!account) {
    note(tl::unexpected(account.error()), fmt::format("account {}", id));
    return nullptr;
  }
  auto home = Home::open(account->home, false);
  if (!home) {
    logs_.service(Logs::Level::error,
                  fmt::format("the home of {} cannot be used, the account is left as it is: {}",
                              account->name, home.error().context));
  } else if (home->has_reserved_folder()) {
    found->second.emplace(std::move(*home));
  }
  return found->second ? &*found->second : nullptr;
}

void Settlement::note_no_home(std::string_view path) {
  note(fail(Errc::not_found, "the home, or ferryd's folder in it, cannot be used now"), path);
}

void Settlement::note(const Status& done, std::string_view what) {
  if (done) return;
  has_failed_ = true;
  logs_.service(Logs::Level::error, fmt::format("settling {}: {}", what, done.error().context));
}

void Settlement::note_unreadable(const Error& error, std::string_view what) {
  is_store_damaged_ = is_store_damaged_ || error.kind == Errc::corrupt;
  note(tl::unexpected(error), what);
}

void Settlement::drop(const Home& home, const store::Partial& row) {
  const Status removed = home.remove_partial(row.token);
  note(removed ? store_.drop_upload(row.id) : removed, row.path);
}

void Settlement::settle_rows(std::optional<store::OwnerId> owner) {
  auto uploads = store_.uploads_owned_by(owner);
  auto intents = store_.intents_owned_by(owner);
  if (!uploads) return note_unreadable(uploads.error(), "uploads");
  if (!intents) return note_unreadable(intents.error(), "changes of files");
  for (const store::Intent& intent : *intents) settle_intent(intent);
  for (const store::Partial& row : *uploads) settle_upload(row);
  note(store_.sync(), "the store");  // one wait for the disk, however many uploads were settled
  if (!uploads->empty() || !intents->empty()) {
    logs_.service(Logs::Level::info, fmt::format("settled {} uploads and {} changes that were under way",
                                                 uploads->size(), intents->size()));
  }
}

// Three ends are possible: the partial is there (it waits for its resume), it has become the file (the commit
// is finished), or neither (it was being removed, or its home is gone).
void Settlement::settle_upload(const store::Partial& row) {
  // The list may be old: somebody else may have settled it, and its client may be back.
  const auto taken = store_.take_over(row.id, row.owner.value_or(self_), self_);
  if (!taken) return note(tl::unexpected(taken.error()), row.path);
  if (!*taken) return;
  const Home* home = home_of(row.account);
  if (home == nullptr) return note_no_home(row.path);
  const auto info = home->partial_info(row.token);
  if (info) {
    note(home->tidy_partial(row.token, info->size), row.path);
    const auto cut = [&](Bytes fits) { return home->cut_partial(row.token, fits); };
    return note(store_.park_upload(row.id, info->size, "", row.hit_quota, cut), row.path);
  }
  if (info.error().kind != Errc::not_found) note(tl::unexpected(info.error()), row.path);
  // A row whose token is damaged has lost its partial; of any other trouble nothing is concluded.
  if (info.error().kind != Errc::not_found && info.error().kind != Errc::name_refused) return;
  auto place = home->locate(row.path, Home::LastLink::keep);
  if (place && place->info && place->info->inode == row.inode) {
    const store::FileDigest digest{place->info->size, place->info->mtime_ns(), place->info->inode, ""};
    return note(store_.commit_upload(row.id, {place->info->size, digest}, false), row.path);
  }
  note(store_.drop_upload(row.id), row.path);  // nothing is there that could be removed
}

void Settlement::settle_intent(const store::Intent& intent) {
  if (intent.is_damaged) {
    logs_.service(Logs::Level::error,
                  fmt::format("a damaged row of the store, a change of {} that is of no kind, is removed",
                              intent.path));
    const auto removed = store_.finish_intent(intent.id, false);
    return note(removed ? Status{} : tl::unexpected(removed.error()), intent.path);
  }
  const Home* home = home_of(intent.account);
  if (home == nullptr) return note_no_home(intent.path);
  const bool is_rename = intent.kind == store::Intent::Kind::rename;
  const auto place = home->locate(is_rename ? intent.to : intent.path, Home::LastLink::keep);
  const bool is_there = place && place->info && place->info->inode == intent.inode;
  const auto replaced = store_.finish_intent(intent.id, is_rename ? is_there : !is_there);
  if (!replaced) return note(tl::unexpected(replaced.error()), intent.path);
  if (!replaced->empty()) note(home->remove_partial(*replaced), intent.path);
}

void Settlement::settle_disk() {
  auto accounts = store_.list_accounts();
  if (!accounts) return note_unreadable(accounts.error(), "accounts");
  for (const store::Account& account : *accounts) {
    if (account.is_guest) continue;
    if (const Home* home = home_of(account.id)) settle_folder(account, *home);
  }
}

void Settlement::settle_folder(const store::Account& account, const Home& home) {
  auto rows = store_.partials_of(account.id);
  if (!rows) return note(tl::unexpected(rows.error()), account.name);
  std::set<std::string, std::less<>> known;
  for (const store::Partial& row : *rows) {
    known.insert(row.token);
    if (ftp::join_path("/", row.path) != row.path || !ftp::check_path_bytes(row.path)) {
      logs_.service(
          Logs::Level::error,
          fmt::format("{}: a damaged row of the store, an unfinished upload of '{}': nobody can go on with "
                      "it; `ftpadm check --fix` removes it",
                      account.name, row.path));
      continue;
    }
    const auto info = home.partial_info(row.token);
    if (info ? info->size == row.received : info.error().kind != Errc::not_found) {
      if (!info) note(tl::unexpected(info.error()), row.path);
      continue;
    }
    auto claimed = store_.claim_partial(account.id, row.path, replaced_size(row), self_);
    if (claimed) settle_upload(*claimed);
  }
  remove_partials(account, home, [&](std::string_view token) { return !known.contains(token); });
}

void Settlement::remove_rowless(store::OwnerId owner) {
  auto accounts = store_.list_accounts();
  if (!accounts) return note_unreadable(accounts.error(), "accounts");
  for (const store::Account& account : *accounts) {
    if (account.is_guest) continue;
    const Home* home = home_of(account.id);
    if (home == nullptr) continue;
    auto rows = store_.partials_of(account.id);
    if (!rows) return note(tl::unexpected(rows.error()), account.name);
    std::set<std::string_view> known;
    for (const store::Partial& row : *rows) known.insert(row.token);
    remove_partials(account, *home, [&](std::string_view token) {
      return Home::is_partial_of(owner, token) && !known.contains(token);
    });
  }
}

void Settlement::remove_partials(const store::Account& account, const Home& home,
                                 const std::function<bool(std::string_view)>& unwanted) {
  std::set<std::string> orphans;
  note(home.for_each_partial([&](std::string_view token) {
    if (unwanted(token)) orphans.emplace(token);
  }),
       account.name);
  for (const std::string& token : orphans) note(home.remove_partial(token), account.name);
  if (!orphans.empty()) {
    logs_.service(Logs::Level::info, fmt::format("{}: {} partials that no upload knows were removed",
                                                 account.name, orphans.size()));
  }
}

void Settlement::forget_audits() {
  note(store_.forget_lapsed_audits(wall_now()), "audits");
}

void Settlement::expire(WallTime before) {
  auto old = store_.partials_untouched_since(before);
  if (!old) return note(tl::unexpected(old.error()), "expiry");
  for (const store::Partial& row : *old) {
    const Home* home = home_of(row.account);
    if (home == nullptr) continue;  // it waits until its home is back; no reason to call the rest a failure
    auto claimed = store_.claim_partial(row.account, row.path, replaced_size(row), self_);
    if (!claimed) continue;  // its owner came back in this moment
    drop(*home, *claimed);
    logs_.service(Logs::Level::info, fmt::format("partial of {} has expired", row.path));
  }
}

// A store is never empty, but in the moment in which another process makes it: this one has been cut off, and
// SQLite would take it for a new one, without any account.
bool is_cut_off(const std::string& store) {
  constexpr std::chrono::milliseconds kMoment{200};
  const auto is_empty = [&] {
    struct stat found {};
    return stat(store.c_str(), &found) == 0 && found.st_size == 0;
  };
  if (!is_empty()) return false;
  std::this_thread::sleep_for(kMoment);
  return is_empty();
}

}  // namespace

int run_settler(const Options& options, Logs& logs, store::OwnerId owner) {
  umask(kUmask);
  const auto give_up = [&](const Error& error) {
    logs.service(Logs::Level::error, "settling: " + error.context);
    return error.kind == Errc::corrupt ? kStoreDamaged : 1;
  };
  if (owner == 0 && is_cut_off(options.store))
    return give_up({Errc::corrupt, "store " + options.store + ": it has been cut off, nothing is in it"});
  auto store = store::Store::open(options.store);
  if (!store) return give_up(store.error());
  if (owner == 0) {
    if (const Status whole = (*store)->look_for_damage(kLooksForDamage); !whole)
      return give_up({whole.error().kind, "store " + options.store + ": " + whole.error().context});
  }
  // Rows the settler itself claims carry a number no worker has, so that one that dies is settled by the next
  // start.
  constexpr store::OwnerId kSettler = 1;
  Settlement settlement(**store, logs, kSettler);
  if (owner == 0) {
    // What cannot be settled now (a home that is not mounted) is tried again whenever the settler runs.
    if (const Status adopted = (*store)->adopt(kSettler); !adopted) return give_up(adopted.error());
    settlement.settle_rows(kSettler);
    settlement.settle_disk();
  } else {
    settlement.settle_rows(kSettler);
    settlement.settle_rows(owner);
    settlement.remove_rowless(owner);
  }
  settlement.expire(wall_now() - options.partial_expiry);
  settlement.forget_audits();
  if (settlement.is_store_damaged()) return kStoreDamaged;
  // A start does not wait for one bad home: its account's rows stay as they are, and the log says so.
  return settlement.has_failed() && owner != 0 ? 1 : 0;
}

}  // namespace ferry
