#include "server/session/upload.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace ferry {

namespace {

// Grants double with the file from the first to the last: small files take little more than they need, large
// ones ask rarely.
constexpr Bytes kLastGrant = 8 * 1024 * 1024;

// At a full quota: how long an upload waits for younger ones of the same account to end or give way, and how
// long the youngest waits for others to give back what they were granted and did not need.
constexpr std::chrono::seconds kWaitForRoom{20};
constexpr std::chrono::milliseconds kYoungestWaits{400};
constexpr std::chrono::milliseconds kLookAgain{20}, kLookAgainAtMost{200};

Status cut_file(int fd, Bytes size) {
  if (ftruncate(fd, size) != 0) return fail_errno(errno, "the unfinished upload");
  return {};
}

// Never makes it longer: zeros are not what was sent.
void cut_to_at_most(int fd, Bytes size) {
  struct stat status {};
  if (fstat(fd, &status) == 0) static_cast<void>(cut_file(fd, std::min<Bytes>(size, status.st_size)));
}

constexpr std::size_t kCopyPiece = 256 * 1024;
constexpr Bytes kQuickPrefix = 16 * 1024 * 1024;

}  // namespace

Upload::Upload(Services& services, const Home& home, const store::Account& account, Place place,
               store::Partial row, UniqueFd file)
    : services_(services),
      home_folder_(account.home),
      home_(home),
      place_(std::move(place)),
      row_(std::move(row)),
      file_(std::move(file)) {}

Upload::~Upload() {
  park(Parking::thoroughly);
  finish_parking();
}

Result<Bytes> Upload::grow(Bytes want) {
  auto granted = services_.store.grow(row_.id, want);
  if (granted) row_.granted = *granted;
  return granted;
}

// An upload that once broke off because the account was full gives its bytes to one that runs.
Result<bool> Upload::reclaim_one() {
  auto victim = services_.store.claim_reclaimable(row_.account, services_.owner);
  if (!victim) return tl::unexpected(victim.error());
  if (!*victim) return false;
  if (auto removed = home_.remove_partial((*victim)->token); !removed) {
    const auto put_back = [&store = services_.store, row = **victim] {
      return store.park_upload(row.id, row.received, row.sha256, true, [](Bytes) -> Status { return {}; });
    };
    static_cast<void>(services_.unsettled.now_or_later(put_back));
    return tl::unexpected(removed.error());
  }
  const auto drop = [&store = services_.store, id = (*victim)->id] { return store.drop_upload(id); };
  if (auto dropped = services_.unsettled.now_or_later(drop); !dropped) return tl::unexpected(dropped.error());
  return true;
}

Status Upload::make_room(Bytes total, Watch& watch) {
  auto look_again = kLookAgain;
  const Deadline give_up = Deadline::after(kWaitForRoom);
  const Deadline youngest_gives_up = Deadline::after(kYoungestWaits);
  while (row_.granted < total) {
    const Bytes step = std::clamp(size_, kFirstGrant, kLastGrant);
    const Bytes before = row_.granted;
    if (auto granted = grow(std::max(total - before, step)); !granted) return tl::unexpected(granted.error());
    if (row_.granted > before) continue;
    auto reclaimed = reclaim_one();
    if (!reclaimed) return tl::unexpected(reclaimed.error());
    if (*reclaimed) continue;
    auto is_youngest = services_.store.is_youngest(row_.id);
    if (!is_youngest) return tl::unexpected(is_youngest.error());
    if (give_up.passed() || (*is_youngest && youngest_gives_up.passed())) {
      hit_quota_ = true;
      return refusal(Errc::over_quota,
                     "{}: quota exceeded, {} bytes are kept and can be resumed when there is room",
                     place_.path, size_);
    }
    const auto paused = watch.wait(-1, 0, Deadline::after(look_again));
    look_again = std::min(look_again * 2, kLookAgainAtMost);
    if (!paused && paused.error().kind != Errc::timeout) return paused;
  }
  return {};
}

Status Upload::write(std::string_view bytes, Watch& watch) {
  if (bytes.empty()) return {};
  if (auto prepared = prepare(watch); !prepared) return prepared;
  const auto fits = static_cast<std::uint64_t>(end_ - size_);
  if (bytes.size() <= fits) return write_within_grant(bytes, watch);
  if (auto written = write_within_grant(bytes.substr(0, fits), watch); !written) return written;
  return refusal(Errc::out_of_range, "{}: more bytes came than the range has", place_.path);
}

Status Upload::write_within_grant(std::string_view bytes, Watch& watch) {
  while (!bytes.empty()) {
    if (row_.granted <= size_) {
      if (auto room = make_room(size_ + 1, watch); !room) return room;
    }
    const std::string_view fits = bytes.substr(0, static_cast<std::size_t>(row_.granted - size_));
    if (auto written = write_granted(fits); !written) return written;
    bytes.remove_prefix(fits.size());
  }
  return {};
}

Status Upload::write_what_fits(std::string_view bytes) {
  if (bytes.empty()) return {};
  if (!is_prepared_) {
    // What would take long is not done for a client that is gone or said ABOR: it sends these bytes again.
    if (offset_ > kQuickPrefix) return fail(Errc::cancelled, "not prepared");
    if (auto prepared = prepare_with([]() -> Status { return {}; }); !prepared) return prepared;
  }
  const auto count = std::min(bytes.size(), static_cast<std::uint64_t>(end_ - size_));
  if (const Bytes more = size_ + static_cast<Bytes>(count) - row_.granted; more > 0) {
    if (auto granted = grow(more); !granted) return tl::unexpected(granted.error());
  }
  const auto fits = static_cast<std::size_t>(std::max<Bytes>(0, row_.granted - size_));
  if (auto written = write_granted(bytes.substr(0, std::min(count, fits))); !written) return written;
  // What follows must not be written behind a gap.
  return fits < bytes.size() ? Status(fail(Errc::over_quota, "no room")) : Status{};
}

Status Upload::keep_rest(Watch& watch) {
  if (auto prepared = prepare(watch); !prepared) return prepared;
  if (!is_patch_ || size_ >= place_.info->size) return {};
  const auto buffer = std::make_unique_for_overwrite<char[]>(kCopyPiece);
  while (size_ < place_.info->size) {
    const auto want = static_cast<std::size_t>(std::min<Bytes>(place_.info->size - size_, kCopyPiece));
    const ssize_t got = pread(complete_.get(), buffer.get(), want, size_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, place_.path);
    if (got == 0)
      return refusal(Errc::busy, "{} has just been changed by another session, try again", place_.path);
    const std::string_view piece(buffer.get(), static_cast<std::size_t>(got));
    if (auto written = write_within_grant(piece, watch); !written) return written;
    if (auto looked = watch.look(); !looked) return looked;
  }
  return {};
}

Status Upload::write_granted(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(file_.get(), bytes.data(), bytes.size(), size_);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(errno, place_.path);
    const auto count = static_cast<std::size_t>(written);
    digest_.add(file_.get(), bytes.substr(0, count));
    size_ += written;
    bytes.remove_prefix(count);
  }
  return {};
}

Status Upload::sync() {
  // What was reserved beyond the end is given back to the file system.
  if (row_.granted > size_) {
    if (auto cut = cut_file(file_.get(), size_); !cut) return cut;
  }
  return services_.options.durable ? sync_data() : Status{};
}

// What could not be written is gone from memory, and the next sync knows nothing of it: such a partial would
// be resumed with zeros in it.
Status Upload::sync_data() {
  if (fdatasync(file_.get()) == 0) return {};
  const int error_number = errno;
  is_lost_ = true;
  return fail_errno(error_number, place_.path);
}

Status Upload::commit(const std::function<Status()>& last_look) {
  if (auto synced = sync(); !synced) return synced;
  struct stat status {};
  if (fstat(file_.get(), &status) != 0) return fail_errno(errno, place_.path);
  auto sha256 = digest_.finish();
  if (!sha256) return tl::unexpected(sha256.error());
  sha256_ = std::move(*sha256);
  if (auto looked = last_look(); !looked) return looked;
  return publish(FileInfo::of(status));
}

Status Upload::publish(const FileInfo& info) {
  const bool durable = services_.options.durable;
  // An overwritten file keeps its permissions. A partial does not take them: it must be opened to be resumed.
  if (place_.info && fchmod(file_.get(), place_.info->mode & 0777) != 0)
    return fail_errno(errno, place_.path);
  if (auto published = home_.publish(row_.token, place_); !published) {
    static_cast<void>(fchmod(file_.get(), info.mode & 0777));
    return published;
  }

  // From here the file is there under its name: what follows must come to pass, now or a little later.
  is_settled_ = true;
  const Status synced = durable ? home_.sync_folder(place_) : Status{};
  const store::FileDigest digest{size_, info.mtime_ns(), info.inode, sha256_};
  auto settle = [&store = services_.store, id = row_.id, commit = store::Commit{size_, digest}, durable] {
    return store.commit_upload(id, commit, durable);
  };
  const Status settled = services_.unsettled.now_or_later(settle);
  return synced ? settled : synced;
}

void Upload::park(Parking how) {
  if (is_settled_) return;
  is_settled_ = true;
  // What lay there before lies there still, but for a tail that has been cut.
  const bool is_untouched = !is_prepared_;
  // The complete file is as it was; what came of the range alone is of no use to anybody.
  Bytes keeps = is_untouched ? tail_end_ : is_patch_ ? 0 : size_;
  std::string sha256 = is_untouched ? row_.sha256 : "";
  if (file_) cut_to_at_most(file_.get(), keeps);  // blocks reserved beyond the end go back
  if (file_ && keeps > 0 && !is_untouched) {
    parked_ = keeps;
    if (how == Parking::thoroughly && !is_lost_) sha256 = sync_and_hash();
  }
  if (is_lost_) keeps = 0;
  // Opens the home anew: the session may be gone when this has to be tried again.
  auto settle = [&store = services_.store, folder = home_folder_, row = row_, keeps, sha256,
                 hit_quota = hit_quota_ || (is_untouched && row_.hit_quota)] {
    return store.park_upload(row.id, keeps, sha256, hit_quota, [&](Bytes fits) -> Status {
      auto home = Home::open(folder, true);
      if (!home) return tl::unexpected(home.error());
      return home->cut_partial(row.token, fits);
    });
  };
  if (const Status settled = services_.unsettled.now_or_later(settle); !settled) {
    services_.logs.service(Logs::Level::warning, fmt::format("upload of {}: {}; it is tried again",
                                                             place_.path, settled.error().context));
  }
}

std::string Upload::sync_and_hash() {
  parked_.reset();
  if (services_.options.durable) static_cast<void>(sync_data());
  return digest_.finish().value_or("");
}

// Until here the row tells no digest, so nobody takes bytes for proven that a failing power supply might
// cost.
void Upload::finish_parking() {
  if (!parked_ || is_lost_) return;
  store::Partial row = row_;
  row.received = *parked_;
  static_cast<void>(services_.store.keep_partial_digest(row, sync_and_hash()));
}

}  // namespace ferry
