// Removals and renames as the store must see them: announced before, settled after, so that quota and disk
// agree whoever dies in between.
#pragma once

#include <string_view>

#include "server/session/session.h"

namespace ferry {

// A file, a link or a partial (or a file and the partial under the same name). Errc::not_found,
// Errc::is_directory, Errc::busy.
Status remove_file(Session& session, std::string_view path);
// The partial that waits under this name, and nothing else. Errc::not_found, Errc::busy.
Status drop_partial(Session& session, std::string_view path);
// An empty folder; waiting partials in it count as entries. Errc::not_empty.
Status remove_folder(Session& session, std::string_view path);
// A file replaces a file; a folder replaces nothing. Errc::exists, Errc::busy.
Status rename(Session& session, std::string_view from, std::string_view to);

// Errc::exists, also where an unfinished upload waits or runs under this name: its commit could not replace a
// folder.
Status make_folder(Session& session, const Place& place);

// The content is the same: its digest goes on to be known under the new time.
Status set_modified(Session& session, const Place& place, WallTime when);

// The upload that waits under this path, if nothing complete is there.
Result<std::optional<store::Partial>> waiting_partial(Session& session, const Place& place);

}  // namespace ferry
