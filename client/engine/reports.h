// One JobObserver and one Tally for many threads: what they report is told and counted one after the other.
#pragma once

#include <atomic>
#include <mutex>

#include "client/engine/job.h"

namespace ferry::client {

class Reports {
 public:
  // Both must outlive this, and are only to be looked at when nothing is in flight.
  Reports(JobObserver& observer, Tally& tally) : observer_(observer), tally_(tally) {}

  void plan(std::int64_t files, Bytes bytes);
  ItemId starts(Direction direction, const std::string& name, std::optional<Bytes> size);
  // Left out while somebody is being asked, so that the others' bytes go on meanwhile.
  void progress(ItemId item, const TransferState& state);
  void done(ItemId item, const FileReport& report);
  void skipped(ItemId item, const std::string& name, const std::string& why);
  void failed(ItemId item, const Error& error);  // 0: a folder, or the job as a whole
  void failed_unsaid();                          // counted; a note has said why
  void retrying(ItemId item, const Error& error, int attempt, std::chrono::milliseconds wait);
  void note(const std::string& text);
  ResumeAnswer ask_resume(ItemId item, const ResumeQuestion& question);

  // No more is begun: the connection is gone, the password is wrong, the user said stop.
  void stop(const Error& error);
  bool is_stopped() const { return is_stopped_; }

 private:
  std::mutex mutex_;
  JobObserver& observer_;
  Tally& tally_;
  std::atomic<bool> is_stopped_{false}, is_asking_{false};
};

}  // namespace ferry::client
