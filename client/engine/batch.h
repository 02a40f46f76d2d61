// Many files over a pool's sessions, several in flight, each tried again when that may help. Blocks. No
// terminal.
//
// What is tried again, and when, is in retry.h. A later try goes on where the one before it broke off, if
// that piece is proven to be of the file (resume.h): what is there whole already is verified and counts as
// done. A file that fails does not keep the others from going on; only what would be the same for all of them
// (Remedy::stop, or a network that lets nothing through any more) stops the batch.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "client/engine/job.h"
#include "client/engine/pool.h"
#include "client/engine/repeat.h"
#include "client/engine/reports.h"
#include "client/engine/retry.h"

namespace ferry::client {

struct CopyItem {
  Direction direction = Direction::up;
  std::string local, remote;        // files; `remote` is absolute
  std::string name;                 // for reports: as the user knows it
  std::optional<ftp::Entry> known;  // of `remote`, out of a listing
  bool no_links = false;            // up: never through a symbolic link
  bool is_synced_later = false;     // down: whoever copies many waits for the disk once, at their end
};

// Before the first byte of an item, once: may give it another target, or another way to deal with what is
// there (`job`), or answer why it is skipped.
using DecideItem =
    std::function<Result<std::optional<std::string>>(Connection&, CopyItem& item, JobOptions& job)>;
// When the file is there whole, before it is reported as done: modes, a receipt.
using AfterItem = std::function<Status(Connection&, const CopyItem&, const TransferResult&)>;

struct BatchOptions {
  JobOptions job;
  int parallel = 4;
  RetryPolicy retry;
  // Both may be empty. Called by several threads at once, with the item's own session; an error of theirs is
  // dealt with like one of the transfer, tried again included.
  DecideItem decide;
  AfterItem after;
};

// One after the other; nullopt: that was all. Called by one thread at a time, which has no session then, so
// it may borrow one itself (for the folder of the next item).
using NextItem = std::function<std::optional<CopyItem>()>;

// What the copies of one command have in common.
struct CopyRun {
  SessionPool& pool;
  BatchOptions options;
  Reports& reports;
  Cancel& cancel;

  // A question that may be put twice (repeat.h); what goes wrong in between is told.
  template <typename Ask>
  auto ask(const Ask& question) {
    const auto told = [this](const Error& error, int attempt, std::chrono::milliseconds wait) {
      reports.retrying(0, error, attempt, wait);
    };
    return repeat(pool, options.retry, cancel, told, question);
  }
  // Reports and counts what is about no single file, and stops the run if nothing can go on after it.
  void fail(const Error& error);
};

// The same command, later, may finish what this one has begun.
bool may_be_continued(const Tally& tally);

class Batch {
 public:
  // nullopt: skipped.
  using Outcome = Result<std::optional<TransferResult>>;

  // What is borrowed must outlive the batch.
  Batch(SessionPool& pool, BatchOptions options, Reports& reports);

  // Until all items are done, skipped or failed, or the batch has been stopped (Reports::is_stopped).
  void run(const NextItem& next, Cancel& cancel);

  // One item, with its retries, reported and counted as those of run(). Any thread.
  Outcome copy(CopyItem item, Cancel& cancel);

 private:
  class Work;

  void work_off(const NextItem& next, Cancel& cancel);
  std::optional<CopyItem> take(const NextItem& next, Cancel& cancel);

  SessionPool& pool_;
  const BatchOptions options_;
  Reports& reports_;
  std::mutex source_mutex_;  // of `next` and the flag
  bool is_exhausted_ = false;
  std::mutex targets_mutex_;
  std::set<std::string> targets_;             // that are being written
  std::atomic<std::uint64_t> life_signs_{0};  // blocks that moved, files that got through
  std::atomic<int> fruitless_{0};             // items in a row that used up their tries
};

}  // namespace ferry::client
