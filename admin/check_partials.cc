// Rows of uploads against the partials in the home.
#include <fmt/core.h>
#include <sodium.h>

#include <algorithm>
#include <charconv>
#include <thread>
#include <vector>

#include "admin/check.h"
#include "shared/base/clock.h"

namespace ferry::admin {

namespace {

using store::Partial;
using store::Store;

// Claims rows to repair them. No worker has this number, nor has ferryd's settler; what a killed ftpadm
// leaves is a leftover for the next.
constexpr store::OwnerId kRepairer = 2;

bool is_dead(const LivingOwners& living, store::OwnerId owner) {
  return living && !living->contains(owner);
}

bool ferryd_runs(const LivingOwners& living) {
  return !living || !living->empty();
}

// A worker's death is settled by ferryd within moments; only what stays is left over.
constexpr std::chrono::seconds kFerrydSettlesWithin{1};
constexpr std::chrono::milliseconds kLookAgain{100};
constexpr std::chrono::milliseconds kMoment{250};

std::vector<Partial> dead_uploads(const std::vector<Partial>& rows, const LivingOwners& living) {
  std::vector<Partial> dead;
  std::ranges::copy_if(rows, std::back_inserter(dead),
                       [&](const Partial& row) { return row.owner && is_dead(living, *row.owner); });
  return dead;
}

struct Leftovers {
  std::vector<Partial> uploads;
  std::vector<store::Intent> intents;
  bool none() const { return uploads.empty() && intents.empty(); }
};

// The rows first, then who lives: an owner that is not among the living has died, or is not there any more.
Result<Leftovers> find_leftovers(const CheckedAccount& checked) {
  Leftovers left;
  const Status looked = checked.store.hold(checked.account.id, [&](Store::Held& held) -> Status {
    auto now = held.standing();
    if (!now) return tl::unexpected<Error>(now.error());
    left.uploads = std::move(now->running);
    left.intents = std::move(now->intents);
    return {};
  });
  if (!looked) return tl::unexpected<Error>(looked.error());
  if (left.none()) return left;
  const LivingOwners living = checked.living();
  left.uploads = dead_uploads(left.uploads, living);
  std::erase_if(left.intents, [&](const store::Intent& intent) { return !is_dead(living, intent.owner); });
  return left;
}

Finding finding_of(const CheckedAccount& checked, const char* kind, std::string path, std::string sentence,
                   std::string remedy) {
  return {kind, checked.account.name, std::move(path), std::move(sentence), std::move(remedy), false};
}

// Errc::not_found: ferryd was faster.
Status tell_settled(const CheckedAccount& checked, Finding finding, const std::function<Status()>& settle) {
  if (checked.fixes) {
    const Status settled = settle();
    if (!settled && settled.error().kind == Errc::not_found) return {};
    if (!settled) return settled;
    finding.is_fixed = true;
  }
  checked.tell(std::move(finding));
  return {};
}

Status settle_intent(const CheckedAccount& checked, const store::Intent& intent) {
  const auto finish = [&](bool happened) -> Status {
    const auto finished =
        checked.store.finish_intent(intent.id, happened);  // a partial left over is found next
    return finished ? Status{} : tl::unexpected(finished.error());
  };
  if (intent.is_damaged) return finish(false);
  const bool is_rename = intent.kind == store::Intent::Kind::rename;
  const auto found = checked.home.look_again(is_rename ? intent.to : intent.path);
  if (!found) return tl::unexpected<Error>(found.error());
  const bool is_there = *found && (*found)->st_ino == intent.inode;
  return finish(is_rename ? is_there : !is_there);
}

// What is wrong with a row that waits; nullopt: nothing.
struct Wrong {
  const char* kind;
  std::string sentence, remedy;
  enum class Cure { correct, settle, drop } cure = Cure::correct;
  std::uint64_t inode = 0;  // Cure::correct
  bool replaces = false;
};

Result<std::optional<Wrong>> whats_wrong(const CheckedAccount& checked, const Partial& row,
                                         bool is_last_look) {
  if (!is_canonical(row.path) || !is_token(row.token) || row.received < 0 ||
      (!row.sha256.empty() && !store::is_sha256(row.sha256))) {
    return Wrong{"damaged-upload", "the row of an unfinished upload is damaged",
                 "the row is removed, and its partial with it", Wrong::Cure::drop};
  }
  const auto partial = checked.home.partial(row.token);
  if (!partial) return tl::unexpected<Error>(partial.error());
  if (!*partial || !S_ISREG((*partial)->st_mode)) {
    return Wrong{
        "partial-missing",
        fmt::format("{} bytes wait for their resume in the store, but their partial is gone", row.received),
        "the row is removed", Wrong::Cure::settle};
  }
  if ((*partial)->st_size != row.received) {
    return Wrong{"partial-size",
                 fmt::format("{} bytes wait for their resume in the store, their partial has {}",
                             row.received, (*partial)->st_size),
                 "the store counts what the partial has", Wrong::Cure::settle};
  }
  const auto file = is_last_look ? checked.home.look_again(row.path) : checked.home.look(row.path);
  if (!file) return tl::unexpected<Error>(file.error());
  const bool has_file = *file && S_ISREG((*file)->st_mode);
  if ((*partial)->st_ino != row.inode) {
    return Wrong{"partial-inode",
                 "the partial is another file than the one that was uploaded",
                 "the store takes this one; its digest is unknown",
                 Wrong::Cure::correct,
                 (*partial)->st_ino,
                 has_file};
  }
  if (has_file == row.replaces) return std::nullopt;
  return Wrong{"partial-beside",
               has_file
                   ? "there is a complete file under the name of an unfinished upload, unknown to the store"
                   : "the complete file under the name of an unfinished upload is gone",
               "the store knows",
               Wrong::Cure::correct,
               row.inode,
               has_file};
}

// Again, while the store is held: nothing changes the row or its files now.
Result<std::optional<Wrong>> whats_wrong_for_sure(const CheckedAccount& checked, const Partial& row) {
  std::optional<Wrong> wrong;
  const Status looked = checked.store.hold(checked.account.id, [&](Store::Held& held) -> Status {
    const auto now = held.upload_at(row.path);
    if (!now || now->id != row.id || now->owner || held.is_changing(row.path)) return {};
    auto found = whats_wrong(checked, *now, true);
    if (!found) return tl::unexpected<Error>(found.error());
    wrong = std::move(*found);
    if (wrong && checked.fixes && wrong->cure == Wrong::Cure::correct)
      held.correct_partial(row.id, wrong->inode, wrong->replaces);
    return {};
  });
  if (!looked) return tl::unexpected<Error>(looked.error());
  return wrong;
}

Status cure(const CheckedAccount& checked, const Partial& row, Wrong::Cure cure) {
  if (cure == Wrong::Cure::correct) return {};
  // Without credit: it is claimed to be parked or dropped, not to replace anything.
  const auto credit = row.replaces ? std::optional<Bytes>(0) : std::nullopt;
  const auto claimed = checked.store.claim_partial(checked.account.id, row.path, credit, kRepairer);
  if (!claimed) return tl::unexpected<Error>(claimed.error());
  if (cure == Wrong::Cure::settle) return settle_upload(checked, *claimed);
  if (is_token(row.token))
    if (const Status removed = checked.home.remove_partial(row.token); !removed) return removed;
  return checked.store.drop_upload(claimed->id);
}

Status check_row(const CheckedAccount& checked, const Partial& row) {
  auto wrong = whats_wrong(checked, row, false);
  if (wrong && *wrong) wrong = whats_wrong_for_sure(checked, row);
  if (!wrong) return tl::unexpected<Error>(wrong.error());
  if (!*wrong) return {};
  Finding finding = finding_of(checked, (*wrong)->kind, row.path, (*wrong)->sentence, (*wrong)->remedy);
  if (checked.fixes) {
    if (const Status cured = cure(checked, row, (*wrong)->cure); !cured) {
      // Somebody goes on with this upload, or it has ended: ferryd met the same and has dealt with it.
      if (cured.error().kind == Errc::busy || cured.error().kind == Errc::not_found) return {};
      return cured;
    }
    finding.is_fixed = true;
  }
  checked.tell(std::move(finding));
  return {};
}

// Who made it, by its name (Home::make_partial); nullopt: no partial of ferryd's.
std::optional<store::OwnerId> maker_of(std::string_view token) {
  constexpr std::size_t kDigits = 16;
  std::uint64_t number = 0;
  if (token.size() <= kDigits || token[kDigits] != '-') return std::nullopt;
  const auto [end, error] = std::from_chars(token.data(), token.data() + kDigits, number, 16);
  if (error != std::errc() || end != token.data() + kDigits) return std::nullopt;
  return static_cast<store::OwnerId>(number);
}

Status check_orphan(const CheckedAccount& checked, const std::string& name) {
  bool is_orphan = false, is_file = false;
  const Status looked = checked.store.hold(checked.account.id, [&](Store::Held& held) -> Status {
    if (held.knows_token(name)) return {};
    const auto found = checked.home.partial(name);
    if (!found) return tl::unexpected<Error>(found.error());
    is_orphan = found->has_value();
    is_file = is_orphan && !S_ISDIR((*found)->st_mode);
    return is_file && checked.fixes ? checked.home.remove_partial(name) : Status();
  });
  if (!looked || !is_orphan) return looked;
  Finding finding =
      finding_of(checked, "partial-unknown", fmt::format("/{}/{}", store::kPartialsFolder, name),
                 is_file ? "no unfinished upload of the store has this partial"
                         : "a folder lies among the partials, where only ferryd's files belong",
                 is_file ? "it is deleted" : "");
  finding.is_fixed = is_file && checked.fixes;
  checked.tell(std::move(finding));
  return {};
}

// The names first, then who lives: the maker of one that was there and is not among the living has died, so
// no row will name it any more.
Status check_orphans(const CheckedAccount& checked, const std::set<std::string, std::less<>>& known) {
  std::vector<std::string> strangers;
  const Status read = checked.home.for_each_partial([&](std::string_view name) {
    if (!known.contains(name)) strangers.emplace_back(name);
  });
  if (!read || strangers.empty()) return read;
  const LivingOwners living = checked.living();
  std::erase_if(strangers, [&](const std::string& name) {
    const auto maker = maker_of(name);
    return maker && !is_dead(living, *maker);
  });
  // A rename over a waiting upload settles its row first and removes its partial a moment later.
  if (!strangers.empty() && ferryd_runs(living)) std::this_thread::sleep_for(kMoment);
  for (const std::string& name : strangers) {
    if (const Status done = check_orphan(checked, name); !done) return done;
  }
  return {};
}

}  // namespace

Status settle_upload(const CheckedAccount& checked, const Partial& row) {
  // The list is old by now: ferryd may have settled it, and its client may be back.
  store::OwnerId self = 0;
  randombytes_buf(&self, sizeof self);
  self |= 2;  // neither nobody nor ferryd's settler
  const auto taken = checked.store.take_over(row.id, row.owner.value_or(0), self);
  if (!taken) return tl::unexpected<Error>(taken.error());
  if (!*taken) return {};
  if (!is_token(row.token)) return checked.store.drop_upload(row.id);
  const auto partial = checked.home.partial(row.token);
  if (!partial) return tl::unexpected<Error>(partial.error());
  if (*partial && S_ISREG((*partial)->st_mode)) {
    if (const Status tidy = checked.home.tidy_partial(row.token, (*partial)->st_size); !tidy) return tidy;
    return checked.store.park_upload(row.id, (*partial)->st_size, "", row.hit_quota,
                                     [&](Bytes fits) { return checked.home.cut_partial(row.token, fits); });
  }
  const auto file = checked.home.look_again(row.path);
  if (!file) return tl::unexpected<Error>(file.error());
  if (!*file || (*file)->st_ino != row.inode) return checked.store.drop_upload(row.id);
  const store::FileDigest digest{(*file)->st_size, mtime_ns(**file), (*file)->st_ino, ""};
  return checked.store.commit_upload(row.id, {(*file)->st_size, digest}, true);
}

Status check_leftovers(const CheckedAccount& checked) {
  const Deadline settled = Deadline::after(kFerrydSettlesWithin);
  auto left = find_leftovers(checked);
  while (left && !left->none() && !settled.passed() && ferryd_runs(checked.living())) {
    std::this_thread::sleep_for(kLookAgain);
    left = find_leftovers(checked);
  }
  if (!left) return tl::unexpected<Error>(left.error());
  for (const store::Intent& intent : left->intents) {
    Finding finding = finding_of(checked, "change-left", intent.path,
                                 intent.is_damaged ? "a change was begun of a kind there is not"
                                 : intent.kind == store::Intent::Kind::removal
                                     ? "a removal was begun by a process that has ended"
                                     : "a rename was begun by a process that has ended",
                                 "it is settled as the disk shows it");
    const Status done =
        tell_settled(checked, std::move(finding), [&] { return settle_intent(checked, intent); });
    if (!done) return done;
  }
  for (const Partial& row : left->uploads) {
    Finding finding =
        finding_of(checked, "upload-left", row.path, "an upload runs in a process that has ended",
                   "what it received waits for its resume");
    const Status done =
        tell_settled(checked, std::move(finding), [&] { return settle_upload(checked, row); });
    if (!done) return done;
  }
  return {};
}

Status check_partials(const CheckedAccount& checked) {
  const auto rows = checked.store.partials_of(checked.account.id);
  if (!rows) return tl::unexpected<Error>(rows.error());
  std::set<std::string, std::less<>> known;
  for (const Partial& row : *rows) {
    known.insert(row.token);
    if (row.owner) continue;
    if (const Status done = check_row(checked, row); !done) return done;
  }
  return check_orphans(checked, known);
}

}  // namespace ferry::admin
