#include "client/engine/have_whole.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "client/engine/part_file.h"
#include "client/engine/prefix_digest.h"
#include "client/engine/transfer_io.h"

namespace ferry::client {

Result<std::optional<TransferResult>> have_whole(Connection& connection, const std::string& remote,
                                                 const ftp::Entry& entry, const std::string& local,
                                                 const LocalTarget& target, const TransferOptions& options,
                                                 const OnProgress& progress) {
  const std::optional<TransferResult> no;
  const UniqueFd file(::open(local.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  struct stat info {};
  if (!file || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return no;
  const bool wants_one = options.verify.how == VerifyWish::How::always;
  const auto kind = wants_one ? options.verify.kind : offered_digest(connection.features());
  if (!kind || entry.size != info.st_size || info.st_size == 0) return no;
  auto theirs = remote_prefix_digest(connection, remote, *kind, info.st_size, true);
  if (!theirs) return tl::unexpected(theirs.error());
  if (!*theirs) return no;
  auto ours = PrefixDigest(connection, file.get(), info.st_size, progress).hex(*kind, info.st_size);
  if (!ours) return tl::unexpected(ours.error());
  if (*ours != **theirs) return no;
  if (options.preserve.time) set_modified(file.get(), entry.modified);
  if (target.new_mode && ::fchmod(file.get(), *target.new_mode) != 0) return fail_errno(errno, local);
  TransferResult result;
  result.size = result.resumed = info.st_size;
  result.verified = Verified{*kind, DigestSource::asked};
  result.local_digest = *ours;
  if (options.wants_sha256) {
    auto sha256 = *kind == DigestKind::sha256 ? ours : sha256_of(nullptr, file.get(), info.st_size);
    if (!sha256) return tl::unexpected(sha256.error());
    result.sha256 = std::move(*sha256);
  }
  return result;
}

Result<bool> have_beginning(Connection& connection, const std::string& remote, const ftp::Entry& entry,
                            const std::string& local, const TransferOptions& options,
                            const OnProgress& progress) {
  const UniqueFd file(::open(local.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  struct stat info {};
  if (!file || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_size == 0) return false;
  const bool wants_one = options.verify.how == VerifyWish::How::always;
  const auto kind = wants_one ? options.verify.kind : offered_digest(connection.features());
  if (!kind || !entry.size || *entry.size <= info.st_size) return false;
  auto theirs = remote_prefix_digest(connection, remote, *kind, info.st_size, false);
  if (!theirs) return tl::unexpected(theirs.error());
  if (!*theirs) return false;
  auto ours = PrefixDigest(connection, file.get(), info.st_size, progress).hex(*kind, info.st_size);
  if (!ours) return tl::unexpected(ours.error());
  return *ours == **theirs;
}

}  // namespace ferry::client
