#include "server/session/changes.h"

#include <fmt/core.h>

#include <functional>
#include <initializer_list>

namespace ferry {

namespace {

Error not_found(const Place& place) {
  return refusal(Errc::not_found, "{}: no such file or folder", place.path).value();
}

Error changed_meanwhile(const Place& place) {
  return refusal(Errc::busy, "{} has just been changed by another session, try again", place.path).value();
}

std::optional<Bytes> counted_size(const Place& place) {
  return place.info && place.info->is_file() ? std::optional(place.info->size) : std::nullopt;
}

Status drop_waiting(Session& session, const Place& place) {
  Services& services = session.services;
  store::Store& store = services.store;
  auto claimed = store.claim_partial(session.account().id, place.path, counted_size(place), services.owner);
  if (!claimed) return tl::unexpected(claimed.error());
  const auto put_back = [&store, row = *claimed] {
    return store.park_upload(row.id, row.received, row.sha256, row.hit_quota,
                             [](Bytes) -> Status { return {}; });
  };
  if (!session.home().is_as_seen(place)) {
    const Status parked = services.unsettled.now_or_later(put_back);
    return parked ? tl::unexpected(changed_meanwhile(place)) : parked;
  }
  if (auto removed = session.home().remove_partial(claimed->token); !removed) {
    static_cast<void>(services.unsettled.now_or_later(put_back));
    return removed;
  }
  return services.unsettled.now_or_later([&store, id = claimed->id] { return store.drop_upload(id); });
}

// Does what an intent announced, if the disk still is as it was seen before, and settles it.
Status carry_out(Session& session, store::IntentId intent, std::initializer_list<const Place*> places,
                 const std::function<Status()>& act) {
  Status done = {};
  for (const Place* place : places) {
    if (done && !session.home().is_as_seen(*place)) done = tl::unexpected(changed_meanwhile(*place));
  }
  if (done) done = act();
  const auto finish = [&store = session.services.store, intent, happened = done.has_value(),
                       folder = session.account().home]() -> Status {
    const auto replaced = store.finish_intent(intent, happened);
    if (!replaced) return tl::unexpected(replaced.error());
    if (replaced->empty()) return {};
    // Opened anew: the session may be gone when this is done later.
    const auto home = Home::open(folder, true);
    return home ? home->remove_partial(*replaced) : tl::unexpected(home.error());
  };
  // The disk has changed, or has not: what the store could not take now it is given later.
  static_cast<void>(session.services.unsettled.now_or_later(finish));
  return done;
}

}  // namespace

Result<std::optional<store::Partial>> waiting_partial(Session& session, const Place& place) {
  if (place.info) return std::nullopt;
  return session.services.store.partial_at(session.account().id, place.path);
}

Status set_modified(Session& session, const Place& place, WallTime when) {
  if (auto set = session.home().set_modified(place, when); !set) return set;
  store::Store& store = session.services.store;
  auto digest = store.digest_at(session.account().id, place.path);
  if (digest && *digest && (*digest)->inode == place.info->inode &&
      (*digest)->mtime_ns == place.info->mtime_ns()) {
    store::FileDigest moved = **digest;
    moved.mtime_ns = when.time_since_epoch().count();
    static_cast<void>(store.keep_digest(session.account().id, place.path, moved));
  }
  return {};
}

Status remove_file(Session& session, std::string_view path) {
  store::Store& store = session.services.store;
  auto place = session.home().locate(path, Home::LastLink::keep);
  if (!place) return tl::unexpected(place.error());
  if (place->info && place->info->is_directory())
    return refusal(Errc::is_directory, "{} is a folder: use RMD", place->path);
  auto waiting = store.partial_at(session.account().id, place->path);
  if (!waiting) return tl::unexpected(waiting.error());
  if (!place->info && !*waiting) return tl::unexpected(not_found(*place));
  if (*waiting && (*waiting)->owner) return refusal(Errc::busy, "{} is being uploaded", place->path);
  const bool has_removed = place->info.has_value();
  if (has_removed) {
    auto intent = store.begin_removal(session.account().id, place->path, place->info->inode,
                                      counted_size(*place), session.services.owner);
    if (!intent) return tl::unexpected(intent.error());
    const Status removed =
        carry_out(session, *intent, {&*place}, [&] { return session.home().remove_file(*place); });
    if (!removed) return removed;
    place->info.reset();
  }
  if (!*waiting) return {};
  const Status dropped = drop_waiting(session, *place);  // last: a refusal must not cost it
  return has_removed ? Status{} : dropped;
}

Status drop_partial(Session& session, std::string_view path) {
  auto place = session.home().locate(path);
  if (!place) return tl::unexpected(place.error());
  auto waiting = session.services.store.partial_at(session.account().id, place->path);
  if (!waiting) return tl::unexpected(waiting.error());
  if (!*waiting) return refusal(Errc::not_found, "No unfinished upload waits at {}", place->path);
  if ((*waiting)->owner) return refusal(Errc::busy, "{} is being uploaded", place->path);
  return drop_waiting(session, *place);
}

Status remove_folder(Session& session, std::string_view path) {
  auto place = session.home().locate(path, Home::LastLink::keep);
  if (!place) return tl::unexpected(place.error());
  if (!place->info) return tl::unexpected(not_found(*place));
  if (!place->info->is_directory()) return refusal(Errc::not_directory, "{} is not a folder", place->path);
  auto intent = session.services.store.begin_removal(session.account().id, place->path, place->info->inode,
                                                     std::nullopt, session.services.owner);
  if (!intent) return tl::unexpected(intent.error());
  return carry_out(session, *intent, {&*place}, [&] { return session.home().remove_folder(*place); });
}

Status make_folder(Session& session, const Place& place) {
  const auto is_free = [&]() -> Status {
    auto waiting = session.services.store.partial_at(session.account().id, place.path);
    if (!waiting) return tl::unexpected(waiting.error());
    return *waiting ? refusal(Errc::exists, "{} is an unfinished upload", place.path) : Status{};
  };
  if (auto free = is_free(); !free) return free;
  if (auto made = session.home().make_folder(place); !made) return made;
  // An upload looks at the disk when its row is written, so one of the two sees the other.
  const Status still_free = is_free();
  if (!still_free) static_cast<void>(session.home().remove_folder(place));
  return still_free;
}

Status rename(Session& session, std::string_view from_path, std::string_view to_path) {
  auto from = session.home().locate(from_path, Home::LastLink::keep);
  if (!from) return tl::unexpected(from.error());
  auto to = session.home().locate(to_path, Home::LastLink::keep);
  if (!to) return tl::unexpected(to.error());
  if (!from->info) return tl::unexpected(not_found(*from));
  if (from->leaf.empty() || to->leaf.empty())
    return refusal(Errc::permission, "the home itself stays where it is");
  if (from->path == to->path) return {};
  if (to->info && (to->info->is_directory() || from->info->is_directory()))
    return refusal(Errc::exists, "{} exists", to->path);
  // Two names of one file: rename(2) would do nothing and call it success.
  if (to->info && to->info->inode == from->info->inode)
    return refusal(Errc::exists, "{} is the same file", to->path);
  if (from->info->is_directory() && to->path.starts_with(from->path + "/")) {
    return refusal(Errc::permission, "{} cannot become a part of itself", from->path);
  }
  auto waiting = session.services.store.partial_at(session.account().id, to->path);
  if (!waiting) return tl::unexpected(waiting.error());
  if (*waiting && (*waiting)->owner) return refusal(Errc::busy, "{} is being uploaded", to->path);
  auto intent =
      session.services.store.begin_rename(session.account().id, from->path, to->path, from->info->inode,
                                          counted_size(*to), session.services.owner, counted_size(*from));
  if (!intent) return tl::unexpected(intent.error());
  return carry_out(session, *intent, {&*from, &*to}, [&] { return session.home().rename(*from, *to); });
}

}  // namespace ferry
