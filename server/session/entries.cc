#include "server/session/entries.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "server/session/changes.h"
#include "shared/ftp/path.h"

namespace ferry {

namespace {

constexpr unsigned kPartialMode = 0200;  // cannot be read, can be written on: clients that look at it resume

// RFC 3659 §7.5.5: what this session's commands would do with a name now. A letter stands where the account
// may and the kernel would let the server; docs/protocol.md says command by command what that takes.
class PermFact {
 public:
  explicit PermFact(const Session& session)
      : who_(session.services.identity),
        may_write_(!session.account().is_read_only && !session.account().is_guest) {}

  // Of a name that stands in `folder`; `info` is of the name itself, which is no link.
  std::string of(const FileInfo& info, const FolderRights& folder) const {
    const bool may_take = folder.can_take(info.uid);
    if (info.is_directory()) return of_folder(info, may_take);
    if (info.is_file()) return of_file(info, may_take, may_take, may_take);
    return may_write_ && may_take ? "d" : "";
  }

  // `info` is of what the link at `path` leads to, or of the link itself if that is nothing in the home. DELE
  // removes the link; RMD removes none, and nobody renames one (cmd_rnfr says why).
  std::string of_link(const Home& home, std::string_view path, const FileInfo& info,
                      const FolderRights& folder) const {
    if (info.is_directory()) return of_folder(info, false);
    const auto link = home.locate(path, Home::LastLink::keep);
    const bool may_take = link && link->info && folder.can_take(link->info->uid);
    if (!info.is_file()) return may_write_ && may_take ? "d" : "";
    const auto target = home.locate(path);
    const bool may_replace = target && FolderRights::of(who_, target->parent.get()).can_take(info.uid);
    return of_file(info, may_take, false, may_replace);
  }

  // STOR and APPE go on with it, DELE drops it; it can be neither read nor renamed.
  std::string of_partial(const FolderRights& folder) const {
    if (!may_write_) return "";
    return folder.can_add() ? "adw" : "d";
  }

  // `may_take`: it may be removed and renamed.
  std::string of_folder(const FileInfo& info, bool may_take) const {
    std::string letters;
    const bool may_change = may_write_ && who_.may(info, W_OK | X_OK);
    if (may_change) letters += 'c';
    if (may_write_ && may_take) letters += 'd';
    if (who_.may(info, X_OK)) letters += 'e';
    if (may_write_ && may_take) letters += 'f';
    if (who_.may(info, R_OK | X_OK)) letters += 'l';
    if (may_change) letters += "mp";
    return letters;
  }

 private:
  // `may_replace`: an upload may be renamed over the file, where that really lies. APPE copies the file
  // first.
  std::string of_file(const FileInfo& info, bool may_remove, bool may_rename, bool may_replace) const {
    std::string letters;
    const bool may_read = who_.may(info, R_OK);
    if (may_write_ && may_replace && (may_read || info.size == 0)) letters += 'a';
    if (may_write_ && may_remove) letters += 'd';
    if (may_write_ && may_rename) letters += 'f';
    if (may_read) letters += 'r';
    if (may_write_ && may_replace) letters += 'w';
    return letters;
  }

  const Identity& who_;
  const bool may_write_;
};

VisibleEntry describe(std::string_view name, const FileInfo& info, bool is_link) {
  VisibleEntry visible;
  ftp::Entry& entry = visible.entry;
  entry.type = info.is_directory() ? ftp::EntryType::directory
               : info.is_file()    ? ftp::EntryType::file
                                   : ftp::EntryType::other;
  entry.name = name;
  if (!info.is_directory()) entry.size = info.size;
  entry.modified = info.modified;
  // Of what the name leads to: the same for every link, and kept by a rename and by a partial that is
  // finished.
  entry.unique = fmt::format("{:x}U{:x}", info.device, info.inode);
  entry.unix_mode = info.mode & 07777;
  entry.uid = info.uid;
  entry.gid = info.gid;
  entry.is_link = is_link;
  visible.links = info.links;
  return visible;
}

VisibleEntry describe_partial(const Session& session, std::string_view name, const store::Partial& partial) {
  FileInfo info;
  info.mode = S_IFREG | kPartialMode;
  info.size = partial.received;
  info.inode = partial.inode;
  info.modified = partial.updated;
  if (auto real = session.login.home->partial_info(partial.token)) {
    info = *real;
    info.mode = S_IFREG | kPartialMode;
  }
  return describe(name, info, false);
}

// A folder's waiting partials that no complete file stands for, a page at a time. Remembers their names in
// eight bytes each, so that one which became a file while the listing went on is not told twice.
class WaitingNames {
 public:
  explicit WaitingNames(Session& session) : session_(session) {}

  Status for_each(const Home::Folder& folder,
                  const std::function<bool(std::string_view name, const store::Partial&)>& visit) {
    store::PartialPage page{"", 500};
    while (true) {
      auto waiting = session_.services.store.partials_in(session_.account().id, folder.path, page);
      if (!waiting) return tl::unexpected(waiting.error());
      if (waiting->empty()) break;
      page.after = waiting->back().path;
      for (const store::Partial& partial : *waiting) {
        const std::string name(ftp::leaf_name(partial.path));
        struct stat complete {};
        if (fstatat(folder.fd.get(), name.c_str(), &complete, AT_SYMLINK_NOFOLLOW) == 0) continue;
        told_.push_back(std::hash<std::string_view>{}(name));
        if (!visit(name, partial)) return {};
      }
    }
    std::ranges::sort(told_);
    return {};
  }

  bool was_told(std::string_view name) const {
    return std::ranges::binary_search(told_, std::hash<std::string_view>{}(name));
  }

 private:
  Session& session_;
  std::vector<std::size_t> told_;
};

}  // namespace

VisibleEntry current_folder(const Session& session, const Home::Folder& folder) {
  VisibleEntry self = describe(".", folder.info, false);
  self.entry.type = ftp::EntryType::current_directory;
  const Identity& who = session.services.identity;
  // The home itself is neither removed nor renamed, whatever the folder above it allows.
  const bool may_take =
      folder.path != "/" && FolderRights::of(who, folder.fd.get(), "..").can_take(folder.info.uid);
  self.entry.perm = PermFact(session).of_folder(folder.info, may_take);
  return self;
}

Status for_each_entry(Session& session, const Home::Folder& folder, Perm perm,
                      const std::function<bool(const VisibleEntry&)>& visit) {
  const PermFact letters(session);
  const FolderRights rights =
      perm == Perm::tell ? FolderRights::of(session.services.identity, folder.fd.get()) : FolderRights();
  bool goes_on = true;
  // Before the files: what is finished meanwhile is found among these.
  WaitingNames waiting(session);
  const auto told = waiting.for_each(folder, [&](std::string_view name, const store::Partial& partial) {
    VisibleEntry visible = describe_partial(session, name, partial);
    if (perm == Perm::tell) visible.entry.perm = letters.of_partial(rights);
    return goes_on = visit(visible);
  });
  if (!told || !goes_on) return told;
  return session.home().for_each(folder, [&](std::string_view name, const FileInfo& info, bool is_link) {
    // A name that would break a line of the listing cannot be shown; nor could a client name it.
    if (!ftp::check_path_bytes(name) || waiting.was_told(name)) return true;
    VisibleEntry visible = describe(name, info, is_link);
    if (perm == Perm::tell) {
      visible.entry.perm =
          is_link ? letters.of_link(session.home(), ftp::join_path(folder.path, name), info, rights)
                  : letters.of(info, rights);
    }
    return goes_on = visit(visible);
  });
}

Result<VisibleEntry> entry_at(Session& session, std::string_view path) {
  auto place = session.home().locate(path);
  if (!place) return tl::unexpected(place.error());
  const PermFact letters(session);
  // Nobody removes or renames the home itself.
  const FolderRights rights =
      place->leaf.empty() ? FolderRights() : FolderRights::of(session.services.identity, place->parent.get());
  if (place->info) {
    VisibleEntry visible = describe(place->path, *place->info, false);
    visible.entry.perm = letters.of(*place->info, rights);
    return visible;
  }
  auto waiting = waiting_partial(session, *place);
  if (!waiting) return tl::unexpected(waiting.error());
  if (!*waiting) return refusal(Errc::not_found, "{}: no such file or folder", place->path);
  VisibleEntry visible = describe_partial(session, place->path, **waiting);
  visible.entry.perm = letters.of_partial(rights);
  return visible;
}

}  // namespace ferry
