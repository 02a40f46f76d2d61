#include "client/engine/job.h"

#include <sys/stat.h>

#include <algorithm>

namespace ferry::client {
namespace {

TransferOptions transfer_options(const JobOptions& options, ItemId item, JobObserver& observer) {
  TransferOptions transfer;
  transfer.resume = options.resume;
  transfer.verify = options.verify;
  transfer.note = [&observer](const std::string& text) { observer.note(text); };
  transfer.note_once = [&observer, once = options.once](const std::string& what, const std::string& details) {
    if (once->is_first(what)) observer.note(what + details);
  };
  transfer.preserve = options.preserve;
  transfer.ask = [&observer, item](const ResumeQuestion& question) {
    return observer.ask_resume(item, question);
  };
  transfer.sync_small = options.sync_small;
  return transfer;
}

bool conclude(Connection& connection, ItemId item, Result<TransferResult> result, FileReport report,
              JobObserver& observer, Tally& tally) {
  if (!result) return take_failure(connection, item, std::move(result.error()), observer, tally);
  report.result = std::move(*result);
  ++tally.done;
  if (report.result.verified) ++tally.verified;
  observer.file_done(item, report);
  return true;
}

}  // namespace

Bytes plausible_sum(Bytes sum, std::optional<Bytes> size) {
  constexpr Bytes kMost = Bytes{1} << 60;
  if (!size || *size < 0 || *size > kMost) return sum;
  return std::min(sum + *size, kMost);
}

bool take_failure(Connection& connection, ItemId item, Error error, JobObserver& observer, Tally& tally) {
  ++tally.failed;
  observer.failed(item, error);
  const bool over = error.kind == Errc::cancelled || !connection.usable();
  if (over) tally.stopped_by = error;
  if (!tally.first_error) tally.first_error = std::move(error);
  return !over;
}

bool get_one(Connection& connection, const std::string& remote, const std::string& local,
             const std::string& name, const JobOptions& options, JobObserver& observer, Tally& tally,
             const ftp::Entry* known) {
  const ItemId item = ++tally.last_item;
  observer.file_starts(item, Direction::down, name, known != nullptr ? known->size : std::nullopt);
  const auto progress = [&](const TransferState& state) { observer.progress(item, state); };
  auto result =
      get_file(connection, remote, local, transfer_options(options, item, observer), progress, known);
  FileReport report;
  report.direction = Direction::down;
  report.name = name;
  return conclude(connection, item, std::move(result), std::move(report), observer, tally);
}

bool put_one(Connection& connection, const std::string& local, const std::string& remote,
             const std::string& name, const JobOptions& options, JobObserver& observer, Tally& tally,
             bool no_links) {
  struct stat info {};
  const bool knows_size = ::stat(local.c_str(), &info) == 0 && S_ISREG(info.st_mode);
  const ItemId item = ++tally.last_item;
  observer.file_starts(item, Direction::up, name,
                       knows_size ? std::optional<Bytes>(info.st_size) : std::nullopt);
  const auto progress = [&](const TransferState& state) { observer.progress(item, state); };
  auto result =
      put_file(connection, local, remote, transfer_options(options, item, observer), progress, no_links);
  FileReport report;
  report.direction = Direction::up;
  report.name = name;
  return conclude(connection, item, std::move(result), std::move(report), observer, tally);
}

}  // namespace ferry::client
