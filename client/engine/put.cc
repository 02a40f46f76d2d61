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
#include "client/engine/upload_start.h"
#include "shared/ftp/path.h"

namespace ferry::client {
namespace {

// What is smaller is sent again sooner than it is written down.
constexpr Bytes kWorthRecording = 256 * 1024;

// An open file, and what it was like when that was done.
class LocalFile {
 public:
  static Result<LocalFile> open(const std::string& path, bool no_links);

  int fd() const { return fd_.get(); }
  Bytes size() const { return identity_.size; }
  const Attributes& attributes() const { return attributes_; }
  const LocalIdentity& identity() const { return identity_; }
  // Errc::io when it has been written, or another file has its name now.
  Status check_unchanged() const;

 private:
  UniqueFd fd_;
  std::string path_;
  bool no_links_ = false;
  Attributes attributes_;
  LocalIdentity identity_;
};

WallTime wall_time_of(const timespec& stamp) {
  return WallTime(std::chrono::seconds(stamp.tv_sec) + std::chrono::nanoseconds(stamp.tv_nsec));
}

Result<LocalFile> LocalFile::open(const std::string& path, bool no_links) {
  LocalFile file;
  file.path_ = path;
  file.no_links_ = no_links;
  // O_NONBLOCK: opening a pipe that nobody writes would never return.
  file.fd_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | (no_links ? O_NOFOLLOW : 0)));
  if (!file.fd_) return fail_errno(errno, path);
  struct stat info {};
  if (::fstat(file.fd(), &info) != 0) return fail_errno(errno, path);
  if (S_ISDIR(info.st_mode)) return fail(Errc::is_directory, path + ": is a folder (-r copies folders)");
  if (!S_ISREG(info.st_mode)) return fail(Errc::unsupported, path + ": is no regular file");
  file.attributes_ = {wall_time_of(info.st_mtim), info.st_mode};
  file.identity_ = identity_of(info);
  return file;
}

Status LocalFile::check_unchanged() const {
  struct stat open_now {
  }, named_now{};
  if (::fstat(fd(), &open_now) != 0) return fail_errno(errno, path_);
  if (identity_of(open_now) != identity_) return fail(Errc::io, path_ + ": changed while it was sent");
  const int looked = no_links_ ? ::lstat(path_.c_str(), &named_now) : ::stat(path_.c_str(), &named_now);
  if (looked != 0 || identity_of(named_now) != identity_)
    return fail(Errc::io, path_ + ": was replaced or removed while it was sent");
  return {};
}

// The upload in our records. Records that cannot be kept are no reason to fail: without one the next -c
// starts over.
class Begun {
 public:
  Begun(const Connection& connection, const std::string& remote, const LocalFile& file)
      : records_(UploadRecords::default_path()),
        target_{connection.site().key(), connection.user(), remote},
        file_(file.identity()) {}

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

// ALLO knows no name: the file that is replaced gives its room back. Only a server that says what is left
// (AVBL, draft-peterson-streamlined-ftp-command-extensions) is believed to need less than it refused.
Result<bool> fits_in_place_of(Connection& connection, const std::string& remote, Bytes size) {
  const auto there = describe(connection, remote);
  if (!there) return connection.usable() ? Result<bool>(false) : tl::unexpected(there.error());
  if (!there->size || !connection.features().has("AVBL")) return false;
  auto reply = connection.command("AVBL", "");
  if (!reply) return tl::unexpected(reply.error());
  const auto left = parse_number(reply->text());
  return reply->code == 213 && left && size <= *left + *there->size;
}

// Lets the server refuse before the first byte what cannot fit (RFC 959 §4.1.3). Most servers say 202: no
// need.
Status announce(Connection& connection, const std::string& remote, Bytes size) {
  if (connection.manners().allo_refused) return {};
  auto reply = connection.command("ALLO", std::to_string(size));
  if (!reply) return tl::unexpected(reply.error());
  if (reply->code == 552 || reply->code == 452) {
    if (const auto fits = fits_in_place_of(connection, remote, size); !fits || *fits)
      return fits ? Status() : tl::unexpected(fits.error());
    return tl::unexpected(reply_error("ALLO", remote, *reply));
  }
  connection.manners().allo_refused = reply->code == 202 || reply->code >= 500;
  return {};
}

struct Upload {
  Connection& connection;
  const std::string& remote;
  const LocalFile& file;
  Begun& begun;
  const TransferOptions& options;
  const OnProgress& progress;
  UploadStart start;
  TransferState state;
  TransferResult result;

  void begin_at(UploadStart where);
  Status send();
  Status verify();
  void show(Phase phase) {
    state.phase = phase;
    if (progress) progress(state);
  }
};

void Upload::begin_at(UploadStart where) {
  start = std::move(where);
  state = {};
  state.total = file.size();
  state.resumed = state.done = start.offset;
}

Status Upload::send() {
  if (auto announced = announce(connection, remote, file.size()); !announced) return announced;
  if (::lseek(file.fd(), start.offset, SEEK_SET) < 0) return fail_errno(errno, remote);
  Pump pump{connection, file.fd(), state, start.digest ? &*start.digest : nullptr, progress};
  pump.before_last_block = [&] { return file.check_unchanged(); };
  const auto move = [&](net::Stream& data) {
    // Only now is what the server has ours: had it refused, an older file would still be there.
    begun.now();
    return send_file(pump, data);
  };
  DataCommand command{"STOR", remote, start.offset, true};
  command.leaving = [&](Bytes unsent) { show_sent(pump, unsent); };
  auto reply = run_data_command(connection, command, move, [&] { show(Phase::confirming); });
  if (!reply) return tl::unexpected(explain_refused_upload(connection, remote, reply.error()));
  result.final_text = reply->text();
  if (auto unchanged = file.check_unchanged(); !unchanged) {
    return fail(unchanged.error().kind,
                unchanged.error().context + "; what the server has stored may be neither: send it again");
  }
  return {};
}

Status Upload::verify() {
  const Digest* digest = start.digest ? &*start.digest : nullptr;
  auto verified = verify_sides(
      connection, remote, options.verify, digest, file.size(), [&](Bytes) { show(Phase::verifying); },
      result.final_text);
  if (!verified) return tl::unexpected(verified.error());
  result.verified = *verified;
  return {};
}

Status run(Upload& upload) {
  auto sent = upload.start.is_stored ? Status() : upload.send();
  const bool is_offset_refused = !sent && sent.error().kind == Errc::out_of_range && upload.start.offset > 0;
  if (is_offset_refused && upload.connection.usable()) {
    if (upload.options.note)
      upload.options.note(upload.remote +
                          ": the server does not go on in the middle of it, so it is sent from the start");
    upload.begin_at(fresh_upload_start(upload.options, upload.connection));
    sent = upload.send();
  }
  if (!sent) return sent;
  if (upload.start.is_stored && upload.start.digest &&
      upload.options.verify.how == VerifyWish::How::when_told) {  // that is how we know
    upload.result.verified = Verified{upload.start.digest->kind(), DigestSource::asked};
  } else if (auto same = upload.verify(); !same) {
    return same;
  }
  upload.begun.done();
  return pass_attributes_on(upload.connection, upload.remote, upload.file.attributes(),
                            upload.options.preserve, upload.options.note_once);
}

}  // namespace

Result<TransferResult> put_file(Connection& connection, const std::string& local, const std::string& remote,
                                const TransferOptions& options, const OnProgress& progress, bool no_links) {
  const auto began = std::chrono::steady_clock::now();
  auto file = LocalFile::open(local, no_links);
  if (!file) return tl::unexpected(file.error());
  Begun begun(connection, remote, *file);
  const UploadSource source{file->fd(), file->size(), options.resume != Resume::never && begun.before()};
  auto start = find_upload_start(connection, remote, source, options, progress);
  if (!start) return tl::unexpected(start.error());

  Upload upload{connection, remote, *file, begun, options, progress, {}, {}, {}};
  upload.begin_at(std::move(*start));
  if (auto done = run(upload); !done) return tl::unexpected(done.error());
  if (options.wants_sha256) {
    const Digest* running = upload.start.digest ? &*upload.start.digest : nullptr;
    auto sha256 = sha256_of(running, file->fd(), file->size());
    if (!sha256) return tl::unexpected(sha256.error());
    if (auto unchanged = file->check_unchanged(); !unchanged) return tl::unexpected(unchanged.error());
    upload.result.sha256 = std::move(*sha256);
  }
  complete(upload.result, upload.state, began, upload.start.digest ? &*upload.start.digest : nullptr);
  return std::move(upload.result);
}

}  // namespace ferry::client
