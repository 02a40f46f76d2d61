// ftpadm restore. What is wrong with the backup is found before anything changes, and the new store takes the
// old one's name in one step: there is a whole store at every moment.
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "admin/context.h"
#include "admin/file_copy.h"
#include "admin/running.h"
#include "shared/base/clock.h"
#include "shared/base/terminal_text.h"
#include "shared/config/run_as.h"
#include "shared/store/backup.h"

namespace ferry::admin {

namespace {

void say(const std::string& line) {
  std::fprintf(stderr, "%s\n", terminal_safe(line).c_str());
}

// A copy in the store's folder that can take its place; it is gone again if the backup is no good.
Result<store::StoreSummary> bring_in(int backup, const std::string& fresh, const std::string& name) {
  // Of a restore that was killed: SQLite would play them into this copy.
  for (const char* suffix : {"-wal", "-shm", "-journal"}) ::unlink((fresh + suffix).c_str());
  auto file = make_private(fresh);
  Status done = file ? copy_to_disk(backup, file->get(), fresh) : tl::unexpected<Error>(file.error());
  Result<store::StoreSummary> summary;
  if (done) {
    summary = store::examine_copy(fresh);
    if (!summary)
      done = fail(summary.error().kind, name + " is no backup that can be used: " + summary.error().context);
  }
  if (done && ::fsync(file->get()) != 0)
    done = fail_errno(errno, fresh);  // its schema may be a newer one now
  if (done) return summary;
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) ::unlink((fresh + suffix).c_str());
  return tl::unexpected<Error>(done.error());
}

// "ferry.db.before-2026-11-25T15:42:00Z", with a number behind it if that is taken.
std::string free_name(const std::string& store) {
  const std::string dated = store + ".before-" + iso_time(wall_now());
  std::string name = dated;
  for (int i = 2; ::access(name.c_str(), F_OK) == 0; ++i) name = fmt::format("{}.{}", dated, i);
  return name;
}

void take_back(const std::string& store, const std::string& aside) {
  for (const char* suffix : {"-wal", "-journal"})
    ::rename((aside + suffix).c_str(), (store + suffix).c_str());
  ::unlink(aside.c_str());
}

// The store under a second name, then its log, which beside another store would be played into that. The
// index is made anew from the log. What fails in between is taken back, so that store and log stay together.
// "" when there is no store.
Result<std::string> put_aside(const std::string& store) {
  std::string aside = free_name(store);
  const bool has_store = ::link(store.c_str(), aside.c_str()) == 0;
  if (!has_store && errno != ENOENT) return fail_errno(errno, "cannot put aside " + store);
  for (const char* suffix : {"-wal", "-journal"}) {
    if (::rename((store + suffix).c_str(), (aside + suffix).c_str()) == 0 || errno == ENOENT) continue;
    const int error_number = errno;
    take_back(store, aside);
    return fail_errno(error_number, "cannot put aside " + store + suffix);
  }
  if (::unlink((store + "-shm").c_str()) != 0 && errno != ENOENT) {
    const int error_number = errno;
    take_back(store, aside);
    return fail_errno(error_number, "cannot remove " + store + "-shm");
  }
  return has_store ? aside : std::string();
}

struct Restored {
  store::StoreSummary summary;
  std::string aside;
};

// As the user the store belongs to.
Result<Restored> replace_store(int backup, const std::string& name, const std::string& store) {
  const auto alone = keep_ferryd_out(store);
  if (!alone) {
    if (alone.error().kind != Errc::busy) return tl::unexpected<Error>(alone.error());
    return fail(Errc::busy, alone.error().context + ": stop it first, a store cannot be changed under it");
  }
  const std::string fresh = store + ".restoring";
  const auto summary = bring_in(backup, fresh, name);
  if (!summary) return tl::unexpected<Error>(summary.error());
  auto aside = put_aside(store);
  if (!aside) return tl::unexpected<Error>(aside.error());
  if (::rename(fresh.c_str(), store.c_str()) != 0) {
    const int error_number = errno;
    if (!aside->empty()) take_back(store, *aside);
    return fail_errno(error_number, "cannot rename to " + store);
  }
  if (const Status synced = sync_folder_of(store); !synced) return tl::unexpected<Error>(synced.error());
  return Restored{*summary, std::move(*aside)};
}

}  // namespace

Outcome cmd_restore(const Arguments& arguments) {
  const UniqueFd backup(::open(arguments.file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!backup) return refuse(errno_error(errno, "cannot open the backup " + arguments.file));
  auto context = Context::open_without_store(arguments);
  if (!context) return tl::unexpected<Refusal>(context.error());
  const auto lock = (*context)->lock_accounts();
  if (!lock) return refuse(lock.error());
  const auto restored = [&] {
    const ActAs acting((*context)->user());
    return replace_store(backup.get(), arguments.file, (*context)->options().store);
  }();
  if (!restored) return refuse(restored.error());
  say(fmt::format("restored {} with {} accounts", arguments.file, restored->summary.accounts));
  if (!restored->aside.empty()) say("the store that was there is kept as " + restored->aside);
  if (!arguments.checks) {
    say("what changed since the backup (files, unfinished uploads, usage) is not in it: run `ftpadm check "
        "--fix`");
    return {};
  }
  Arguments checking = arguments;
  checking.fixes = true;
  return cmd_check(checking);
}

}  // namespace ferry::admin
