// How an upload begins: what it builds on, what is reserved, and what must be ready before its first byte.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "server/session/upload.h"

namespace ferry {

namespace {

// Whole blocks of any file system, so that one that can share them does; short enough for ABOR where it must
// copy.
constexpr Bytes kCopyStep = 4 * 1024 * 1024;
constexpr std::size_t kComparePiece = 256 * 1024;

Status read_piece(int fd, char* bytes, std::size_t count, Bytes at) {
  while (count > 0) {
    const ssize_t got = pread(fd, bytes, count, at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "comparing");
    if (got == 0) return fail(Errc::busy, "the file became shorter");
    bytes += got;
    at += got;
    count -= static_cast<std::size_t>(got);
  }
  return {};
}

}  // namespace

// What the first bytes are.
struct Upload::Base {
  bool on_partial = false;  // the partial's, else the complete file's
  Bytes there = 0;          // how many there are
  Bytes keep = 0;           // and how many stay
  Bytes in_common = 0;
};

// Where a complete file and a partial have the same name, APPE and RANG act on what a client sees: the
// complete file. What REST means depends on where its sender looked: SIZE tells of the complete file, its own
// records and SITE BREAKPOINT of the partial. Where both could be meant they must begin alike, or a mixture
// would come of it.
Upload::Base Upload::base_of(const Request& request, const Place& place,
                             const std::optional<store::Partial>& waiting) {
  const Bytes complete = place.info ? place.info->size : 0;
  const Bytes received = waiting ? waiting->received : 0;
  const bool acts_on_what_is_seen = request.start == Start::append || request.range;
  Base base;
  if (waiting && !place.info) base.on_partial = request.start != Start::fresh || request.range;
  if (waiting && place.info && request.start == Start::at_offset && !acts_on_what_is_seen) {
    const Bytes offset = request.offset;
    const bool is_known =
        request.known && request.known->token == waiting->token && request.known->received == received;
    const bool only_partial = is_known || offset > complete || (offset == received && offset != complete);
    base.on_partial = only_partial || offset <= received;
    if (!only_partial) base.in_common = std::min(offset, received);
  }
  base.there = base.on_partial ? received : complete;
  base.keep = request.range                    ? request.range->first
              : request.start == Start::append ? base.there
                                               : request.offset;
  return base;
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
  const Base base = base_of(request, place, *waiting);
  if (base.keep > base.there) {
    return refusal(Errc::out_of_range, "{}: only {} bytes are here, cannot go on at {}", place.path,
                   base.there, base.keep);
  }
  if (request.range && base.on_partial && request.range->end < base.there) {
    return refusal(Errc::out_of_range, "{} is an unfinished upload: a range must reach its end at {}",
                   place.path, base.there);
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
  if (auto built = (*upload)->build_on(base, total); !built) return tl::unexpected(built.error());
  return upload;
}

Status Upload::build_on(const Base& base, std::optional<Bytes> total) {
  if (base.on_partial && base.keep > row_.received)
    return refusal(Errc::out_of_range, "{}: only {} bytes are here", place_.path, row_.received);
  offset_ = base.keep;
  copies_ = !base.on_partial && offset_ > 0;
  in_common_ = base.in_common;
  if (copies_ || is_patch_ || in_common_ > 0) {
    auto complete = home_.open_for_reading(place_);
    if (!complete) return tl::unexpected(complete.error());
    complete_ = std::move(*complete);
  }
  if (total || copies_) needed_ = std::max(total.value_or(0), offset_);
  return needed_ > 0 ? reserve(needed_) : Status{};
}

Result<std::unique_ptr<Upload>> Upload::claim(Services& services, const Home& home,
                                              const store::Account& account, Place place) {
  const auto complete = place.info ? std::optional(place.info->size) : std::nullopt;
  auto row = services.store.claim_partial(account.id, place.path, complete, services.owner);
  if (!row) return tl::unexpected(row.error());
  auto file = home.open_partial(row->token);
  if (!file &&
      file.error().kind == Errc::not_found) {  // removed behind our back: the row says nothing any more
    static_cast<void>(services.unsettled.now_or_later(
        [&store = services.store, id = row->id] { return store.drop_upload(id); }));
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
  return is_prepared_ ? Status{} : prepare_with([&watch] { return watch.look(); });
}

Status Upload::prepare_with(const Look& look) {
  if (auto alike = compare_with_complete(look); !alike) return alike;
  if (auto cut = cut_tail(); !cut) return cut;
  if (copies_) {
    if (auto copied = copy_complete(offset_, look); !copied) return copied;
  }
  if (auto hashed = hash_prefix(look); !hashed) return hashed;
  size_ = offset_;
  is_prepared_ = true;
  return {};
}

Status Upload::compare_with_complete(const Look& look) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(2 * kComparePiece);
  for (Bytes at = 0; at < in_common_;) {
    const auto step = static_cast<std::size_t>(std::min<Bytes>(in_common_ - at, kComparePiece));
    char *ours = buffer.get(), *theirs = buffer.get() + kComparePiece;
    if (auto read = read_piece(file_.get(), ours, step, at); !read) return read;
    if (auto read = read_piece(complete_.get(), theirs, step, at); !read) return read;
    if (std::memcmp(ours, theirs, step) != 0) {
      return refusal(
          Errc::out_of_range,
          "{}: beside the file waits an unfinished upload of another one; SITE BREAKPOINT tells of it, "
          "and STOR without REST starts anew",
          place_.path);
    }
    at += static_cast<Bytes>(step);
    if (auto looked = look(); !looked) return looked;
  }
  return {};
}

// What a claimed partial has behind the bytes that stay. What is reserved stays reserved.
Status Upload::cut_tail() {
  const Bytes keep = copies_ ? 0 : offset_;
  if (tail_end_ <= keep) return {};
  if (ftruncate(file_.get(), keep) != 0) return fail_errno(errno, "the unfinished upload");
  // Whatever fails from here, the partial is what it is now.
  tail_end_ = keep;
  row_.sha256.clear();
  const Bytes granted = std::max(keep, needed_);
  if (auto shrunk = services_.store.shrink(row_.id, granted, keep); !shrunk) return shrunk;
  row_.granted = std::min(row_.granted, granted);
  return take_blocks(needed_);
}

Status Upload::hash_prefix(const Look& look) {
  if (offset_ == 0) return {};
  Digest prefix(DigestKind::sha256);
  const Status read = digest_range(file_.get(), 0, offset_, prefix, [&](Bytes) { return look(); });
  if (!read) return read;
  digest_.start_behind(std::move(prefix), offset_);
  return {};
}

Status Upload::copy_complete(Bytes length, const Look& look) {
  off_t from = 0, to = 0;
  while (from < length) {
    const auto step = static_cast<std::size_t>(std::min(length - from, kCopyStep));
    const ssize_t copied = copy_file_range(complete_.get(), &from, file_.get(), &to, step, 0);
    if (copied < 0 && errno == EINTR) continue;
    if (copied < 0) return fail_errno(errno, place_.path);
    if (copied == 0) return refusal(Errc::io, "{} became shorter while it was copied", place_.path);
    if (auto looked = look(); !looked) return looked;
  }
  return {};
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
  return take_blocks(total);
}

// Blocks for the whole file now, so that a full disk is known now. Not every file system can; then the write
// will tell.
Status Upload::take_blocks(Bytes total) {
  if (total > size_ && fallocate(file_.get(), FALLOC_FL_KEEP_SIZE, 0, total) != 0 &&
      (errno == ENOSPC || errno == EDQUOT)) {
    return fail_errno(errno, place_.path);
  }
  return {};
}

}  // namespace ferry
