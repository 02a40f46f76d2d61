// A file's time and mode on the other side: --preserve. What a server does not take is told once and is no
// reason to fail. Blocks on the network.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "client/engine/connection.h"
#include "shared/base/clock.h"
#include "shared/ftp/facts.h"

namespace ferry::client {

struct Preserve {
  bool time = true;
  bool mode = false;
  bool is_asked = false;  // by the user: then it is told, too, when the server has no command for it
};
// "time", "mode", "time,mode", "none".
std::optional<Preserve> parse_preserve(std::string_view text);

struct Attributes {
  WallTime modified{};
  mode_t mode = 0;  // permission bits; set-user-id and its kind are never passed on
};

// How a server may be given a file's time, the best first. Pure.
enum class TimeCommand {
  mfmt,   // draft-somers-ftp-mfxx
  utime,  // SITE UTIME path atime mtime ctime UTC: the form that says which clock it means
  mdtm,   // MDTM time path, which vsftpd and a few others take as an order; others know no such file
  none,
};
TimeCommand time_command(const Features& features, const Manners& manners);

// What is to be told once for a whole job, and the words of this time.
using NoteOnce = std::function<void(const std::string& what, const std::string& details)>;

// After an upload. `note` may be empty. An error only when the connection is lost.
Status pass_attributes_on(Connection& connection, const std::string& remote, const Attributes& attributes,
                          const Preserve& preserve, const NoteOnce& note);

// What a download's mode is to be; nullopt: the server does not tell. Asks where `entry` does not say.
Result<std::optional<mode_t>> remote_mode(Connection& connection, const std::string& remote,
                                          const ftp::Entry& entry);

}  // namespace ferry::client
