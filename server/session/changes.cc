#include "server/session/changes.h"

#include <fmt/core.h>

namespace ferry {

namespace {

Error not_found(const Place& place) {
  return {Errc::not_found, place.path + ": no such file or folder"};
}

std::optional<Bytes> counted_size(const Place& place) {
  return place.info && place.info->is_file() ? std::optional(place.info->size) : std::nullopt;
}

Status drop_waiting(Session& session, const Place& place) {
  store::Store& store = session.services.store;
  auto claimed =
      store.claim_partial(session.account().id, place.path, counted_size(place), session.services.owner);
  if (!claimed) return tl::unexpected(claimed.error());
  if (auto removed = session.home().remove_partial(claimed->token); !removed) return removed;
  return store.drop_upload(claimed->id);
}

Status settle(Session& session, store::IntentId intent, const Status& happened) {
  const Status finished = session.services.store.finish_intent(intent, happened.has_value());
  return happened ? finished : happened;
}

}  // namespace

Result<std::optional<store::Partial>> waiting_partial(Session& session, const Place& place) {
  if (place.info) return std::nullopt;
  return session.services.store.partial_at(session.account().id, place.path);
}

Status remove_file(Session& session, std::string_view path) {
  store::Store& store = session.services.store;
  auto place = session.home().locate(path, Home::LastLink::keep);
  if (!place) return tl::unexpected(place.error());
  if (place->info && place->info->is_directory())
    return fail(Errc::is_directory, place->path + " is a folder: use RMD");
  auto waiting = store.partial_at(session.account().id, place->path);
  if (!waiting) return tl::unexpected(waiting.error());
  if (!place->info && !*waiting) return tl::unexpected(not_found(*place));
  if (*waiting && (*waiting)->owner) return fail(Errc::busy, place->path + " is being uploaded");
  if (*waiting) {
    if (auto dropped = drop_waiting(session, *place); !dropped) return dropped;
  }
  if (!place->info) return {};
  auto intent = store.begin_removal(session.account().id, place->path, place->info->inode,
                                    counted_size(*place), session.services.owner);
  if (!intent) return tl::unexpected(intent.error());
  return settle(session, *intent, session.home().remove_file(*place));
}

Status remove_folder(Session& session, std::string_view path) {
  auto place = session.home().locate(path, Home::LastLink::keep);
  if (!place) return tl::unexpected(place.error());
  if (!place->info) return tl::unexpected(not_found(*place));
  auto waiting = session.services.store.partials_in(session.account().id, place->path);
  if (!waiting) return tl::unexpected(waiting.error());
  if (!waiting->empty())
    return fail(Errc::not_empty,
                fmt::format("{}: {} unfinished uploads are in it", place->path, waiting->size()));
  return session.home().remove_folder(*place);
}

Status rename(Session& session, std::string_view from_path, std::string_view to_path) {
  auto from = session.home().locate(from_path, Home::LastLink::keep);
  if (!from) return tl::unexpected(from.error());
  auto to = session.home().locate(to_path, Home::LastLink::keep);
  if (!to) return tl::unexpected(to.error());
  if (!from->info) return tl::unexpected(not_found(*from));
  if (from->leaf.empty() || to->leaf.empty())
    return fail(Errc::permission, "the home itself stays where it is");
  if (from->path == to->path) return {};
  if (to->info && (to->info->is_directory() || from->info->is_directory()))
    return fail(Errc::exists, to->path + " exists");
  // Two names of one file: rename(2) would do nothing and call it success.
  if (to->info && to->info->inode == from->info->inode)
    return fail(Errc::exists, to->path + " is the same file");
  auto intent =
      session.services.store.begin_rename(session.account().id, from->path, to->path, from->info->inode,
                                          counted_size(*to), session.services.owner);
  if (!intent) return tl::unexpected(intent.error());
  return settle(session, *intent, session.home().rename(*from, *to));
}

}  // namespace ferry
