// get_file: a download through NAME.ferry-part.
#include "client/engine/data.h"
#include "client/engine/have_whole.h"
#include "client/engine/listing.h"
#include "client/engine/part_file.h"
#include "client/engine/part_start.h"
#include "client/engine/reply_error.h"
#include "client/engine/transfer.h"
#include "client/engine/transfer_io.h"

namespace ferry::client {
namespace {

Result<ftp::Entry> facts_of(Connection& connection, const std::string& remote, const ftp::Entry* known) {
  if (known != nullptr && known->size && known->modified && connection.features().has("MLST")) return *known;
  auto entry = describe(connection, remote);
  if (entry && entry->is_directory())
    return fail(Errc::is_directory, remote + ": is a folder (-r copies folders)");
  return entry;
}

// The journal wants a digest of what is there even if the server has none to compare it with.
std::optional<DigestKind> digest_for(const Connection& connection, const ftp::Entry& entry,
                                     const TransferOptions& options) {
  auto kind = running_digest(options, connection);
  const bool is_journaled = !entry.size || *entry.size >= kJournalFrom;
  if (!kind && is_journaled && options.verify.how != VerifyWish::How::never) kind = DigestKind::sha256;
  return kind;
}

// SIZE knew the file, RETR does not give it: then it is there, but not for us.
Error explain(Error error, const ftp::Entry& entry) {
  if (error.kind == Errc::not_found && error.reply_code == 550 && entry.size) error.kind = Errc::permission;
  return error;
}

class Download {
 public:
  Download(Connection& connection, const std::string& remote, const ftp::Entry& entry, PartFile& part,
           const TransferOptions& options, const OnProgress& progress)
      : connection_(connection),
        remote_(remote),
        entry_(entry),
        part_(part),
        options_(options),
        progress_(progress),
        kind_(digest_for(connection, entry, options)) {}

  // Until all bytes are in the partial.
  Status run();
  // Before the partial becomes the file.
  Status verify();

  TransferResult& result() { return result_; }
  const TransferState& state() const { return state_; }
  const Digest* digest() const { return start_.digest ? &*start_.digest : nullptr; }

 private:
  enum class Outcome { arrived, must_begin_anew };
  Result<Outcome> fetch();
  Result<Outcome> judge(const Pump& pump, Result<ftp::Reply> reply);
  Result<Outcome> begin_anew(const std::string& why);

  Connection& connection_;
  const std::string& remote_;
  const ftp::Entry& entry_;
  PartFile& part_;
  const TransferOptions& options_;
  const OnProgress& progress_;
  const std::optional<DigestKind> kind_;
  PartStart start_;
  TransferState state_;
  TransferResult result_;
};

Status Download::run() {
  auto start = find_part_start(connection_, remote_, entry_, part_, kind_, options_, progress_);
  if (!start) return tl::unexpected(start.error());
  start_ = std::move(*start);
  auto fetched = fetch();
  if (fetched && *fetched == Outcome::must_begin_anew) fetched = fetch();
  if (!fetched) return tl::unexpected(fetched.error());
  return {};
}

Result<Download::Outcome> Download::begin_anew(const std::string& why) {
  if (options_.note) options_.note(remote_ + ": " + why + ", so it is fetched from the start");
  start_ = fresh_part_start(connection_, remote_, entry_, kind_);
  if (auto cut = part_.start_at(0); !cut) return tl::unexpected(cut.error());
  return Outcome::must_begin_anew;
}

// One RETR, from where start_ says. Begins anew only if that was not the beginning.
Result<Download::Outcome> Download::fetch() {
  state_ = {};
  state_.total = entry_.size;
  state_.resumed = state_.done = start_.offset;
  if (auto ready = part_.start_at(start_.offset); !ready) return tl::unexpected(ready.error());
  part_.is_of(start_.journal);
  const bool is_there_already = start_.offset > 0 && start_.offset == entry_.size && start_.overlap == 0;
  if (is_there_already) return Outcome::arrived;

  Pump pump{connection_, part_.fd(), state_, start_.digest ? &*start_.digest : nullptr, progress_};
  pump.overlap = start_.overlap;
  const auto grown = [&] { return part_.grown_to(state_.done, pump.digest); };
  const auto receive = [&](net::Stream& data) { return receive_file(pump, data, grown); };
  const auto confirm = [&] {
    state_.phase = Phase::confirming;
    if (progress_) progress_(state_);
  };
  const Bytes from = start_.offset - start_.overlap;
  const DataCommand command{"RETR", remote_, from, false, &pump.is_different};
  return judge(pump, run_data_command(connection_, command, receive, confirm));
}

Result<Download::Outcome> Download::judge(const Pump& pump, Result<ftp::Reply> reply) {
  const bool may_begin_anew = start_.offset > 0 && connection_.usable();
  if (pump.is_different && may_begin_anew) return begin_anew("what is there is not what the server has");
  if (pump.is_exceeded || pump.is_different) {
    (void)part_.start_at(0);  // no piece of the file that the server has
    return fail(Errc::reset, reply.error().context);
  }
  const bool is_offset_refused = !reply && reply.error().kind == Errc::out_of_range;
  if (is_offset_refused && may_begin_anew) return begin_anew("the server does not go on in the middle of it");
  if (!reply) return tl::unexpected(explain(std::move(reply.error()), entry_));
  result_.final_text = reply->text();
  if (!entry_.size || state_.done == *entry_.size) return Outcome::arrived;
  if (start_.offset > 0) {
    (void)part_.start_at(0);
    return fail(Errc::reset, remote_ + ": the server did not go on where it was asked to");
  }
  return fail(Errc::reset, remote_ + ": ended after " + std::to_string(state_.done) + " of " +
                               std::to_string(*entry_.size) + " bytes");
}

Status Download::verify() {
  const auto tell = [&](Bytes) {
    state_.phase = Phase::verifying;
    if (progress_) progress_(state_);
  };
  auto verified = verify_sides(connection_, remote_, options_.verify, digest(), state_.done, tell, "");
  if (verified) {
    result_.verified = *verified;
    return {};
  }
  if (verified.error().kind != Errc::digest_mismatch) return tl::unexpected(verified.error());
  // No part of it can be told to be right, so nothing could go on with it.
  part_.drop();
  verified.error().context += "; what has come is dropped";
  return tl::unexpected(verified.error());
}

}  // namespace

namespace {

// Where no digest can tell: a large file that was written to while it moved may be made of two. Small ones
// are too quick for that, and asking would take as long as they do.
Status is_still(Connection& connection, const std::string& remote, const ftp::Entry& entry, Bytes arrived) {
  if (arrived < kJournalFrom || !entry.size || !entry.modified) return {};
  const auto now = describe(connection, remote);
  if (!now) return connection.usable() ? Status{} : tl::unexpected(now.error());
  if (now->size == entry.size && now->modified == entry.modified) return {};
  return fail(Errc::io, remote + ": changed on the server while it was fetched: fetch it again");
}

}  // namespace

namespace {

// TransferOptions::keep_existing: the beginning of the file is gone on with, nothing else is touched.
Status keep(Connection& connection, const std::string& remote, const ftp::Entry& entry,
            const std::string& local, LocalTarget& target, const TransferOptions& options,
            const OnProgress& progress) {
  target.must_be_free = true;
  if (!target.exists) return {};
  if (options.resume == Resume::never) return fail(Errc::exists, local + ": is there already");
  auto beginning = have_beginning(connection, remote, entry, local, options, progress);
  if (!beginning) return tl::unexpected(beginning.error());
  if (!*beginning || !become_partial(local))
    return fail(Errc::exists, local + ": is there already, and cannot be shown to be the same file");
  if (!target.new_mode) target.new_mode = target.mode;
  target.exists = false;
  return {};
}

}  // namespace

Result<TransferResult> get_file(Connection& connection, const std::string& remote, const std::string& local,
                                const TransferOptions& options, const OnProgress& progress,
                                const ftp::Entry* known) {
  const auto began = std::chrono::steady_clock::now();
  auto entry = facts_of(connection, remote, known);
  if (!entry) return tl::unexpected(entry.error());
  auto target = look_at_target(local);
  if (!target) return tl::unexpected(target.error());
  if (options.preserve.mode) {
    auto mode = remote_mode(connection, remote, *entry);
    if (!mode) return tl::unexpected(mode.error());
    target->new_mode = *mode;
    if (!*mode && options.note_once) options.note_once("the server does not tell the modes of files", "");
  }
  if (options.resume != Resume::never && target->exists) {
    auto whole = have_whole(connection, remote, *entry, local, *target, options, progress);
    if (!whole) return tl::unexpected(whole.error());
    if (*whole) {
      drop_partial(local, *target);
      return std::move(**whole);
    }
  }
  if (options.keep_existing) {
    if (auto kept = keep(connection, remote, *entry, local, *target, options, progress); !kept)
      return tl::unexpected(kept.error());
  }
  auto part = PartFile::open(local, *target);
  if (!part) return tl::unexpected(part.error());

  Download download(connection, remote, *entry, *part, options, progress);
  if (auto arrived = download.run(); !arrived) {
    part->drop_if_empty();
    return tl::unexpected(arrived.error());
  }
  if (auto same = download.verify(); !same) return tl::unexpected(same.error());
  if (!download.result().verified) {
    if (auto still = is_still(connection, remote, *entry, download.state().done); !still) {
      part->drop();
      return tl::unexpected(still.error());
    }
  }
  if (options.wants_sha256) {
    auto sha256 = sha256_of(download.digest(), part->fd(), download.state().done);
    if (!sha256) return tl::unexpected(sha256.error());
    download.result().sha256 = std::move(*sha256);
  }
  const bool sync = options.sync_small || download.state().done >= kJournalFrom;
  if (auto placed =
          part->finish(local, *target, options.preserve.time ? entry->modified : std::nullopt, sync);
      !placed)
    return tl::unexpected(placed.error());
  complete(download.result(), download.state(), began, download.digest());
  return std::move(download.result());
}

}  // namespace ferry::client
