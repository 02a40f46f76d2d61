// Shows jobs on stderr: on a terminal a row per file in flight and one for the whole, redrawn in place at
// most ten times a second, with a line above them per finished file; elsewhere log lines and a heartbeat.
// Beside that --json on stdout and --log FILE. Never a colour, so NO_COLOR has nothing to take away.
//
// What it hears comes from one thread at a time, as a JobObserver's; rows and heartbeats come from a thread
// of its own, so that a slow terminal holds no transfer up.
#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "client/engine/job.h"
#include "client/line/output.h"
#include "client/line/progress_model.h"
#include "client/line/receipt.h"
#include "client/line/ticker.h"

namespace ferry::client {

class Display : public JobObserver {
 public:
  enum class Style { line, log, quiet };       // quiet: errors only
  static Style style_for(int fd, bool quiet);  // line: a terminal that is not TERM=dumb

  explicit Display(Style style);
  ~Display() override;  // the rows are gone then; adds what it counted to the summary of --json

  void plan(std::int64_t files, Bytes bytes) override;
  void file_starts(ItemId item, Direction direction, const std::string& name,
                   std::optional<Bytes> size) override;
  void progress(ItemId item, const TransferState& state) override;
  void file_done(ItemId item, const FileReport& report) override;
  void skipped(ItemId item, const std::string& name, const std::string& why) override;
  void failed(ItemId item, const Error& error) override;
  void retrying(ItemId item, const Error& error, int attempt, std::chrono::milliseconds wait) override;
  void note(const std::string& text) override;
  ResumeAnswer ask_resume(ItemId item, const ResumeQuestion& question) override;

  // Every file that is done goes there, too; it must outlive the display.
  void keep_receipt(Receipt& receipt) { receipt_ = &receipt; }

  void summarize(const Tally& tally);  // after several files

 private:
  void begin();
  void tick();
  void beat(SteadyTime now);
  void announce(ItemId item);
  void tell(const std::string& log_text);  // where log lines go

  const Style style_;
  Receipt* receipt_ = nullptr;
  std::mutex mutex_;
  ProgressModel model_;
  std::set<ItemId> announced_;
  std::int64_t done_ = 0, skipped_ = 0, failed_ = 0, verified_ = 0;
  SteadyTime last_stat_{}, last_json_{};
  std::optional<Ticker> ticker_;  // last: it must be gone before the rest is
};

}  // namespace ferry::client
