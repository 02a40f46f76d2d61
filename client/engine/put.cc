// put_file: an upload, resumed where the server's partial ends.
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "client/engine/data.h"
#include "client/engine/listing.h"
#include "client/engine/reply_error.h"
#include "client/engine/transfer.h"
#include "client/engine/transfer_io.h"
#include "client/engine/upload_records.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

// What is smaller is sent again sooner than it is written down.
constexpr Bytes kWorthRecording = 256 * 1024;

struct LocalFile {
  UniqueFd fd;
  Bytes size = 0;
  WallTime modified{};
  LocalIdentity identity;
};

WallTime wall_time_of(const timespec& stamp) {
  return WallTime(std::chrono::seconds(stamp.tv_sec) + std::chrono::nanoseconds(stamp.tv_nsec));
}

Result<LocalFile> open_local(const std::string& path, bool no_links) {
  LocalFile file;
  // O_NONBLOCK: opening a pipe that nobody writes would never return.
  file.fd.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | (no_links ? O_NOFOLLOW : 0)));
  if (!file.fd) return fail_errno(errno, path);
  struct stat info {};
  if (::fstat(file.fd.get(), &info) != 0) return fail_errno(errno, path);
  if (S_ISDIR(info.st_mode)) return fail(Errc::is_directory, path + ": is a folder (-r copies folders)");
  if (!S_ISREG(info.st_mode)) return fail(Errc::unsupported, path + ": is no regular file");
  file.size = info.st_size;
  file.modified = wall_time_of(info.st_mtim);
  file.identity = identity_of(info);
  return file;
}

// The upload in our records. Records that cannot be kept are no reason to fail: without one the next -c
// starts over.
class Begun {
 public:
  Begun(const Connection& connection, const std::string& remote, const LocalFile& file)
      : records_(UploadRecords::default_path()),
        target_{connection.site().key(), connection.user(), remote},
        file_(file.identity) {}

  bool before() const { return records_.holds(target_, file_); }
  void now() {
    if (file_.size >= kWorthRecording) (void)records_.begin(target_, file_);
  }
  void done() {
    if (file_.size >= kWorthRecording) (void)records_.finish(target_);
  }

 private:
  UploadRecords records_;
  UploadTarget target_;
  LocalIdentity file_;
};

// How much of the local file the server has already, provided that we began it from this very file.
Result<Bytes> trusted_remote_prefix(Connection& connection, const std::string& remote, const LocalFile& file,
                                    const Begun& begun, const TransferOptions& options) {
  auto there = describe(connection, remote);
  if (!there && (there.error().kind == Errc::not_found || there.error().kind == Errc::permission))
    return Bytes{0};
  if (!there) return tl::unexpected(there.error());
  const Bytes size = there->size.value_or(0);
  if (size == 0) return Bytes{0};
  if (size <= file.size && begun.before()) return size;
  if (options.note)
    options.note(remote +
                 ": nothing shows that the server's piece is of this file, so it is sent from the start");
  return Bytes{0};
}

// Lets the server refuse before the first byte what cannot fit (RFC 959 §4.1.3). Most servers say 202: no
// need.
Status announce(Connection& connection, const std::string& remote, Bytes size) {
  if (connection.manners().allo_refused) return {};
  auto reply = connection.command("ALLO", std::to_string(size));
  if (!reply) return tl::unexpected(reply.error());
  if (reply->code == 552 || reply->code == 452) return tl::unexpected(reply_error("ALLO", remote, *reply));
  connection.manners().allo_refused = reply->code == 202 || reply->code >= 500;
  return {};
}

// MFMT where there is one; a refusal leaves the server's own time, which is no reason to fail.
Status pass_time_on(Connection& connection, const std::string& remote, WallTime modified) {
  if (!connection.features().has("MFMT")) return {};
  auto reply = connection.command("MFMT", ftp_time(modified) + " " + remote);
  return reply ? Status() : tl::unexpected(reply.error());
}

// Servers refuse a name in a folder that is not there in many ways; say what is wrong.
Error explain(Connection& connection, const std::string& remote, Error error) {
  if (error.kind != Errc::permission && error.kind != Errc::name_refused) return error;
  const std::string folder(ftp::parent_path(remote));
  if (!connection.usable()) return error;
  if (auto there = is_directory(connection, folder); there && !*there) {
    return Error{Errc::not_found, folder + ": there is no such folder on the server", error.reply_code};
  }
  if (auto itself = is_directory(connection, remote); itself && *itself) {
    return Error{Errc::is_directory, remote + ": is a folder on the server", error.reply_code};
  }
  return error;
}

Status upload(Connection& connection, const std::string& remote, const LocalFile& file, Begun& begun,
              const OnProgress& progress, Digest* digest, TransferState& state, std::string& final_text) {
  if (auto announced = announce(connection, remote, file.size); !announced) return announced;
  Pump pump{connection, file.fd.get(), state, digest, progress};
  const auto send = [&](net::Stream& data) {
    // Only now is what the server has ours: had it refused, an older file would still be there.
    begun.now();
    return send_file(pump, data);
  };
  const auto confirm = [&] {
    state.phase = Phase::confirming;
    if (progress) progress(state);
  };
  auto reply = run_data_command(connection, {"STOR", remote, state.resumed, true}, send, confirm);
  if (!reply) return tl::unexpected(explain(connection, remote, reply.error()));
  begun.done();
  final_text = reply->text();
  return pass_time_on(connection, remote, file.modified);
}

}  // namespace

Result<TransferResult> put_file(Connection& connection, const std::string& local, const std::string& remote,
                                const TransferOptions& options, const OnProgress& progress, bool no_links) {
  const auto began = std::chrono::steady_clock::now();
  auto file = open_local(local, no_links);
  if (!file) return tl::unexpected(file.error());
  Result<Bytes> prefix = 0;
  Begun begun(connection, remote, *file);
  if (options.resume) prefix = trusted_remote_prefix(connection, remote, *file, begun, options);
  if (!prefix) return tl::unexpected(prefix.error());

  TransferState state;
  state.total = file->size;
  state.resumed = state.done = *prefix;
  std::optional<Digest> digest;
  if (options.digest) {
    auto start = digest_prefix(file->fd.get(), *options.digest, state.resumed);
    if (!start) return tl::unexpected(start.error());
    digest = std::move(*start);
  }
  if (::lseek(file->fd.get(), state.resumed, SEEK_SET) < 0) return fail_errno(errno, local);
  TransferResult result;
  auto sent = upload(connection, remote, *file, begun, progress, digest ? &*digest : nullptr, state,
                     result.final_text);
  if (!sent) return tl::unexpected(sent.error());
  complete(result, state, began, digest ? &*digest : nullptr);
  return result;
}

}  // namespace ferry::client
