// Progress in figures and as rows of text: one per file in flight, one for the whole. Pure: time comes in as
// an argument, nothing is printed.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "client/engine/job.h"
#include "shared/base/clock.h"

namespace ferry::client {

// Bytes per second over the last five seconds. Fed with what moved in this run; what was there before never
// counts.
class RateMeter {
 public:
  void add(SteadyTime now, Bytes moved_in_all);
  // nullopt in the first second, when a figure would be noise.
  std::optional<Bytes> rate(SteadyTime now) const;

 private:
  struct Sample {
    SteadyTime when;
    Bytes moved;
  };
  std::deque<Sample> samples_;
};

// Time left at this rate; negative when it cannot be known.
std::chrono::seconds time_left(Bytes done, std::optional<Bytes> total, std::optional<Bytes> rate);

// Keeps a time left from jumping: it follows what it is told by a fifth of itself per second.
class SteadyTimeLeft {
 public:
  std::chrono::seconds follow(SteadyTime now, std::chrono::seconds told);  // negative: unknown, begins anew

 private:
  std::optional<double> shown_;
  SteadyTime when_;
};

enum class RowState { comparing, moving, confirming, verifying, stalled, retrying };

// A file in flight.
struct FileRow {
  ItemId item = 0;
  Direction direction = Direction::up;
  std::string name;  // foreign bytes
  RowState state = RowState::moving;
  Bytes done = 0, resumed = 0;
  std::optional<Bytes> total;
  std::optional<Bytes> rate;  // bytes per second
  std::chrono::seconds left{-1};
  std::chrono::seconds since{0};  // in this state; `retrying`: until the next try
  int attempt = 1;                // the one that runs, or comes
};

// All files of a job. Skipped ones count as done, and neither they nor failed ones count among the bytes.
struct TotalRow {
  std::int64_t done_files = 0, files = 0, failed = 0;
  Bytes done = 0, resumed = 0;
  std::optional<Bytes> total;
  std::optional<Bytes> rate;
  std::chrono::seconds left{-1};
  std::chrono::milliseconds elapsed{0};
};

// As rows of at most `columns` - 3 cells and at most `lines` rows; the last one is the total's, unless there
// is one file in all. What does not fit is left out whole, the least important first. No newlines.
//   "v 写真集.zip  57% [===####>.....]     1.21/2.10 GiB  41.2 MiB/s      0:23"
//   "= 22/241 files 28% [==##>......]     2.06/7.24 GiB  59.2 MiB/s      1:29  elapsed 0:41"
std::vector<std::string> progress_rows(const std::vector<FileRow>& files, const TotalRow& total, int columns,
                                       int lines);

// `width` cells between brackets: '=' was there before, '#' moved in this run, '>' head, '.' to do.
std::string progress_bar(Bytes done, Bytes resumed, std::optional<Bytes> total, int width);

// "waiting for 226, 3 s", "stalled 12 s"; "" while bytes move. `is_short`: for few columns.
std::string state_words(const FileRow& file, bool is_short);
// For programs, never renamed: "comparing", "moving", "confirming", "verifying", "stalled", "retrying".
std::string_view state_name(RowState state);

// "1.21/2.10 GiB", "700 MiB/2.10 GiB", "5 B" when there is no total.
std::string amount_text(Bytes done, std::optional<Bytes> total);

// "7.24 GiB in 2:04 (59.8 MiB/s)"; without the rate when it took no time to speak of.
std::string summary_text(Bytes moved, std::chrono::milliseconds took);

}  // namespace ferry::client
