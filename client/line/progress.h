// Progress in figures and as one line of text. Pure: time comes in as an argument, nothing is printed.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "client/engine/transfer.h"
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

struct ProgressView {
  std::string name;  // foreign bytes
  Phase phase = Phase::moving;
  Bytes done = 0, resumed = 0;
  std::optional<Bytes> total;
  std::optional<Bytes> rate;         // bytes per second
  std::int64_t file = 0, files = 0;  // "files 22/241" when there are several
};

// Time left at this rate; negative when it cannot be known.
std::chrono::seconds time_left(const ProgressView& view);

// `width` cells between brackets: '=' was there before, '#' moved in this run, '>' head, '.' to do.
std::string progress_bar(const ProgressView& view, int width);

// "写真集.zip  57% [===####>......] 1.21/2.10 GiB  41.2 MiB/s  0:23  files 22/241", never wider than
// `columns` - 1; what does not fit is left out whole, the least important first.
std::string progress_line(const ProgressView& view, int columns);

// "1.21/2.10 GiB", "700 MiB/2.10 GiB", "5 B" when there is no total.
std::string amount_text(Bytes done, std::optional<Bytes> total);

// "7.24 GiB in 2:04 (59.8 MiB/s)"; without the rate when it took no time to speak of.
std::string summary_text(Bytes moved, std::chrono::milliseconds took);

}  // namespace ferry::client
