// What is done to names on a server: make, rename, remove. Shared by sub-commands and shell. Paths are
// absolute. Blocks on the network.
#pragma once

#include <string>
#include <vector>

#include "client/engine/connection.h"

namespace ferry::client {

Status make_remote_folder(Connection& connection, const std::string& path, bool with_parents);
Status remove_remote_folder(Connection& connection, const std::string& path);  // an empty one

// A file; with `recursive` a folder with all that is in it, but never the root or the folder of the login
// (Errc::permission): whoever means that names what is in it.
Status remove_remote(Connection& connection, const std::string& path, bool recursive);

// RNFR, RNTO. What is at `to` is treated as the server treats it, mostly replaced.
Status rename_remote(Connection& connection, const std::string& from, const std::string& to);

// Where mv puts things: into `path` if that is a folder, ends in '/' as typed, or several things go there;
// else it is the new name. Errc::not_found when a folder is needed and is not there.
struct MoveTarget {
  std::string path;
  bool is_folder = false;
};
Result<MoveTarget> find_move_target(Connection& connection, const std::string& path, bool must_be_folder);
Status move_remote(Connection& connection, const std::string& from, const MoveTarget& target);

}  // namespace ferry::client
