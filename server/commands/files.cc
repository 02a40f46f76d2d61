// Files and folders: RFC 959 §4.1.3, RFC 3659 §3 and §4, draft-somers-ftp-mfxx (MFMT, MFF),
// draft-peterson-streamlined-ftp-command-extensions (AVBL).
#include <algorithm>
#include <string>

#include "server/commands/handlers.h"
#include "server/session/changes.h"
#include "server/session/replies.h"
#include "shared/ftp/fact_changes.h"
#include "shared/ftp/path.h"

namespace ferry {

namespace {

void change_folder(Session& session, std::string_view path) {
  auto folder = session.home().enter_folder(path);
  if (!folder) return session.reply(folder.error());
  session.cwd = std::move(folder->path);
  session.reply(250, "Now in {}", session.cwd);
}

void answer(Session& session, const Status& done, Text text) {
  if (!done) return session.reply(done.error());
  session.reply(250, text);
}

// Size and time of what a client sees under a name: the complete file, or the partial that waits there.
struct Shown {
  Bytes size = 0;
  WallTime modified{};
};
Result<Shown> shown_file(Session& session, std::string_view argument) {
  auto place = session.home().locate(session.absolute(argument));
  if (!place) return tl::unexpected(place.error());
  if (place->info && place->info->is_directory())
    return refusal(Errc::is_directory, "{} is a folder", place->path);
  if (place->info && !place->info->is_file())
    return refusal(Errc::permission, "{} is not a plain file", place->path);
  if (place->info) return Shown{place->info->size, place->info->modified};
  auto waiting = waiting_partial(session, *place);
  if (!waiting) return tl::unexpected(waiting.error());
  if (!*waiting) return refusal(Errc::not_found, "{}: no such file", place->path);
  auto info = session.home().partial_info((*waiting)->token);
  if (!info) return refusal(Errc::not_found, "{}: no such file", place->path);
  return Shown{info->size, info->modified};
}

}  // namespace

void cmd_pwd(Session& session, std::string_view) {
  session.reply(257, "{} is the current folder", ftp::quote_path(session.cwd));
}

void cmd_cwd(Session& session, std::string_view argument) {
  change_folder(session, argument.empty() ? "/" : session.absolute(argument));
}

void cmd_cdup(Session& session, std::string_view) {
  change_folder(session, ftp::parent_path(session.cwd));
}

void cmd_mkd(Session& session, std::string_view argument) {
  auto place = session.home().locate(session.absolute(argument));
  if (!place) return session.reply(place.error());
  const Status made = make_folder(session, *place);
  if (!made) return session.reply(made.error());
  session.reply(257, "{} created", ftp::quote_path(place->path));
}

void cmd_rmd(Session& session, std::string_view argument) {
  answer(session, remove_folder(session, session.absolute(argument)), "Folder removed");
}

void cmd_dele(Session& session, std::string_view argument) {
  answer(session, remove_file(session, session.absolute(argument)), "File removed");
}

void cmd_rnfr(Session& session, std::string_view argument) {
  session.rename_from.clear();
  std::string path = session.absolute(argument);
  auto place = session.home().locate(path, Home::LastLink::keep);
  if (!place) return session.reply(place.error());
  if (!place->info) return session.reply(550, "{}: no such file or folder", place->path);
  // A rename makes the name anew, and a worker's sandbox lets it make neither links nor special files.
  if (!place->info->is_file() && !place->info->is_directory())
    return session.reply(550, "{} is neither a file nor a folder", place->path);
  session.rename_from = std::move(path);
  session.reply(350, "Now RNTO");
}

void cmd_rnto(Session& session, std::string_view argument) {
  if (session.rename_from.empty()) return session.reply(503, "Send RNFR first");
  const std::string from = std::move(session.rename_from);
  session.rename_from.clear();
  answer(session, rename(session, from, session.absolute(argument)), "Renamed");
}

void cmd_size(Session& session, std::string_view argument) {
  // In text mode the size on the wire is another one, known only after reading the file (RFC 3659 §4.2).
  if (session.transfer.ascii) return session.reply(550, "SIZE needs TYPE I");
  auto shown = shown_file(session, argument);
  if (!shown) return session.reply(shown.error());
  session.reply(ftp::Reply{213, {std::to_string(shown->size)}});
}

void cmd_mdtm(Session& session, std::string_view argument) {
  auto shown = shown_file(session, argument);
  if (!shown) return session.reply(shown.error());
  session.reply(ftp::Reply{213, {ftp_time(shown->modified, true)}});
}

void cmd_mfmt(Session& session, std::string_view argument) {
  const std::size_t space = argument.find(' ');
  if (space == std::string_view::npos || space + 1 == argument.size())
    return session.reply(501, "MFMT takes a time and a path");
  auto when = parse_ftp_time(argument.substr(0, space));
  if (!when) return session.reply(501, when.error());
  auto place = session.home().locate(session.absolute(argument.substr(space + 1)));
  if (!place) return session.reply(place.error());
  if (!place->info) return session.reply(550, "{}: no such file or folder", place->path);
  if (auto set = set_modified(session, *place, *when); !set) return session.reply(set.error());
  session.reply(213, "Modify={}; {}", ftp_time(*when), place->path);
}

void cmd_mff(Session& session, std::string_view argument) {
  auto change = ftp::parse_fact_change(argument);
  if (!change) return session.reply(change.error().kind == Errc::unsupported ? 504 : 501, change.error());
  auto place = session.home().locate(session.absolute(change->path));
  if (!place) return session.reply(place.error());
  if (!place->info) return session.reply(550, "{}: no such file or folder", place->path);
  Status done = {};
  if (change->unix_mode) done = session.home().set_mode(*place, *change->unix_mode);
  if (done && change->modified) {
    done = set_modified(session, *place, *change->modified);
    // All or nothing.
    if (!done && change->unix_mode)
      static_cast<void>(session.home().set_mode(*place, place->info->mode & 07777));
  }
  if (!done) return session.reply(done.error());
  change->path = place->path;
  session.reply(ftp::Reply{213, {ftp::format_fact_change(*change)}});
}

void cmd_avbl(Session& session, std::string_view argument) {
  auto folder = session.home().open_folder(session.absolute(argument));
  if (!folder) return session.reply(folder.error());
  auto account = session.services.store.find_account(session.account().id);
  if (!account) return session.reply(451, "The account store cannot be read now, try again later");
  auto available = free_bytes(folder->fd.get());
  if (!available) return session.reply(available.error());
  if (const auto left = account->bytes_left()) available = std::min(*available, *left);
  if (account->is_read_only || account->is_guest) available = 0;
  session.reply(ftp::Reply{213, {std::to_string(*available)}});
}

}  // namespace ferry
