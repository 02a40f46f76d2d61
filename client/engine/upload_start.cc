#include "client/engine/upload_start.h"

#include <poll.h>

#include <algorithm>

#include "client/engine/breakpoint.h"
#include "client/engine/data.h"
#include "client/engine/listing.h"
#include "client/engine/part_start.h"
#include "client/engine/prefix_digest.h"
#include "client/engine/transfer_io.h"
#include "client/engine/wait.h"

namespace ferry::client {
namespace {

// What stands on the server under the file's name.
struct There {
  Bytes size = 0;
  std::optional<std::string> sha256;
  bool is_partial = false;  // for sure; else it may be a whole file
};

// A session that was killed a moment ago lives on until the server hears of it.
constexpr std::chrono::milliseconds kSettleTime{1'500}, kSettlePause{200};

Result<std::optional<Breakpoint>> ask_until_settled(Connection& connection, const std::string& remote) {
  const Deadline deadline = Deadline::after(kSettleTime);
  while (true) {
    auto waiting = ask_breakpoint(connection, remote);
    if (!waiting || !*waiting || !(*waiting)->is_running) return waiting;
    if (deadline.passed())
      return fail(Errc::busy, remote + ": another session is sending it (SITE BREAKPOINT: running)");
    auto paused = wait_ready(-1, 0, Deadline::after(kSettlePause), connection.cancel());
    if (!paused && paused.error().kind == Errc::cancelled) return tl::unexpected(paused.error());
  }
}

// Is a complete file there, beside a partial of its name?
Result<bool> is_complete(Connection& connection, const std::string& remote) {
  auto entry = describe(connection, remote);
  if (!entry && !connection.usable()) return tl::unexpected(entry.error());
  return entry && !entry->is_directory() && (!entry->perm || entry->perm->find('r') != std::string::npos);
}

Result<There> look_there(Connection& connection, const std::string& remote, bool keep_existing) {
  auto waiting = ask_until_settled(connection, remote);
  if (!waiting) return tl::unexpected(waiting.error());
  if (*waiting && keep_existing) {  // a resume would replace that file
    auto complete = is_complete(connection, remote);
    if (!complete) return tl::unexpected(complete.error());
    if (*complete) waiting->reset();
  }
  if (*waiting) return There{(*waiting)->offset, (*waiting)->sha256, true};
  auto entry = describe(connection, remote);
  if (!entry && (entry.error().kind == Errc::not_found || entry.error().kind == Errc::permission))
    return There{};
  if (!entry) return tl::unexpected(entry.error());
  // ferryd lists a partial as what cannot be read.
  const bool is_partial = entry->perm && entry->perm->find('r') == std::string::npos;
  return There{entry->is_directory() ? 0 : entry->size.value_or(0), std::nullopt, is_partial};
}

struct Finding {
  Proof proof = Proof::none;
  std::string why;
  bool by_digest = false;
};

// nullopt: the server has no digest of it.
Result<std::optional<Finding>> by_digest(Connection& connection, const std::string& remote,
                                         const There& there, PrefixDigest& here) {
  auto kind = offered_digest(connection.features());
  std::optional<std::string> theirs = there.sha256;
  if (theirs) kind = DigestKind::sha256;
  if (!kind) return std::optional<Finding>();
  if (!theirs) {
    auto told = remote_prefix_digest(connection, remote, *kind, there.size, true);
    if (!told) return tl::unexpected(told.error());
    theirs = std::move(*told);
  }
  if (!theirs) return std::optional<Finding>();
  auto ours = here.hex(*kind, there.size);
  if (!ours) return tl::unexpected(ours.error());
  if (*ours == *theirs) return Finding{Proof::same, std::string(digest_name(*kind)), true};
  return Finding{Proof::different, "differs from this file"};
}

constexpr Bytes kComparedEnd = 64 * 1024;

// A record says that this file was begun there, not that what stands there now is a piece of it: another may
// have put a file there, or the server may have kept an old one. So its end is fetched and compared.
Result<bool> has_same_end(Connection& connection, const std::string& remote, const There& there, int fd,
                          const OnProgress& progress) {
  TransferState state;
  state.total = there.size;
  state.done = state.resumed = there.size;
  Pump pump{connection, fd, state, nullptr, progress};
  pump.overlap = std::min(there.size, kComparedEnd);
  const DataCommand command{"RETR", remote, there.size - pump.overlap, false, &pump.is_different};
  const auto reply = run_data_command(
      connection, command,
      [&](net::Stream& data) { return receive_file(pump, data, []() -> Status { return {}; }); }, [] {});
  if (reply) return true;
  if (!connection.usable()) return tl::unexpected(reply.error());
  return false;  // another end, or one that cannot be read
}

Result<Finding> examine(Connection& connection, const std::string& remote, const UploadSource& source,
                        const There& there, PrefixDigest& here, const OnProgress& progress) {
  if (there.size > source.size) return Finding{Proof::different, "is longer than this file"};
  auto told = by_digest(connection, remote, there, here);
  if (!told) return tl::unexpected(told.error());
  if (*told) return std::move(**told);
  if (source.is_recorded) {
    auto same = has_same_end(connection, remote, there, source.fd, progress);
    if (!same) return tl::unexpected(same.error());
    if (*same) return Finding{Proof::same, "begun from this file, with the same end"};
  }
  return Finding{Proof::none, "cannot be shown to be of this file"};
}

}  // namespace

UploadStart fresh_upload_start(const TransferOptions& options, const Connection& connection) {
  UploadStart start;
  if (const auto kind = running_digest(options, connection)) start.digest.emplace(*kind);
  return start;
}

Result<UploadStart> find_upload_start(Connection& connection, const std::string& remote,
                                      const UploadSource& source, const TransferOptions& options,
                                      const OnProgress& progress) {
  UploadStart start = fresh_upload_start(options, connection);
  if (options.resume == Resume::never) return start;
  auto there = look_there(connection, remote, options.keep_existing);
  if (!there) return tl::unexpected(there.error());
  if (there->size == 0) return start;
  PrefixDigest here(connection, source.fd, source.size, progress);
  auto finding = examine(connection, remote, source, *there, here, progress);
  if (!finding) return tl::unexpected(finding.error());
  if (options.keep_existing && !there->is_partial &&
      decide(options.resume, finding->proof) == Decision::start_over) {
    return fail(Errc::exists, remote + ": what is there (" + bytes_for_people(there->size) + ") " +
                                  finding->why + ", and stays");
  }
  if (finding->proof != Proof::same) {
    auto goes_on = settle(connection, options, {remote, there->size, finding->proof, finding->why}, "sent");
    if (!goes_on) return tl::unexpected(goes_on.error());
    if (!*goes_on) return start;
  }
  start.offset = there->size;
  start.is_stored = there->size == source.size && !there->is_partial && finding->by_digest;
  if (options.note && finding->proof == Proof::same && !start.is_stored) {
    options.note(remote + ": goes on at " + bytes_for_people(start.offset) + ", the same so far (" +
                 finding->why + ")");
  }
  if (!start.digest) return start;
  auto digest = here.take(start.digest->kind(), start.offset);
  if (!digest) return tl::unexpected(digest.error());
  start.digest = std::move(*digest);
  return start;
}

}  // namespace ferry::client
