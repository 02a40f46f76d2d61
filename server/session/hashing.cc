#include "server/session/hashing.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <cerrno>

#include "server/session/changes.h"
#include "server/session/permit.h"
#include "server/session/replies.h"
#include "server/session/watch.h"

namespace ferry {

namespace {

// A file may change again within one tick of its file system's clock, and its time does not tell. A digest is
// kept only of one that has rested for longer than the coarsest tick.
constexpr std::chrono::seconds kRested{2};

Result<FileInfo> info_now(const Digestible& source) {
  struct stat status {};
  if (fstat(source.file.get(), &status) != 0) return fail_errno(errno, source.place.path);
  return FileInfo::of(status);
}

Result<Digestible> with_info(Digestible source) {
  auto info = info_now(source);
  if (!info) return tl::unexpected(info.error());
  source.info = *info;
  return source;
}

tl::unexpected<Error> has_changed(const Digestible& source) {
  return refusal(Errc::busy, "{} changed while it was read, try again", source.place.path);
}

bool is_of(const store::FileDigest& known, const FileInfo& info) {
  return known.size == info.size && known.mtime_ns == info.mtime_ns() && known.inode == info.inode &&
         !known.sha256.empty();
}

Result<Digestible> open_if_waiting(Session& session, Place place) {
  auto waiting = waiting_partial(session, place);
  if (!waiting) return tl::unexpected(waiting.error());
  if (!*waiting) return refusal(Errc::not_found, "{}: no such file", place.path);
  return open_partial(session, std::move(place), **waiting);
}

std::optional<std::string> find_kept(Session& session, const Digestible& source) {
  const auto known = session.services.store.digest_at(session.account().id, source.place.path);
  if (!known || !*known || !is_of(**known, source.info)) return std::nullopt;
  if (store::is_sha256((*known)->sha256)) return (*known)->sha256;
  session.services.logs.service(
      Logs::Level::error, fmt::format("{}: a damaged row of the store, the digest of {}: it is computed anew",
                                      session.account().name, source.place.path));
  return std::nullopt;
}

void keep(Session& session, const Digestible& source, const std::string& hex) {
  if (source.info.modified + kRested > wall_now() || !session.home().is_as_seen(source.place)) return;
  const store::FileDigest digest{source.info.size, source.info.mtime_ns(), source.info.inode, hex};
  static_cast<void>(session.services.store.keep_digest(session.account().id, source.place.path, digest));
}

Result<std::string> compute(Session& session, const Digestible& source, DigestKind kind, Bytes first,
                            Bytes end, Watch& watch, LongReply& reply) {
  const auto tell = [&] {
    reply.tell(session.text("Computing {}: {} of {} bytes", digest_name(kind), watch.bytes(), end - first));
  };
  watch.expect(end - first);
  watch.on_stat(tell);
  Digest digest(kind);
  auto told = std::chrono::steady_clock::now();
  const Status read = digest_range(source.file.get(), first, end, digest, [&](Bytes piece) -> Status {
    watch.count(piece);
    if (const auto now = std::chrono::steady_clock::now(); now - told >= kTellEvery) {
      told = now;
      tell();
    }
    return watch.look();
  });
  if (!read && read.error().kind == Errc::out_of_range) return has_changed(source);
  if (!read) return tl::unexpected(read.error());
  const auto now = info_now(source);
  if (!now) return tl::unexpected(now.error());
  if (now->size != source.info.size || now->modified != source.info.modified) return has_changed(source);
  return digest.hex();
}

}  // namespace

Result<Digestible> open_for_digest(Session& session, std::string_view path) {
  auto place = session.home().locate(path);
  if (!place) return tl::unexpected(place.error());
  if (place->info && place->info->is_directory())
    return refusal(Errc::is_directory, "{} is a folder", place->path);
  if (place->info && !place->info->is_file())
    return refusal(Errc::unsupported, "{} is not a plain file", place->path);
  if (!place->info) return open_if_waiting(session, std::move(*place));
  auto file = session.home().open_for_reading(*place);
  if (!file) return tl::unexpected(file.error());
  return with_info(Digestible{std::move(*file), std::move(*place), {}, true});
}

Result<Digestible> open_partial(Session& session, Place place, const store::Partial& partial) {
  if (partial.owner) return refusal(Errc::busy, "{} is being uploaded", place.path);
  auto file = session.home().open_partial(partial.token);
  if (!file) return tl::unexpected(file.error());
  return with_info(Digestible{std::move(*file), std::move(place), {}, false});
}

void LongReply::tell(std::string_view text) {
  has_begun_ = true;
  session_.reply_line(code_, text);
}

void LongReply::end(int code, std::string_view text) {
  session_.reply(ftp::Reply{has_begun_ ? code_ : code, {std::string(text)}});
}

void refuse_digest(Session& session, LongReply& reply, const Error& error, bool is_aborted) {
  if (!is_aborted) return reply.end(reply_code_for(error), text_of(error, session.language));
  reply.end(426, session.text("Transfer aborted"));
  session.reply(226, "ABOR done");
}

Result<std::string> digest_of(Session& session, const Digestible& source, DigestKind kind, Bytes first,
                              Bytes end, LongReply& reply, bool& is_aborted) {
  const bool is_kept_kind =
      kind == DigestKind::sha256 && source.is_complete && first == 0 && end == source.info.size;
  if (is_kept_kind) {
    if (auto kept = find_kept(session, source)) return *kept;
  }
  const TransferPermit permit(session);
  if (!permit.is_given()) return refusal(Errc::busy, "Too many transfers run now, try again in a moment");
  Watch watch(session, "digest", source.place.path);
  auto hex = compute(session, source, kind, first, end, watch, reply);
  is_aborted = watch.aborted();
  if (hex && is_kept_kind) keep(session, source, *hex);
  return hex;
}

}  // namespace ferry
