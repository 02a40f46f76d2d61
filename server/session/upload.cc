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
constexpr Bytes kFirstGrant = 256 * 1024;
constexpr Bytes kLastGrant = 8 * 1024 * 1024;

// At a full quota: how long an upload waits for younger ones of the same account to end or give way, and how
// long the youngest waits for others to give back what they were granted and did not need.
constexpr std::chrono::seconds kWaitForRoom{20};
constexpr std::chrono::milliseconds kYoungestWaits{400};
constexpr std::chrono::milliseconds kLookAgain{20}, kLookAgainAtMost{200};

Status cut_file(int fd, Bytes size) {
  if (ftruncate(fd, size) != 0) return fail_errno(errno, "partial");
  return {};
}

constexpr std::size_t kCopyPiece = 256 * 1024;
// Whole blocks of any file system, so that one that can share them does; short enough for ABOR where it must
// copy.
constexpr Bytes kCopyStep = 16 * 1024 * 1024;

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
  park();
}

Result<std::unique_ptr<Upload>> Upload::begin(Services& services, const Home& home,
                                              const store::Account& account, Place place,
                                              const Request& request) {
  if (place.info && place.info->is_directory())
    return refusal(Errc::is_directory, "{} is a folder", place.path);
  if (place.info && !place.info->is_file())
    return refusal(Errc::permission, "{} is not a plain file", place.path);
  // Asked now, because the rename at the end would only say so behind the last byte.
  const FolderRights rights = FolderRights::of(services.identity, place.parent.get());
  if (place.info ? !rights.can_take(place.info->uid) : !rights.can_add())
    return refusal(Errc::permission, "{}: the server may not write in this folder", place.path);
  const Bytes complete = place.info ? place.info->size : 0;

  auto waiting = services.store.partial_at(account.id, place.path);
  if (!waiting) return tl::unexpected(waiting.error());
  if (*waiting && (*waiting)->owner) return refusal(Errc::busy, "{} is being uploaded", place.path);
  // APPE acts on what a client sees under the name: the complete file if there is one. REST means the
  // partial.
  const bool acts_on_what_is_seen = request.start == Start::append || request.range;
  const bool resumes =
      *waiting && (request.start == Start::at_offset || (acts_on_what_is_seen && !place.info));
  const Bytes there = resumes ? (*waiting)->received : complete;
  const Bytes keep = request.range                    ? request.range->first
                     : request.start == Start::append ? there
                                                      : request.offset;
  if (keep > there) {
    return refusal(Errc::out_of_range, "{}: only {} bytes are here, cannot go on at {}", place.path, there,
                   keep);
  }
  if (request.range && resumes && request.range->end < there) {
    return refusal(Errc::out_of_range, "{} is an unfinished upload: a range must reach its end at {}",
                   place.path, there);
  }
  // Known before the first byte: the size the file will have.
  auto total = request.announced;
  if (request.range) total = std::max(request.range->end, complete);
  if (total && account.quota_bytes && *total > std::max(*account.quota_bytes, complete))
    return refusal(Errc::over_quota, "{}: quota exceeded, {} bytes do not fit", place.path, *total);
  const bool is_patch = request.range && place.info;
  auto upload = *waiting ? claim(services, home, account, std::move(place))
                         : create(services, home, account, std::move(place), total);
  if (!upload) return upload;
  (*upload)->is_patch_ = is_patch;
  if (request.range) (*upload)->end_ = request.range->end;
  if (resumes && keep > (*upload)->row_.granted) {
    return refusal(Errc::out_of_range, "{}: only {} bytes are here", (*upload)->path(),
                   (*upload)->row_.granted);
  }
  (*upload)->offset_ = keep;
  (*upload)->copies_ = !resumes && keep > 0;
  const Bytes needed = std::max(total.value_or(0), (*upload)->copies_ ? keep : 0);
  if (needed > 0) {
    if (auto reserved = (*upload)->reserve(std::max(needed, keep)); !reserved)
      return tl::unexpected(reserved.error());
  }
  return upload;
}

Result<std::unique_ptr<Upload>> Upload::claim(Services& services, const Home& home,
                                              const store::Account& account, Place place) {
  const auto complete = place.info ? std::optional(place.info->size) : std::nullopt;
  auto row = services.store.claim_partial(account.id, place.path, complete, services.owner);
  if (!row) return tl::unexpected(row.error());
  auto file = home.open_partial(row->token);
  if (!file &&
      file.error().kind == Errc::not_found) {  // removed behind our back: the row says nothing any more
    static_cast<void>(services.store.drop_upload(row->id));
    return refusal(Errc::io, "{}: the partial is gone, send it again from the start", place.path);
  }
  const Bytes received = row->granted;
  std::unique_ptr<Upload> upload(new Upload(services, home, account, std::move(place), std::move(*row),
                                            file ? std::move(*file) : UniqueFd()));
  upload->tail_end_ = received;
  if (!file) return tl::unexpected(file.error());
  return check_place(std::move(upload));
}

Result<std::unique_ptr<Upload>> Upload::create(Services& services, const Home& home,
                                               const store::Account& account, Place place,
                                               std::optional<Bytes> announced) {
  auto partial = home.make_partial(services.owner);
  if (!partial) return tl::unexpected(partial.error());
  const auto complete = place.info ? std::optional(place.info->size) : std::nullopt;
  auto row =
      services.store.begin_upload({account.id, place.path, partial->token, partial->inode, complete,
                                   announced, services.owner, std::max(kFirstGrant, announced.value_or(0))});
  if (!row) {
    static_cast<void>(home.remove_partial(partial->token));
    if (row.error().kind == Errc::exists) {
      return refusal(Errc::busy, "{}: another upload has just ended here, try again", place.path);
    }
    return tl::unexpected(row.error());
  }
  return check_place(std::unique_ptr<Upload>(
      new Upload(services, home, account, std::move(place), std::move(*row), std::move(partial->file))));
}

// The row makes the path ours; what was seen before it was there may be history.
Result<std::unique_ptr<Upload>> Upload::check_place(std::unique_ptr<Upload> upload) {
  if (upload->home_.is_as_seen(upload->place_)) return upload;
  return refusal(Errc::busy, "{} has just been changed by another session, try again", upload->path());
}

Status Upload::prepare(Watch& watch) {
  if (is_prepared_) return {};
  if (copies_) {
    if (auto cut = cut_tail(); !cut) return cut;
    if (auto copied = copy_complete(offset_, watch); !copied) return copied;
  }
  if (auto hashed = hash_prefix(watch); !hashed) return hashed;
  size_ = offset_;
  is_prepared_ = true;
  return {};
}

Status Upload::hash_prefix(Watch& watch) {
  if (offset_ == 0) return {};
  Digest prefix(DigestKind::sha256);
  const Status read =
      digest_range(file_.get(), 0, offset_, prefix, [&](Bytes) -> Status { return watch.look(); });
  if (!read) return read;
  digest_.start_behind(std::move(prefix), offset_);
  return {};
}

Status Upload::cut_tail() {
  if (tail_end_ > size_) {
    if (auto cut = cut_file(file_.get(), size_); !cut) return cut;
    if (auto shrunk = services_.store.shrink(row_.id, size_); !shrunk) return shrunk;
    row_.granted = size_;
  }
  tail_end_ = 0;
  return {};
}

Status Upload::copy_complete(Bytes length, Watch& watch) {
  auto source = home_.open_for_reading(place_);
  if (!source) return tl::unexpected(source.error());
  off_t from = 0, to = 0;
  while (from < length) {
    const auto step = static_cast<std::size_t>(std::min(length - from, kCopyStep));
    const ssize_t copied = copy_file_range(source->get(), &from, file_.get(), &to, step, 0);
    if (copied < 0 && errno == EINTR) continue;
    if (copied < 0) return fail_errno(errno, place_.path);
    if (copied == 0) return refusal(Errc::io, "{} became shorter while it was copied", place_.path);
    if (auto looked = watch.look(); !looked) return looked;
  }
  return {};
}

Result<Bytes> Upload::grow(Bytes want) {
  auto granted = services_.store.grow(row_.id, want);
  if (granted) row_.granted = *granted;
  return granted;
}

// All of `total` before the first byte, or a refusal before the first byte.
Status Upload::reserve(Bytes total) {
  // Also where the account has no limit, a size that no disk has must not stand in the books.
  struct stat status {};
  if (fstat(file_.get(), &status) != 0) return fail_errno(errno, place_.path);
  const auto free = free_bytes(file_.get());
  if (!free) return tl::unexpected(free.error());
  if (total - status.st_size > *free)
    return refusal(Errc::no_space, "{}: the disk has no room for {} bytes", place_.path, total);
  while (row_.granted < total) {
    const Bytes before = row_.granted;
    if (auto granted = grow(total - before); !granted) return tl::unexpected(granted.error());
    if (row_.granted >= total) break;
    auto reclaimed = reclaim_one();
    if (!reclaimed) return tl::unexpected(reclaimed.error());
    if (!*reclaimed)
      return refusal(Errc::over_quota, "{}: quota exceeded, {} bytes do not fit", place_.path, total);
  }
  // Blocks for the whole file now, so that a full disk is known now. Not every file system can; then the
  // write will tell.
  if (total > size_ && fallocate(file_.get(), FALLOC_FL_KEEP_SIZE, 0, total) != 0 &&
      (errno == ENOSPC || errno == EDQUOT)) {
    return fail_errno(errno, place_.path);
  }
  return {};
}

// An upload that once broke off because the account was full gives its bytes to one that runs.
Result<bool> Upload::reclaim_one() {
  auto victim = services_.store.claim_reclaimable(row_.account, services_.owner);
  if (!victim) return tl::unexpected(victim.error());
  if (!*victim) return false;
  if (auto removed = home_.remove_partial((*victim)->token); !removed) return tl::unexpected(removed.error());
  if (auto dropped = services_.store.drop_upload((*victim)->id); !dropped)
    return tl::unexpected(dropped.error());
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
  if (auto cut = cut_tail(); !cut) return cut;
  while (!bytes.empty()) {
    if (row_.granted == size_) {
      if (auto room = make_room(size_ + 1, watch); !room) return room;
    }
    const std::string_view fits = bytes.substr(0, static_cast<std::size_t>(row_.granted - size_));
    if (auto written = write_granted(fits); !written) return written;
    bytes.remove_prefix(fits.size());
  }
  return {};
}

Status Upload::keep_rest(Watch& watch) {
  if (auto prepared = prepare(watch); !prepared) return prepared;
  if (!is_patch_ || size_ >= place_.info->size) return {};
  auto source = home_.open_for_reading(place_);
  if (!source) return tl::unexpected(source.error());
  const auto buffer = std::make_unique_for_overwrite<char[]>(kCopyPiece);
  while (size_ < place_.info->size) {
    const auto want = static_cast<std::size_t>(std::min<Bytes>(place_.info->size - size_, kCopyPiece));
    const ssize_t got = pread(source->get(), buffer.get(), want, size_);
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
  if (auto cut = cut_tail(); !cut) return cut;
  // What was reserved beyond the end is given back to the file system; an overwritten file keeps its
  // permissions.
  if (row_.granted > size_) {
    if (auto cut = cut_file(file_.get(), size_); !cut) return cut;
  }
  if (place_.info && fchmod(file_.get(), place_.info->mode & 0777) != 0)
    return fail_errno(errno, place_.path);
  if (services_.options.durable && fdatasync(file_.get()) != 0) return fail_errno(errno, place_.path);
  return {};
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
  if (auto published = home_.publish(row_.token, place_); !published) return published;

  // From here the file is there under its name: what follows must come to pass, now or a little later.
  is_settled_ = true;
  const Status synced = durable ? home_.sync_folder(place_) : Status{};
  const store::FileDigest digest{size_, info.mtime_ns(), info.inode, sha256_};
  auto settle = [&store = services_.store, id = row_.id, commit = store::Commit{size_, digest}, durable] {
    return store.commit_upload(id, commit, durable);
  };
  const Status settled = settle();
  if (!settled) services_.unsettled.add(settle);
  return synced ? settled : synced;
}

void Upload::park() {
  if (is_settled_) return;
  is_settled_ = true;
  // Nothing has been written: what lay there before lies there still.
  const bool is_untouched = !is_prepared_ || tail_end_ > size_;
  // The complete file is as it was; what came of the range alone is of no use to anybody.
  const Bytes keeps = is_untouched ? tail_end_ : is_patch_ ? 0 : size_;
  if (file_) {
    static_cast<void>(cut_file(file_.get(), keeps));  // blocks reserved beyond the end go back
    if (services_.options.durable) static_cast<void>(fdatasync(file_.get()));
  }
  // Opens the home anew: the session may be gone when this has to be tried again.
  auto settle = [&store = services_.store, folder = home_folder_, row = row_, keeps,
                 sha256 = is_untouched ? row_.sha256 : digest_.finish().value_or(""),
                 hit_quota = hit_quota_ || (is_untouched && row_.hit_quota)] {
    return store.park_upload(row.id, keeps, sha256, hit_quota, [&](Bytes fits) -> Status {
      auto home = Home::open(folder, true);
      if (!home) return tl::unexpected(home.error());
      return home->cut_partial(row.token, fits);
    });
  };
  if (const Status settled = settle(); !settled) {
    services_.logs.service(Logs::Level::warning, fmt::format("upload of {}: {}; it is tried again",
                                                             place_.path, settled.error().context));
    services_.unsettled.add(settle);
  }
}

}  // namespace ferry
