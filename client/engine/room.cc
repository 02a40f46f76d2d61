#include "client/engine/room.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>

#include "client/engine/account.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

constexpr const char* kLeft = "left on the server";

}  // namespace

Room room_of(const Quota& quota) {
  Room room{"quota left", Errc::over_quota};
  if (quota.bytes.left) room.bytes = std::max<Bytes>(0, *quota.bytes.left);
  if (quota.files && quota.files->quota)
    room.files = std::max<std::int64_t>(0, *quota.files->quota - quota.files->used.value_or(0));
  return room;
}

Result<Room> room_on_server(Connection& connection, const std::string& folder) {
  Room room{"quota left", Errc::over_quota};
  if (connection.features().has_site("QUOTA")) {
    auto reply = connection.command("SITE", "QUOTA");
    if (!reply) return tl::unexpected(reply.error());
    if (auto quota = parse_quota(*reply)) room = room_of(*quota);
  }
  if (!connection.features().has("AVBL")) return room;
  std::string at = folder;
  while (true) {
    auto reply = connection.command("AVBL", at);
    if (!reply) return tl::unexpected(reply.error());
    if (const auto left = parse_number(reply->text()); reply->code == 213 && left) {
      if (!room.bytes || *left < *room.bytes) {  // the disk, or a limit of another kind
        room.bytes = *left;
        room.name = kLeft;
      }
      return room;
    }
    if (reply->code != 550 || at == "/") return room;
    at = ftp::parent_path(at);
  }
}

Room room_here(const std::string& path) {
  Room room{"free here", Errc::no_space};
  std::error_code ignored;
  std::filesystem::path at = std::filesystem::absolute(path, ignored);
  struct statvfs info {};
  while (::statvfs(at.c_str(), &info) != 0) {
    if (!at.has_relative_path()) return room;
    at = at.parent_path();
  }
  constexpr std::uint64_t kMost = std::uint64_t{1} << 60;
  const std::uint64_t block = info.f_frsize, blocks = info.f_bavail;
  room.bytes = static_cast<Bytes>(block != 0 && blocks > kMost / block ? kMost : block * blocks);
  if (info.f_files != 0)
    room.files = static_cast<std::int64_t>(std::min<std::uint64_t>(info.f_favail, kMost));
  return room;
}

}  // namespace ferry::client
