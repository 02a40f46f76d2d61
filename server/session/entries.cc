#include "server/session/entries.h"

#include <fmt/core.h>

#include <map>
#include <string>

#include "server/session/changes.h"
#include "shared/ftp/path.h"

namespace ferry {

namespace {

constexpr unsigned kPartialMode = 0200;  // cannot be read, can be written on: clients that look at it resume

bool is_read_only(const Session& session) {
  return session.account().is_read_only || session.account().is_guest;
}

VisibleEntry describe_partial(Session& session, std::string_view name, const store::Partial& partial) {
  FileInfo info;
  info.mode = S_IFREG | kPartialMode;
  info.size = partial.received;
  info.inode = partial.inode;
  info.modified = partial.updated;
  if (auto real = session.home().partial_info(partial.token)) {
    info = *real;
    info.mode = S_IFREG | kPartialMode;
  }
  VisibleEntry visible = describe(session, name, info, false);
  visible.entry.perm = is_read_only(session) ? "" : "adw";
  return visible;
}

std::string permissions(bool is_directory, bool reads_only) {
  if (is_directory) return reads_only ? "el" : "cdeflmp";
  return reads_only ? "r" : "adfrw";
}

}  // namespace

VisibleEntry describe(const Session& session, std::string_view name, const FileInfo& info, bool is_link) {
  VisibleEntry visible;
  ftp::Entry& entry = visible.entry;
  entry.type = info.is_directory() ? ftp::EntryType::directory
               : info.is_file()    ? ftp::EntryType::file
                                   : ftp::EntryType::other;
  entry.name = name;
  if (!info.is_directory()) entry.size = info.size;
  entry.modified = info.modified;
  if (entry.type != ftp::EntryType::other)
    entry.perm = permissions(info.is_directory(), is_read_only(session));
  entry.unique = fmt::format("{:x}U{:x}", info.device, info.inode);
  entry.unix_mode = info.mode & 07777;
  entry.uid = info.uid;
  entry.gid = info.gid;
  entry.is_link = is_link;
  visible.links = info.links;
  return visible;
}

Status for_each_entry(Session& session, const Home::Folder& folder,
                      const std::function<bool(const VisibleEntry&)>& visit) {
  auto waiting = session.services.store.partials_in(session.account().id, folder.path);
  if (!waiting) return tl::unexpected(waiting.error());
  std::map<std::string, const store::Partial*, std::less<>> partials;
  for (const store::Partial& partial : *waiting) partials.emplace(ftp::leaf_name(partial.path), &partial);

  bool goes_on = true;
  const auto listed =
      session.home().for_each(folder, [&](std::string_view name, const FileInfo& info, bool is_link) {
        // A name that would break a line of the listing cannot be shown; nor could a client name it.
        if (!ftp::check_path_bytes(name)) return true;
        if (const auto shadowed = partials.find(name); shadowed != partials.end()) partials.erase(shadowed);
        return goes_on = visit(describe(session, name, info, is_link));
      });
  if (!listed) return listed;
  for (const auto& [name, partial] : partials) {
    if (!goes_on) break;
    goes_on = visit(describe_partial(session, name, *partial));
  }
  return {};
}

Result<VisibleEntry> entry_at(Session& session, std::string_view path) {
  auto place = session.home().locate(path);
  if (!place) return tl::unexpected(place.error());
  if (place->info) return describe(session, place->path, *place->info, false);
  auto waiting = waiting_partial(session, *place);
  if (!waiting) return tl::unexpected(waiting.error());
  if (!*waiting) return refusal(Errc::not_found, "{}: no such file or folder", place->path);
  return describe_partial(session, place->path, **waiting);
}

}  // namespace ferry
