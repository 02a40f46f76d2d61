#include "client/queue/leftover.h"

#include <sys/stat.h>

#include "client/engine/breakpoint.h"
#include "client/engine/listing.h"
#include "client/engine/retry.h"
#include "client/engine/upload_records.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

constexpr int kBusy = 450;

// The server may not have noticed yet that the transfer is over.
Status drop_breakpoint(Connection& connection, const std::string& remote) {
  constexpr int kTries = 10;
  constexpr std::chrono::milliseconds kPause{300};
  for (int i = 0; i < kTries; ++i) {
    auto reply = connection.command("SITE", "BREAKPOINT DROP " + remote);
    if (!reply) return tl::unexpected(reply.error());
    if (reply->code != kBusy) return {};
    if (auto waited = pause(kPause, *connection.cancel()); !waited) return waited;
  }
  return {};
}

}  // namespace

Status remove_leftover(Connection& connection, const QueueItem& item) {
  const std::string remote = item.from_login ? ftp::join_path(connection.home(), item.remote) : item.remote;
  if (has_breakpoints(connection.features())) return drop_breakpoint(connection, remote);
  struct stat info {};
  if (::stat(item.local.c_str(), &info) != 0) return {};
  UploadRecords records(UploadRecords::default_path());
  const UploadTarget target{connection.site().key(), connection.user(), remote};
  if (!records.holds(target, identity_of(info))) return {};
  const auto there = describe(connection, remote);
  if (!there) return connection.usable() ? Status() : tl::unexpected(there.error());
  if (there->is_directory() || !there->size || *there->size >= info.st_size) return {};
  auto removed = connection.command("DELE", remote);
  if (!removed) return tl::unexpected(removed.error());
  if (removed->code / 100 == 2) (void)records.finish(target);
  return {};
}

}  // namespace ferry::client
