// Shows jobs on stderr: on a terminal one line that is redrawn at most ten times a second, with a line above
// it per finished file; elsewhere a line per finished file and a heartbeat every ten seconds. Never a colour,
// so NO_COLOR has nothing to take away.
#pragma once

#include <string>

#include "client/engine/job.h"
#include "client/line/progress.h"

namespace ferry::client {

class Display : public JobObserver {
 public:
  enum class Style { line, log, quiet };       // quiet: errors only
  static Style style_for(int fd, bool quiet);  // line: a terminal that is not TERM=dumb

  explicit Display(Style style) : style_(style) {}
  ~Display() override { erase(); }

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

  void summarize(const Tally& tally);  // after several files

 private:
  ProgressView view() const;
  void draw();
  void erase();
  void heartbeat();
  Bytes moved() const { return moved_before_ + state_.done - state_.resumed; }

  Style style_;
  std::string name_;
  Direction direction_ = Direction::up;
  std::optional<Bytes> size_;
  TransferState state_;
  std::int64_t planned_files_ = 0, started_files_ = 0, errors_ = 0;
  Bytes planned_bytes_ = 0;   // of all files that have not failed
  Bytes finished_bytes_ = 0;  // of files that are done
  Bytes resumed_before_ = 0;  // of those, what was there before this run
  Bytes moved_before_ = 0;
  bool in_file_ = false, is_drawn_ = false;
  RateMeter meter_;
  SteadyTime began_{}, last_drawn_{}, last_beat_{};
};

// "ferry: text" on stderr, made safe.
void print_error(const std::string& text);

}  // namespace ferry::client
