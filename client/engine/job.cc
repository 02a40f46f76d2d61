#include "client/engine/job.h"

#include <sys/stat.h>

#include <algorithm>

namespace ferry::client {
namespace {

// Compares the finished transfer's two sides; fills in the report. Errc::digest_mismatch names both digests.
Status verify(Connection& connection, const std::string& remote, DigestKind kind, JobObserver& observer,
              FileReport& report) {
  TransferState state;
  state.phase = Phase::verifying;
  state.total = state.done = report.result.size;
  observer.progress(state);
  const auto tell = [&](const TransferState& now) { observer.progress(now); };
  // Only an upload's last reply speaks of the file that is on the server now.
  const std::string said = report.direction == Direction::up ? report.result.final_text : "";
  auto there = remote_digest(connection, remote, kind, tell, said);
  if (!there) return tl::unexpected(there.error());
  if (there->hex != report.result.local_digest) {
    return fail(Errc::digest_mismatch, report.name + ": the " + std::string(digest_name(kind)) +
                                           " digests differ: here " + report.result.local_digest +
                                           ", on the server " + there->hex);
  }
  report.verified = kind;
  report.verified_by = there->source;
  return {};
}

bool conclude(Connection& connection, const std::string& remote, Result<TransferResult> result,
              const JobOptions& options, FileReport report, JobObserver& observer, Tally& tally) {
  if (!result) return take_failure(connection, std::move(result.error()), observer, tally);
  report.result = std::move(*result);
  if (options.verify) {
    if (auto same = verify(connection, remote, *options.verify, observer, report); !same) {
      return take_failure(connection, std::move(same.error()), observer, tally);
    }
  }
  ++tally.done;
  observer.file_done(report);
  return true;
}

}  // namespace

Bytes plausible_sum(Bytes sum, std::optional<Bytes> size) {
  constexpr Bytes kMost = Bytes{1} << 60;
  if (!size || *size < 0 || *size > kMost) return sum;
  return std::min(sum + *size, kMost);
}

bool take_failure(Connection& connection, Error error, JobObserver& observer, Tally& tally) {
  ++tally.failed;
  observer.failed(error);
  const bool over = error.kind == Errc::cancelled || !connection.usable();
  if (over) tally.stopped_by = error;
  if (!tally.first_error) tally.first_error = std::move(error);
  return !over;
}

bool get_one(Connection& connection, const std::string& remote, const std::string& local,
             const std::string& name, const JobOptions& options, JobObserver& observer, Tally& tally,
             const ftp::Entry* known) {
  observer.file_starts(Direction::down, name, known != nullptr ? known->size : std::nullopt);
  const auto progress = [&](const TransferState& state) { observer.progress(state); };
  auto result = get_file(connection, remote, local, {options.resume, options.verify, {}}, progress, known);
  FileReport report;
  report.direction = Direction::down;
  report.name = name;
  return conclude(connection, remote, std::move(result), options, std::move(report), observer, tally);
}

bool put_one(Connection& connection, const std::string& local, const std::string& remote,
             const std::string& name, const JobOptions& options, JobObserver& observer, Tally& tally,
             bool no_links) {
  struct stat info {};
  const bool knows_size = ::stat(local.c_str(), &info) == 0 && S_ISREG(info.st_mode);
  observer.file_starts(Direction::up, name, knows_size ? std::optional<Bytes>(info.st_size) : std::nullopt);
  const auto progress = [&](const TransferState& state) { observer.progress(state); };
  const auto note = [&](const std::string& text) { observer.note(text); };
  auto result =
      put_file(connection, local, remote, {options.resume, options.verify, note}, progress, no_links);
  FileReport report;
  report.direction = Direction::up;
  report.name = name;
  return conclude(connection, remote, std::move(result), options, std::move(report), observer, tally);
}

}  // namespace ferry::client
