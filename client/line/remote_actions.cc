#include "client/line/remote_actions.h"

#include "client/engine/listing.h"
#include "client/engine/reply_error.h"
#include "client/engine/tree.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

Status simple_command(Connection& connection, const char* verb, const std::string& path) {
  auto reply = connection.require(verb, path);
  return reply ? Status() : tl::unexpected(reply.error());
}

}  // namespace

Status make_remote_folder(Connection& connection, const std::string& path, bool with_parents) {
  return with_parents ? make_remote_folders(connection, path) : simple_command(connection, "MKD", path);
}

Status remove_remote_folder(Connection& connection, const std::string& path) {
  return simple_command(connection, "RMD", path);
}

Status remove_remote(Connection& connection, const std::string& path, bool recursive) {
  if (!recursive) return simple_command(connection, "DELE", path);
  if (path == "/" || path == connection.home()) {
    return fail(Errc::permission, path +
                                      ": is where the login begins, and is not removed with all that is in "
                                      "it; name what is to go");
  }
  return remove_tree(connection, path);
}

Status rename_remote(Connection& connection, const std::string& from, const std::string& to) {
  auto ready = connection.command("RNFR", from);
  if (!ready) return tl::unexpected(ready.error());
  if (!ready->is_intermediate()) return tl::unexpected(reply_error("RNFR", from, *ready));
  return simple_command(connection, "RNTO", to);
}

Result<MoveTarget> find_move_target(Connection& connection, const std::string& path, bool must_be_folder) {
  auto folder = is_directory(connection, path);
  if (!folder) return tl::unexpected(folder.error());
  if (must_be_folder && !*folder)
    return fail(Errc::not_found, path + ": there is no such folder on the server");
  return MoveTarget{path, *folder};
}

Status move_remote(Connection& connection, const std::string& from, const MoveTarget& target) {
  const std::string leaf(ftp::leaf_name(from));
  return rename_remote(connection, from, target.is_folder ? ftp::join_path(target.path, leaf) : target.path);
}

}  // namespace ferry::client
