// get_file: a download through NAME.ferry-part.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "client/engine/data.h"
#include "client/engine/listing.h"
#include "client/engine/reply_error.h"
#include "client/engine/transfer.h"
#include "client/engine/transfer_io.h"

namespace ferry::client {
namespace {

timespec timespec_of(WallTime when) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(when);
  return {static_cast<time_t>(seconds.time_since_epoch().count()),
          static_cast<long>((when - seconds).count())};
}

void set_modified(int fd, const std::optional<WallTime>& modified) {
  if (!modified) return;
  const std::array<timespec, 2> times{{{0, UTIME_OMIT}, timespec_of(*modified)}};
  (void)::futimens(fd, times.data());  // a file system without times is no reason to fail
}

bool same_time(const struct stat& info, WallTime when) {
  const timespec stamp = timespec_of(when);
  return info.st_mtim.tv_sec == stamp.tv_sec && info.st_mtim.tv_nsec == stamp.tv_nsec;
}

// What stands where the download is to go.
struct LocalTarget {
  bool exists = false;
  mode_t mode = 0;
};

// Never a pipe, a device or a socket: a rename would put a file in its place.
Result<LocalTarget> look_at_target(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return LocalTarget{};
    return fail_errno(errno, path);
  }
  if (S_ISDIR(info.st_mode)) return fail_errno(EISDIR, path);
  if (!S_ISREG(info.st_mode)) return fail(Errc::exists, path + ": is no regular file");
  return LocalTarget{true, info.st_mode & 0777};
}

// The partial beside the target. Locked while it is open, so that two programs never write one.
class PartFile {
 public:
  static Result<PartFile> open(const std::string& name, const LocalTarget& target) {
    PartFile part;
    part.path_ = name + kPartSuffix;
    // What replaces a file must not be readable by more people than that, not even for a moment.
    const mode_t mode = target.exists ? 0600 : 0666;
    const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    part.fd_.reset(::open(part.path_.c_str(), flags, mode));
    if (!part.fd_) return fail_errno(errno, part.path_);
    struct stat info {};
    if (::fstat(part.fd_.get(), &info) != 0) return fail_errno(errno, part.path_);
    if (!S_ISREG(info.st_mode) || info.st_uid != ::geteuid() || info.st_nlink != 1)
      return fail(Errc::exists, part.path_ + ": is no file of ours alone");
    if (::flock(part.fd_.get(), LOCK_EX | LOCK_NB) != 0) {
      return fail(Errc::busy, part.path_ + ": another program is writing it");
    }
    if (target.exists && ::fchmod(part.fd_.get(), mode) != 0) return fail_errno(errno, part.path_);
    return part;
  }

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }

  // How much of it can be kept: all, if it is a piece of the very file that `entry` describes, else nothing.
  Bytes trusted_prefix(const ftp::Entry& entry) const {
    struct stat info {};
    if (::fstat(fd_.get(), &info) != 0 || !entry.modified || !entry.size) return 0;
    return same_time(info, *entry.modified) && info.st_size <= *entry.size ? info.st_size : 0;
  }

  Status start_at(Bytes offset) {
    if (::ftruncate(fd_.get(), offset) != 0 || ::lseek(fd_.get(), offset, SEEK_SET) < 0)
      return fail_errno(errno, path_);
    return {};
  }

  Status become(const std::string& name, const LocalTarget& target) {
    if (target.exists && ::fchmod(fd_.get(), target.mode) != 0) return fail_errno(errno, path_);
    if (::rename(path_.c_str(), name.c_str()) != 0) return fail_errno(errno, name);
    return {};
  }

  void drop_if_empty() {
    struct stat info {};
    if (::fstat(fd_.get(), &info) == 0 && info.st_size == 0) ::unlink(path_.c_str());
  }

 private:
  UniqueFd fd_;
  std::string path_;
};

Result<ftp::Entry> facts_of(Connection& connection, const std::string& remote, const ftp::Entry* known) {
  if (known != nullptr && known->size && known->modified && connection.features().has("MLST")) return *known;
  auto entry = describe(connection, remote);
  if (entry && entry->is_directory())
    return fail(Errc::is_directory, remote + ": is a folder (-r copies folders)");
  return entry;
}

Status download(Connection& connection, const std::string& remote, const ftp::Entry& entry, PartFile& part,
                const OnProgress& progress, Digest* digest, TransferState& state, std::string& final_text) {
  Pump pump{connection, part.fd(), state, digest, progress};
  const auto keep_stamp = [&] { set_modified(part.fd(), entry.modified); };
  const auto receive = [&](net::Stream& data) { return receive_file(pump, data, keep_stamp); };
  const auto confirm = [&] {
    state.phase = Phase::confirming;
    if (progress) progress(state);
  };
  auto reply = run_data_command(connection, {"RETR", remote, state.resumed, false}, receive, confirm);
  if (pump.is_exceeded) {
    (void)part.start_at(0);  // no piece of the file that the server described
    return fail(Errc::reset, remote + ": " + reply.error().context);
  }
  if (!reply) return tl::unexpected(reply.error());
  final_text = reply->text();
  if (!entry.size || state.done == *entry.size) return {};
  if (state.resumed == 0) {
    return fail(Errc::reset, remote + ": ended after " + std::to_string(state.done) + " of " +
                                 std::to_string(*entry.size) + " bytes");
  }
  (void)part.start_at(0);
  return fail(Errc::reset, remote + ": the server did not go on where it was asked to");
}

// SIZE knew the file, RETR does not give it: then it is there, but not for us.
Error explain(Error error, const ftp::Entry& entry) {
  if (error.kind == Errc::not_found && error.reply_code == 550 && entry.size) error.kind = Errc::permission;
  return error;
}

}  // namespace

Result<TransferResult> get_file(Connection& connection, const std::string& remote, const std::string& local,
                                const TransferOptions& options, const OnProgress& progress,
                                const ftp::Entry* known) {
  const auto began = std::chrono::steady_clock::now();
  auto entry = facts_of(connection, remote, known);
  if (!entry) return tl::unexpected(entry.error());
  const auto target = look_at_target(local);
  if (!target) return tl::unexpected(target.error());
  auto part = PartFile::open(local, *target);
  if (!part) return tl::unexpected(part.error());

  TransferState state;
  state.total = entry->size;
  state.resumed = state.done = options.resume ? part->trusted_prefix(*entry) : 0;
  if (auto ready = part->start_at(state.resumed); !ready) return tl::unexpected(ready.error());
  std::optional<Digest> digest;
  if (options.digest) {
    auto prefix = digest_prefix(part->fd(), *options.digest, state.resumed);
    if (!prefix) return tl::unexpected(prefix.error());
    digest = std::move(*prefix);
  }
  set_modified(part->fd(), entry->modified);

  TransferResult result;
  const bool is_whole_already = state.resumed > 0 && state.resumed == entry->size;
  if (!is_whole_already) {
    auto arrived = download(connection, remote, *entry, *part, progress, digest ? &*digest : nullptr, state,
                            result.final_text);
    if (!arrived) {
      part->drop_if_empty();
      return tl::unexpected(explain(std::move(arrived.error()), *entry));
    }
  }
  set_modified(part->fd(), entry->modified);
  if (auto placed = part->become(local, *target); !placed) return tl::unexpected(placed.error());
  complete(result, state, began, digest ? &*digest : nullptr);
  return result;
}

}  // namespace ferry::client
