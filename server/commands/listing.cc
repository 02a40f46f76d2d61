// Listings: LIST, NLST and STAT (RFC 959 §4.1.3), MLSD and MLST (RFC 3659 §7).
#include <poll.h>

#include <string>

#include "server/commands/handlers.h"
#include "server/session/control_listing.h"
#include "server/session/entries.h"
#include "server/session/permit.h"
#include "server/session/replies.h"
#include "server/session/transfer.h"
#include "shared/ftp/listing.h"
#include "shared/ftp/path.h"

namespace ferry {

namespace {

// What LIST, NLST or STAT was asked for: a folder's content, one file, or the names in a folder that match a
// pattern.
struct Wanted {
  std::optional<Home::Folder> folder;
  std::optional<VisibleEntry> single;
  std::string pattern;  // "" all
  Perm perm = Perm::leave_out;
};

// Clients send options of ls(1) in front of the path; the form here is fixed. As for ls, "--" ends them: what
// stands behind it is a path, also one that begins with a dash.
std::string_view without_options(std::string_view argument) {
  while (argument.starts_with('-')) {
    const std::size_t space = argument.find(' ');
    if (space == std::string_view::npos) return {};
    const bool is_last = argument.substr(0, space) == "--";
    argument.remove_prefix(space + 1);
    if (is_last) break;
  }
  return argument;
}

Result<Wanted> find_wanted(Session& session, std::string_view argument) {
  Wanted wanted;
  auto entry = entry_at(session, session.absolute(argument));
  if (entry && !entry->entry.is_directory()) {
    wanted.single = std::move(*entry);
    wanted.single->entry.name = argument;
    return wanted;
  }
  std::string path = session.absolute(argument);
  if (!entry) {
    const std::string_view leaf = ftp::leaf_name(path);
    if (leaf.find_first_of("*?[") == std::string_view::npos) return tl::unexpected(entry.error());
    // Matching costs pattern times name: no longer pattern than the longest name.
    if (auto checked = ftp::check_path_bytes(leaf); !checked) return tl::unexpected(checked.error());
    wanted.pattern = leaf;
    path = ftp::parent_path(path);
  }
  auto folder = session.home().open_folder(path);
  if (!folder) return tl::unexpected(folder.error());
  wanted.folder = std::move(*folder);
  return wanted;
}

// Formats each wanted entry and hands the line to `emit` until that fails. `look` is called for every name,
// wanted or not: a folder of any size and a pattern of any cost can be aborted.
Status for_each_line(Session& session, const Wanted& wanted,
                     const std::function<std::string(const VisibleEntry&)>& format,
                     const std::function<Status(std::string_view)>& emit,
                     const std::function<Status()>& look) {
  if (wanted.single) return emit(format(*wanted.single));
  Status result = {};
  const auto walked = for_each_entry(session, *wanted.folder, wanted.perm, [&](const VisibleEntry& visible) {
    result = look();
    const bool is_wanted = wanted.pattern.empty() || ftp::glob_match(wanted.pattern, visible.entry.name);
    if (result && is_wanted) result = emit(format(visible));
    return result.has_value();
  });
  return result ? walked : result;
}

void send_listing(Session& session, const Wanted& wanted, std::string_view first_line,
                  const std::function<std::string(const VisibleEntry&)>& format) {
  const std::string path = wanted.folder ? wanted.folder->path : wanted.single->entry.name;
  run_transfer(
      session, {TransferPlan::Direction::out, "list", path, session.text("Here comes the listing")},
      [&](net::Stream& data, Watch& watch) -> Status {
        LineSender lines(session, data, watch);
        if (!first_line.empty()) {
          if (auto added = lines.add(first_line); !added) return added;
        }
        const auto sent = for_each_line(
            session, wanted, format, [&](std::string_view line) { return lines.add(line); },
            [&] { return watch.look(); });
        return sent ? lines.flush() : sent;
      },
      [&](Watch&) -> Result<std::string> { return session.text("Listing sent"); });
}

std::function<std::string(const VisibleEntry&)> list_format() {
  return [now = wall_now()](const VisibleEntry& visible) {
    return ftp::format_list_line(visible.entry, visible.links, now);
  };
}

void answer_session_status(Session& session) {
  ftp::Reply reply{211, {session.text("Session {}", session.name)}};
  reply.lines.push_back(session.text("From {}", session.peer.to_string()));
  reply.lines.push_back(session.control.stream.is_tls()
                            ? session.text("Control connection: {}", session.control.stream.tls()->version())
                            : session.text("Control connection: in clear"));
  reply.lines.push_back(session.data.is_private ? session.text("Data connections: protected")
                                                : session.text("Data connections: in clear"));
  reply.lines.push_back(session.is_logged_in() ? session.text("Logged in as {}", session.account().name)
                                               : session.text("Not logged in"));
  reply.lines.push_back(session.transfer.ascii ? session.text("Type: text") : session.text("Type: binary"));
  reply.lines.push_back(session.text("End"));
  session.reply(reply);
}

void answer_path_status(Session& session, std::string_view argument) {
  auto wanted = find_wanted(session, argument);
  if (!wanted) return session.reply(wanted.error());
  const TransferPermit permit(session);
  if (!permit.is_given()) return session.reply(450, "Too many transfers run now, try again in a moment");
  ControlListing listing(session, 213, session.text("Status"), wanted->folder ? wanted->folder->path : "");
  const auto ended = [] { return refusal(Errc::cancelled, "Transfer aborted"); };
  const auto listed = for_each_line(
      session, *wanted, list_format(),
      [&](std::string_view line) -> Status {
        return listing.add(fmt::format(" {}", line)) ? Status{} : ended();
      },
      [&]() -> Status { return listing.goes_on() ? Status{} : ended(); });
  if (listed) return listing.end(session.text("End"));
  listing.end(session.text("The listing ends early: {}", text_of(listed.error(), session.language)));
}

}  // namespace

void cmd_list(Session& session, std::string_view argument) {
  auto wanted = find_wanted(session, without_options(argument));
  if (!wanted) return session.reply(wanted.error());
  send_listing(session, *wanted, "", list_format());
}

void cmd_nlst(Session& session, std::string_view argument) {
  const std::string_view path = without_options(argument);
  auto wanted = find_wanted(session, path);
  if (!wanted) return session.reply(wanted.error());
  // Names come back spelled so that they can be sent as they are: with the folder that was asked for in
  // front.
  std::string prefix;
  if (!wanted->single && wanted->pattern.empty() && !path.empty())
    prefix = std::string(path) + (path.back() == '/' ? "" : "/");
  if (!wanted->pattern.empty() && path.find('/') != std::string_view::npos)
    prefix = path.substr(0, path.rfind('/') + 1);
  send_listing(session, *wanted, "",
               [&](const VisibleEntry& visible) { return prefix + visible.entry.name; });
}

void cmd_mlsd(Session& session, std::string_view argument) {
  auto folder = session.home().open_folder(session.absolute(argument));
  if (!folder && folder.error().kind == Errc::not_directory) return session.reply(501, folder.error());
  if (!folder) return session.reply(folder.error());
  const ftp::FactSet facts = session.transfer.facts;
  const VisibleEntry self = current_folder(session, *folder);
  Wanted wanted;
  wanted.folder = std::move(*folder);
  if ((facts & ftp::kFactPerm) != 0) wanted.perm = Perm::tell;
  send_listing(session, wanted, ftp::format_entry(self.entry, facts),
               [&](const VisibleEntry& visible) { return ftp::format_entry(visible.entry, facts); });
}

void cmd_mlst(Session& session, std::string_view argument) {
  auto visible = entry_at(session, session.absolute(argument));
  if (!visible) return session.reply(visible.error());
  session.reply({250,
                 {session.text("Listing"), ftp::format_entry(visible->entry, session.transfer.facts),
                  session.text("End")}});
}

void cmd_stat(Session& session, std::string_view argument) {
  if (argument.empty()) return answer_session_status(session);
  if (!session.is_logged_in()) return session.reply(530, "Log in first, with USER and PASS");
  answer_path_status(session, without_options(argument));
}

}  // namespace ferry
