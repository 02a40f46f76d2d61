#include "client/engine/attributes.h"

#include <fmt/core.h>

#include "client/engine/listing.h"
#include "client/engine/reply_error.h"
#include "shared/base/ascii.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

constexpr mode_t kPermissions = 0777;

// The command is not known, or not for us: to say it again would say nothing new.
bool is_unsupported(const ftp::Reply& reply) {
  return reply.code == 202 || (reply.code >= 500 && reply.code <= 504) || reply.code == 530;
}

void tell(const NoteOnce& note, const std::string& what, const std::optional<ftp::Reply>& reply) {
  if (!note) return;
  note(what,
       reply ? fmt::format(" ({} {})", reply->code, reply->lines.front()) : ": it has no command for them");
}

Result<ftp::Reply> say_time(Connection& connection, TimeCommand command, const std::string& remote,
                            const std::string& time) {
  if (command == TimeCommand::mfmt) return connection.command("MFMT", time + " " + remote);
  if (command == TimeCommand::mdtm) return connection.command("MDTM", time + " " + remote);
  return connection.command("SITE", fmt::format("UTIME {} {} {} {} UTC", remote, time, time, time));
}

Status pass_time_on(Connection& connection, const std::string& remote, WallTime modified, bool is_asked,
                    const NoteOnce& note) {
  const std::string what = "the server keeps its own times of files";
  std::optional<ftp::Reply> refusal;
  while (true) {
    const TimeCommand command = time_command(connection.features(), connection.manners());
    if (command == TimeCommand::none) {
      if (refusal || is_asked) tell(note, what, refusal);
      return {};
    }
    auto reply = say_time(connection, command, remote, ftp_time(modified));
    if (!reply) return tl::unexpected(reply.error());
    if (reply->is_completion() && reply->code != 202) return {};
    refusal = std::move(*reply);
    // As a question MDTM would have been about a file of another name: the server knows the question only.
    const bool is_no_command = command == TimeCommand::mdtm || is_unsupported(*refusal);
    if (!is_no_command) {
      tell(note, what, refusal);
      return {};
    }
    connection.manners().time_refused |= 1U << static_cast<unsigned>(command);
    if (command == TimeCommand::mdtm && !is_asked) return {};  // it never said that it could
  }
}

bool takes_mode_fact(Connection& connection) {
  if (connection.manners().mff_refused) return false;
  const std::string facts = ascii_lower(connection.features().parameters("MFF"));
  return facts.find("unix.mode") != facts.npos;
}

Status pass_mode_on(Connection& connection, const std::string& remote, mode_t mode, const NoteOnce& note) {
  Manners& manners = connection.manners();
  if (manners.chmod_refused) return {};
  if (takes_mode_fact(connection)) {
    auto reply = connection.command("MFF", fmt::format("UNIX.mode={:04o}; {}", mode & kPermissions, remote));
    if (!reply) return tl::unexpected(reply.error());
    if (reply->is_completion() && reply->code != 202) return {};
    manners.mff_refused = true;
  }
  auto reply = connection.command("SITE", fmt::format("CHMOD {:03o} {}", mode & kPermissions, remote));
  if (!reply) return tl::unexpected(reply.error());
  if (reply->is_completion() && reply->code != 202) return {};
  manners.chmod_refused = is_unsupported(*reply);
  tell(note, "the server keeps its own modes of files", *reply);
  return {};
}

}  // namespace

std::optional<Preserve> parse_preserve(std::string_view text) {
  Preserve preserve{false, false, true};
  if (text == "none") return preserve;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view word = text.substr(0, comma);
    if (word != "time" && word != "mode") return std::nullopt;
    (word == "time" ? preserve.time : preserve.mode) = true;
    if (comma == text.npos) return preserve;
    text.remove_prefix(comma + 1);
  }
}

TimeCommand time_command(const Features& features, const Manners& manners) {
  const auto may = [&](TimeCommand command) {
    return (manners.time_refused & (1U << static_cast<unsigned>(command))) == 0;
  };
  const bool has_utime = features.has_site("UTIME");
  if (features.has("MFMT") && may(TimeCommand::mfmt)) return TimeCommand::mfmt;
  if (has_utime && may(TimeCommand::utime)) return TimeCommand::utime;
  const bool has_better = features.has("MFMT") || has_utime;
  if (!has_better && features.has("MDTM") && may(TimeCommand::mdtm)) return TimeCommand::mdtm;
  return TimeCommand::none;
}

Status pass_attributes_on(Connection& connection, const std::string& remote, const Attributes& attributes,
                          const Preserve& preserve, const NoteOnce& note) {
  if (preserve.mode) {  // first: a time that is set stays only if nothing changes the file behind it
    if (auto passed = pass_mode_on(connection, remote, attributes.mode, note); !passed) return passed;
  }
  if (!preserve.time) return {};
  return pass_time_on(connection, remote, attributes.modified, preserve.is_asked, note);
}

Result<std::optional<mode_t>> remote_mode(Connection& connection, const std::string& remote,
                                          const ftp::Entry& entry) {
  if (entry.unix_mode) return std::optional<mode_t>(*entry.unix_mode & kPermissions);
  const std::optional<mode_t> unknown;
  if (connection.features().has("MLST")) return unknown;
  // SIZE and MDTM tell no mode; LIST of the folder may.
  auto listing = list_directory(connection, std::string(ftp::parent_path(remote)));
  if (!listing)
    return connection.usable() ? Result<std::optional<mode_t>>(unknown) : tl::unexpected(listing.error());
  for (const ftp::Entry& each : listing->entries) {
    if (each.name == ftp::leaf_name(remote) && each.unix_mode && !each.is_link)
      return std::optional<mode_t>(*each.unix_mode & kPermissions);
  }
  return unknown;
}

}  // namespace ferry::client
