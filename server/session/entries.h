// What a folder looks like to a client: its files and folders, and in place of a file that is not complete
// yet the partial that waits for its resume.
#pragma once

#include <functional>
#include <string_view>

#include "server/session/session.h"
#include "shared/ftp/facts.h"

namespace ferry {

// One visible name. `links` is for LIST.
struct VisibleEntry {
  ftp::Entry entry;
  unsigned links = 1;
};

// Only MLSD tells `perm`; what it costs for a link others need not pay.
enum class Perm { leave_out, tell };

// Calls `visit` for every name in the folder, in no order, until it says false. Memory does not grow with the
// folder.
Status for_each_entry(Session& session, const Home::Folder& folder, Perm perm,
                      const std::function<bool(const VisibleEntry&)>& visit);

// The one name a path means; a folder is described, not opened. Errc::not_found.
Result<VisibleEntry> entry_at(Session& session, std::string_view path);

// The folder itself, as "." in its own listing.
VisibleEntry current_folder(const Session& session, const Home::Folder& folder);

}  // namespace ferry
