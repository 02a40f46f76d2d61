// Counters against the home, exact while uploads commit and without stopping them:
//
// 1. An audit begins: from now on every settled change of a complete file is noted with its number, path and
// size.
// 2. The home is walked. Each file's size goes into the sum, and with a hash of its path into a scratch file.
// 3. The paths that may have changed under the walk are known: those noted, and those that uploads, removals
// and
//    renames have in hand. Their contribution is taken out of the sum again, by way of the scratch file.
// 4. They are looked at anew, a few at a time, while the store is held still: then the disk is as the store
// says but
//    for what is in hand, and of that the row tells what was there before. So each has a size that is true at
//    a known number of the notes.
// 5. With the store held once more: changes noted after a path was looked at are added, and the sum is the
// truth of
//    this moment, to be compared with the counters of this moment, and put in their place.
//
// A folder that was renamed meanwhile gives everything below it other paths: then the walk starts over.
#include <fmt/core.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <vector>

#include "admin/check.h"
#include "admin/home_walk.h"
#include "shared/base/clock.h"

namespace ferry::admin {

namespace {

using store::Store;

constexpr int kMostWalks = 5;
constexpr std::size_t kLooksAtOnce = 200;  // while the store is held: some milliseconds
constexpr std::chrono::seconds kKeepEvery{10};

struct Sum {
  Bytes bytes = 0;
  std::int64_t files = 0;
  void add(Bytes more_bytes, std::int64_t more_files) {
    bytes += more_bytes;
    files += more_files;
  }
};

// What the walk counted, to be taken back for a few paths. A keyed hash, so that no client can make two paths
// meet.
class Counted {
 public:
  static Result<Counted> open() {
    auto file = open_scratch();
    if (!file) return tl::unexpected<Error>(file.error());
    return Counted(std::move(*file));
  }
  Status note(std::string_view path, Bytes size) {
    const Entry entry{hash(path), size};
    return std::fwrite(&entry, sizeof entry, 1, file_.get()) == 1 ? Status() : broken();
  }
  Result<Sum> of(const std::vector<std::string>& paths) {
    std::vector<std::uint64_t> wanted;
    for (const std::string& path : paths) wanted.push_back(hash(path));
    std::ranges::sort(wanted);
    Sum sum;
    if (wanted.empty()) return sum;
    if (std::fflush(file_.get()) != 0) return tl::unexpected<Error>(broken().error());
    std::rewind(file_.get());
    std::array<Entry, 4096> entries;
    while (const std::size_t count = std::fread(entries.data(), sizeof(Entry), entries.size(), file_.get())) {
      for (std::size_t i = 0; i < count; ++i)
        if (std::ranges::binary_search(wanted, entries[i].hash)) sum.add(entries[i].size, 1);
    }
    if (std::ferror(file_.get()) != 0) return tl::unexpected<Error>(broken().error());
    return sum;
  }

 private:
  struct Entry {
    std::uint64_t hash;
    Bytes size;
  };
  explicit Counted(Stream file) : file_(std::move(file)) { randombytes_buf(key_.data(), key_.size()); }
  static Status broken() { return fail_errno(errno, "a temporary file"); }
  std::uint64_t hash(std::string_view text) const {
    std::uint64_t result = 0;
    static_assert(sizeof result == crypto_shorthash_BYTES);
    crypto_shorthash(reinterpret_cast<unsigned char*>(&result),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(), key_.data());
    return result;
  }

  Stream file_;
  std::array<unsigned char, crypto_shorthash_KEYBYTES> key_{};
};

bool renames_a_folder(const store::Intent& intent) {
  return intent.kind == store::Intent::Kind::rename && !intent.moved;
}

// The complete file at `path` as the counters see it, where a row has it in hand: as it was before. nullopt:
// none has.
std::optional<Sum> before_what_runs(const store::Standing& now, const std::string& path,
                                    const std::optional<struct stat>& found) {
  Sum there;
  for (const store::Partial& row : now.running) {
    if (row.path != path) continue;
    if (!found || found->st_ino != row.inode) return std::nullopt;  // what was there is there
    if (row.replaces) there.add(row.credit, 1);
    return there;
  }
  for (const store::Intent& intent : now.intents) {
    if (intent.path != path && intent.to != path) continue;
    const bool is_source = intent.path == path;
    const auto size = is_source && intent.kind == store::Intent::Kind::rename ? intent.moved : intent.size;
    if (size) there.add(*size, 1);
    return there;
  }
  return std::nullopt;
}

class UsageCheck {
 public:
  explicit UsageCheck(const CheckedAccount& checked) : checked_(checked), store_(checked.store) {}

  Status run() {
    for (int walk = 0; walk < kMostWalks; ++walk) {
      const Status done = one_walk();
      if (done || done.error().kind != Errc::busy) return done;
    }
    return fail(Errc::busy,
                "folders are being renamed all the time, the counters cannot be compared: try again");
  }

 private:
  // Errc::busy: once more.
  Status one_walk() {
    auto audit = store_.begin_audit(checked_.account.id, wall_now());
    if (!audit) {
      return audit.error().kind == Errc::busy ? fail(Errc::exists, audit.error().context)
                                              : tl::unexpected<Error>(audit.error());
    }
    audit_ = *audit;
    keep_at_ = Deadline::after(kKeepEvery);
    known_at_.clear();
    sum_ = Sum();
    Status done = {};
    for (const auto step : {&UsageCheck::walk, &UsageCheck::settle_moved_paths, &UsageCheck::compare}) {
      if (checked_.meanwhile) checked_.meanwhile();
      if (done) done = (this->*step)();
    }
    const Status ended = store_.end_audit(checked_.account.id, audit_);
    return done ? ended : done;
  }

  Status keep() {
    if (!keep_at_.passed()) return {};
    keep_at_ = Deadline::after(kKeepEvery);
    return kept();
  }
  Status kept() {
    const Status kept = store_.keep_audit(checked_.account.id, audit_, wall_now());
    if (!kept && kept.error().kind == Errc::not_found) return fail(Errc::busy, kept.error().context);
    return kept;
  }

  Status look(const std::function<Status(Store::Held&, const store::Standing&)>& body) {
    return store_.hold(checked_.account.id, [&](Store::Held& held) -> Status {
      auto now = held.standing();
      if (!now) return tl::unexpected<Error>(now.error());
      return body(held, *now);
    });
  }

  Status walk() {
    bool folder_moves = false;
    std::int64_t first = 0;
    Status done = look([&](Store::Held&, const store::Standing& now) -> Status {
      first = now.last_change;
      folder_moves = std::ranges::any_of(now.intents, renames_a_folder);
      note_in_hand(now);
      return {};
    });
    if (!done) return done;
    auto counted = Counted::open();
    if (!counted) return tl::unexpected<Error>(counted.error());
    int since_look = 0;
    done =
        HomeWalk::run(checked_.account.home, [&](std::string_view path, const struct stat& found) -> Status {
          sum_.add(found.st_size, 1);
          if (checked_.meanwhile) checked_.meanwhile();
          if (++since_look % 1024 == 0)
            if (const Status kept = keep(); !kept) return kept;
          return counted->note(path, found.st_size);
        });
    if (!done) return done;
    done = look([&](Store::Held& held, const store::Standing& now) -> Status {
      walked_at_ = now.last_change;
      note_in_hand(now);
      folder_moves = folder_moves || std::ranges::any_of(now.intents, renames_a_folder);
      for (store::Change& change : held.changes_after(first)) {
        folder_moves = folder_moves || change.is_folder;
        known_at_.emplace(std::move(change.path), kUnknown);
      }
      return {};
    });
    if (!done) return done;
    if (checked_.meanwhile) checked_.meanwhile();
    if (folder_moves) return fail(Errc::busy, "a folder was renamed");
    return take_out(*counted);
  }

  void note_in_hand(const store::Standing& now) {
    for (const store::Partial& row : now.running) known_at_.emplace(row.path, kUnknown);
    for (const store::Intent& intent : now.intents) {
      known_at_.emplace(intent.path, kUnknown);
      if (!intent.to.empty()) known_at_.emplace(intent.to, kUnknown);
    }
  }

  Status take_out(Counted& counted) {
    std::vector<std::string> paths;
    for (const auto& [path, number] : known_at_) paths.push_back(path);
    const auto seen = counted.of(paths);
    if (!seen) return tl::unexpected<Error>(seen.error());
    sum_.add(-seen->bytes, -seen->files);
    return {};
  }

  Status settle_moved_paths() {
    auto next = known_at_.begin();
    while (next != known_at_.end()) {
      if (const Status kept = keep(); !kept) return kept;
      const Status done = look([&](Store::Held&, const store::Standing& now) -> Status {
        // One that has been carried out is among the changes that compare() looks through.
        if (std::ranges::any_of(now.intents, renames_a_folder))
          return fail(Errc::busy, "a folder is being renamed");
        settled_at_ = now.last_change;
        for (std::size_t i = 0; i < kLooksAtOnce && next != known_at_.end(); ++i, ++next) {
          auto there = file_at(now, next->first);
          if (!there) return tl::unexpected<Error>(there.error());
          sum_.add(there->bytes, there->files);
          next->second = now.last_change;
        }
        return {};
      });
      if (!done) return done;
    }
    return {};
  }

  Result<Sum> file_at(const store::Standing& now, const std::string& path) {
    const auto found = checked_.home.look_again(path);
    if (!found) return tl::unexpected<Error>(found.error());
    if (auto before = before_what_runs(now, path, *found)) return *before;
    Sum there;
    if (*found && S_ISREG((*found)->st_mode)) there.add((*found)->st_size, 1);
    return there;
  }

  Status compare() {
    if (const Status valid = kept(); !valid) return valid;
    std::optional<Finding> files, pending;
    const Status done = look([&](Store::Held& held, const store::Standing& now) -> Status {
      Sum truth = sum_;
      for (const store::Change& change : held.changes_after(walked_at_)) {
        if (change.is_folder && change.number <= settled_at_) return fail(Errc::busy, "a folder was renamed");
        const auto known = known_at_.find(change.path);
        if (known == known_at_.end() || change.number > known->second) truth.add(change.bytes, change.files);
      }
      truth.add(now.waiting_bytes, now.paths_without_file);
      const store::Account& says = now.account;
      if (truth.bytes != says.used_bytes || truth.files != says.used_files)
        files = usage_finding(says, truth);
      if (now.held != says.pending_bytes) pending = pending_finding(says, now.held);
      if (checked_.fixes && (files || pending)) held.set_usage(truth.bytes, truth.files);
      return {};
    });
    if (!done) return done;
    for (auto& finding : {files, pending}) {
      if (!finding) continue;
      Finding told = *finding;
      told.is_fixed = checked_.fixes;
      checked_.tell(std::move(told));
    }
    return {};
  }

  static Finding usage_finding(const store::Account& says, const Sum& truth) {
    return {"usage",
            says.name,
            "",
            fmt::format("the store counts {} bytes in {} files, there are {} bytes in {} files",
                        says.used_bytes, says.used_files, truth.bytes, truth.files),
            "the store counts what is there",
            false};
  }
  static Finding pending_finding(const store::Account& says, Bytes held) {
    return {"pending",
            says.name,
            "",
            fmt::format("the store reserves {} bytes for running uploads, which hold {}", says.pending_bytes,
                        held),
            "the reservation is what they hold",
            false};
  }

  static constexpr std::int64_t kUnknown = -1;

  const CheckedAccount& checked_;
  Store& store_;
  store::AuditId audit_ = 0;
  Deadline keep_at_ = Deadline::infinite();
  Sum sum_;                                       // of complete files
  std::map<std::string, std::int64_t> known_at_;  // path that moved -> the change up to which sum_ has it
  std::int64_t walked_at_ = 0;                    // the same for all other paths
  std::int64_t settled_at_ = 0;
};

}  // namespace

Status check_usage(const CheckedAccount& checked) {
  return UsageCheck(checked).run();
}

}  // namespace ferry::admin
