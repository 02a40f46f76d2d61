// SITE BREAKPOINT: what the store knows of uploads that are not finished, so that a client can prove that
// what waits is the beginning of its file before it goes on (docs/protocol.md).
#include <fmt/core.h>

#include <algorithm>

#include "server/commands/handlers.h"
#include "server/session/changes.h"
#include "server/session/control_listing.h"
#include "server/session/hashing.h"
#include "server/session/permit.h"
#include "server/session/replies.h"

namespace ferry {

namespace {

constexpr std::int64_t kPage = 200;

// What is on disk counts: of an upload that runs the row knows only what it may write.
Bytes offset_of(Session& session, const store::Partial& partial) {
  if (!partial.owner) return partial.received;
  const auto info = session.home().partial_info(partial.token);
  return info ? info->size : 0;
}

std::string facts_of(Session& session, const store::Partial& partial) {
  std::string line = fmt::format("Offset={};", offset_of(session, partial));
  if (partial.expected) line += fmt::format("Expected={};", *partial.expected);
  if (!partial.owner && !partial.sha256.empty()) line += fmt::format("SHA-256={};", partial.sha256);
  const auto age = std::chrono::floor<std::chrono::seconds>(wall_now() - partial.updated);
  line += fmt::format("Age={};State={}; ", std::max<std::int64_t>(0, age.count()),
                      partial.owner ? "running" : "waiting");
  return line + partial.path;
}

void list_all(Session& session) {
  const TransferPermit permit(session);
  if (!permit.is_given()) return session.reply(450, "Too many transfers run now, try again in a moment");
  ControlListing listing(session, 213, session.text("Unfinished uploads"), "/");
  store::PartialPage page{"", kPage};
  while (true) {
    auto partials = session.services.store.partials_of(session.account().id, page);
    if (!partials) return listing.end(text_of(partials.error(), session.language));
    if (partials->empty()) return listing.end(session.text("End"));
    page.after = partials->back().path;
    for (const store::Partial& partial : *partials) {
      if (!listing.add(" " + facts_of(session, partial)))
        return listing.end(session.text("The listing ends early: {}", session.text("Transfer aborted")));
    }
  }
}

}  // namespace

void site_breakpoint(Session& session, std::string_view argument) {
  if (argument.empty()) return list_all(session);
  auto place = session.home().locate(session.absolute(argument));
  if (!place) return session.reply(place.error());
  const std::string path = place->path;
  session.transfer.told_breakpoint.reset();
  auto partial = session.services.store.partial_at(session.account().id, path);
  if (!partial) return session.reply(partial.error());
  if (!*partial) return session.reply(550, "No unfinished upload waits at {}", path);

  LongReply reply(session, 213);
  // Unknown after a crash: nobody was left to finish the sum.
  if (!(*partial)->owner && (*partial)->sha256.empty()) {
    auto source = open_partial(session, std::move(*place), **partial);
    if (!source) return session.reply(source.error());
    if (source->info.size < (*partial)->received)
      return session.reply(451, "{}: the partial is gone, send it again from the start", path);
    bool is_aborted = false;
    auto hex = digest_of(session, *source, DigestKind::sha256, 0, (*partial)->received, reply, is_aborted);
    if (!hex) return refuse_digest(session, reply, hex.error(), is_aborted);
    static_cast<void>(session.services.store.keep_partial_digest(**partial, *hex));
    (*partial)->sha256 = std::move(*hex);
  }
  if (!(*partial)->owner) session.transfer.told_breakpoint = {(*partial)->token, (*partial)->received};
  session.reply(
      {213, {session.text("Unfinished upload"), facts_of(session, **partial), session.text("End")}});
}

void site_breakpoint_drop(Session& session, std::string_view argument) {
  if (auto dropped = drop_partial(session, session.absolute(argument)); !dropped)
    return session.reply(dropped.error());
  session.reply(250, "The unfinished upload is dropped");
}

}  // namespace ferry
