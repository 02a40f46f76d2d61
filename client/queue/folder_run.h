// One try of a folder: its files over a pool, several in flight, those left out that an earlier try has
// copied. Blocks on network and disk. Internal to client/queue.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "client/engine/batch.h"
#include "client/queue/outcome.h"
#include "client/queue/queue.h"

namespace ferry::client {

class FolderRun {
 public:
  // All must outlive it. `item` is a folder, both its ends are absolute.
  FolderRun(Queue& queue, Reports& reports, const QueueItem& item);

  Outcome run(SessionPool& pool, const RetryPolicy& retry, int parallel, Cancel& cancel);
  // Files that were begun and did not get to their end.
  std::vector<CopyItem> unfinished() const;

 private:
  class Observer;
  BatchOptions options(const RetryPolicy& retry, int parallel);
  bool is_copied_already(const CopyItem& file) const;
  std::optional<FileMark> mark_of(const CopyItem& file, Bytes size) const;
  Outcome outcome_of(const Tally& tally, const Cancel& cancel) const;
  void is_full(const Error& error, Cancel& cancel);

  Queue& queue_;
  Reports& reports_;
  const QueueItem item_;
  const FileMarks marks_;
  mutable std::mutex mutex_;  // of what follows
  std::map<std::string, CopyItem> in_flight_;
  std::optional<Error> full_;
};

}  // namespace ferry::client
