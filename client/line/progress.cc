#include "client/line/progress.h"

#include <algorithm>

#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kWindow{5'000};
constexpr milliseconds kSampleDistance{100};
constexpr milliseconds kFirstRate{1'000};

// Widths of the columns. Names and bars grow with the terminal, the rest does not.
constexpr int kMark = 1, kPercent = 4, kRate = 10, kTail = 8, kAmount = 17, kElapsed = 12;
constexpr int kMinName = 8, kFairName = 18, kGoodName = 32, kMaxName = 64;
constexpr int kRoomForMark = 48;
constexpr int kMinBar = 10, kMaxBar = 40;

// Which columns there is room for; 0: left out. All rows have the same, so that they stand below each other.
struct Layout {
  int room = 0;
  int mark = 0, name = 0, bar = 0, amount = 0, rate = 0, tail = 0;
};

Layout layout_for(int columns, int longest_name, bool has_total) {
  Layout layout;
  // The last column makes some terminals wrap, and all of them echo "^C" behind the last row.
  layout.room = std::max(0, columns - 3);
  int left = layout.room - kPercent;
  const auto take = [&](int& column, int width, int space) {
    if (left < width + space) return;
    column = width;
    left -= width + space;
  };
  take(layout.name, kMinName, 1);
  take(layout.tail, kTail, 2);
  take(layout.bar, kMinBar, 3);  // with its brackets
  take(layout.rate, kRate, 2);
  if (columns >= kRoomForMark) take(layout.mark, kMark, 1);
  take(layout.amount, kAmount, 2);
  const auto grow = [&](int& column, int most) {
    if (column == 0) return;
    const int more = std::clamp(most - column, 0, std::max(0, left));
    column += more;
    left -= more;
  };
  grow(layout.name, std::min(longest_name, kFairName));
  if (int elapsed = 0; has_total) take(elapsed, kElapsed, 2);  // the total's last words
  grow(layout.name, std::min(longest_name, kGoodName));
  grow(layout.bar, kMaxBar);
  if (int failed = 0; has_total) take(failed, kElapsed, 2);
  grow(layout.name, std::min(longest_name, kMaxName));
  return layout;
}

std::string right(const std::string& text, int width) {
  const int missing = width - display_width(text);
  return missing < 0 ? fit_columns(text, width) : std::string(static_cast<std::size_t>(missing), ' ') + text;
}

// Floored, and never the whole before the server has said so.
int percent_of(Bytes done, std::optional<Bytes> total, bool is_whole) {
  if (is_whole) return 100;
  if (!total || *total <= 0) return 0;
  return std::clamp(static_cast<int>(static_cast<double>(done) / static_cast<double>(*total) * 100), 0, 99);
}

std::string percent_text(Bytes done, std::optional<Bytes> total, bool is_whole) {
  if (!total && !is_whole) return "  ?%";
  return right(std::to_string(percent_of(done, total, is_whole)) + "%", kPercent);
}

// The columns in front of rate and time.
struct Front {
  char mark;
  std::string name;  // safe
  std::string percent;
  std::string bar;
  std::string amount;
};

std::string front_text(const Layout& layout, const Front& front) {
  if (layout.name == 0) return fit_columns(front.percent, std::min(layout.room, kPercent));
  std::string text;
  if (layout.mark > 0) text += {front.mark, ' '};
  text += fit_columns(front.name, layout.name) + " " + front.percent;
  if (layout.bar > 0) text += " " + front.bar;
  if (layout.amount > 0) text += "  " + right(front.amount, layout.amount);
  return text;
}

// Rate and time left; a word about what happens instead takes the room of both.
std::string back_text(const Layout& layout, std::optional<Bytes> rate, seconds left) {
  std::string text;
  const std::string speed = rate ? bytes_for_people(*rate) + "/s" : "";
  if (layout.rate > 0) text += "  " + right(speed, layout.rate);
  if (layout.tail > 0) text += "  " + right(clock_for_people(left), layout.tail);
  return text;
}

std::string back_text(const Layout& layout, const FileRow& file) {
  if (layout.tail == 0) return "";
  const int room = layout.tail + (layout.rate > 0 ? layout.rate + 2 : 0);
  std::string words = state_words(file, false);
  if (display_width(words) > room) words = state_words(file, true);
  return "  " + right(words, room);
}

std::string row_of(const FileRow& file, const Layout& layout) {
  const bool is_whole = file.state == RowState::verifying;
  Front front{file.direction == Direction::up ? '^' : 'v', terminal_safe(file.name),
              percent_text(file.done, file.total, is_whole),
              progress_bar(file.done, file.resumed, is_whole ? file.done : file.total, layout.bar),
              amount_text(file.done, file.total)};
  const bool has_words = !state_words(file, false).empty();
  return front_text(layout, front) +
         (has_words ? back_text(layout, file) : back_text(layout, file.rate, file.left));
}

std::string row_of(const TotalRow& total, const Layout& layout, std::size_t hidden) {
  const bool is_whole = total.files > 0 && total.done_files == total.files;
  const std::string count = std::to_string(total.done_files) + "/" + std::to_string(total.files);
  const std::string words = count + " files";
  Front front{'=', display_width(words) <= layout.name ? words : count,
              percent_text(total.done, total.total, is_whole),
              progress_bar(total.done, total.resumed, total.total, layout.bar),
              amount_text(total.done, total.total)};
  std::string row = front_text(layout, front) + back_text(layout, total.rate, total.left);
  const auto append = [&](const std::string& field) {
    if (display_width(row) + 2 + display_width(field) <= layout.room) row += "  " + field;
  };
  append("elapsed " + clock_for_people(std::chrono::duration_cast<seconds>(total.elapsed)));
  if (total.failed > 0) append(std::to_string(total.failed) + " failed");
  if (hidden > 0) append("+" + std::to_string(hidden) + " more");
  return row;
}

int longest_name(const std::vector<FileRow>& files, bool has_total) {
  if (has_total) return kMaxName;  // the columns must not move whenever a file is done
  int longest = 0;
  for (const auto& file : files) longest = std::max(longest, display_width(terminal_safe(file.name)));
  return longest;
}

std::string seconds_text(seconds span) {
  return std::to_string(span.count()) + " s";
}

}  // namespace

void RateMeter::add(SteadyTime now, Bytes moved_in_all) {
  if (samples_.size() > 1 && now - samples_[samples_.size() - 2].when < kSampleDistance) {
    samples_.back() = {now, moved_in_all};
  } else {
    samples_.push_back({now, moved_in_all});
  }
  while (samples_.size() > 2 && now - samples_[1].when >= kWindow) samples_.pop_front();
}

std::optional<Bytes> RateMeter::rate(SteadyTime now) const {
  if (samples_.empty()) return std::nullopt;
  const auto span = std::chrono::duration_cast<milliseconds>(now - samples_.front().when);
  if (span < kFirstRate) return std::nullopt;
  return (samples_.back().moved - samples_.front().moved) * 1000 / span.count();
}

seconds time_left(Bytes done, std::optional<Bytes> total, std::optional<Bytes> rate) {
  if (!total || !rate || *rate <= 0) return seconds(-1);
  return seconds(std::max<Bytes>(0, *total - done) / *rate);
}

seconds SteadyTimeLeft::follow(SteadyTime now, seconds told) {
  constexpr double kPerSecond = 0.2;
  if (told < seconds(0)) {
    shown_.reset();
    return told;
  }
  const auto wanted = static_cast<double>(told.count());
  if (!shown_) {
    shown_ = wanted;
  } else {
    const double passed = std::chrono::duration<double>(now - when_).count();
    const double expected = std::max(0.0, *shown_ - passed);
    const double step = std::max(1.0, expected * kPerSecond) * passed;
    shown_ = std::clamp(wanted, expected - step, expected + step);
  }
  when_ = now;
  return seconds(static_cast<std::int64_t>(std::max(0.0, *shown_) + 0.5));
}

std::vector<std::string> progress_rows(const std::vector<FileRow>& files, const TotalRow& total, int columns,
                                       int lines) {
  const bool has_total = total.files > 1;
  const Layout layout = layout_for(columns, longest_name(files, has_total), has_total);
  const auto most = static_cast<std::size_t>(std::max(0, lines));
  std::size_t shown = std::min(files.size(), has_total && most > 0 ? most - 1 : most);
  std::vector<std::string> rows;
  for (std::size_t i = 0; i < shown; ++i) rows.push_back(row_of(files[i], layout));
  if (has_total && most > 0) rows.push_back(row_of(total, layout, files.size() - shown));
  return rows;
}

std::string progress_bar(Bytes done, Bytes resumed, std::optional<Bytes> total, int width) {
  const auto cells = [&](Bytes bytes) {
    if (!total || *total <= 0) return 0;
    const double share = static_cast<double>(bytes) / static_cast<double>(*total);
    return static_cast<int>(std::clamp(share, 0.0, 1.0) * width);
  };
  const int moved = cells(done);
  const int before = std::min(moved, cells(resumed));
  std::string bar(static_cast<std::size_t>(before), '=');
  bar.append(static_cast<std::size_t>(moved - before), '#');
  if (moved < width) bar += '>';
  bar.resize(static_cast<std::size_t>(std::max(0, width)), '.');
  return "[" + bar + "]";
}

std::string state_words(const FileRow& file, bool is_short) {
  switch (file.state) {
    case RowState::comparing:
      return is_short ? "compare" : "comparing";
    case RowState::verifying:
      return is_short ? "verify" : "verifying";
    case RowState::confirming:
      if (is_short) return "226 " + std::to_string(file.since.count()) + "s";
      return "waiting for 226, " + seconds_text(file.since);
    case RowState::stalled:
      return (is_short ? "no " : "stalled ") + seconds_text(file.since);
    case RowState::retrying:
      if (is_short) return "try " + std::to_string(file.since.count()) + "s";
      return "try " + std::to_string(file.attempt) + " in " + seconds_text(file.since);
    case RowState::moving:
      break;
  }
  return "";
}

std::string_view state_name(RowState state) {
  switch (state) {
    case RowState::comparing:
      return "comparing";
    case RowState::moving:
      return "moving";
    case RowState::confirming:
      return "confirming";
    case RowState::verifying:
      return "verifying";
    case RowState::stalled:
      return "stalled";
    case RowState::retrying:
      return "retrying";
  }
  return "";
}

std::string amount_text(Bytes done, std::optional<Bytes> total) {
  std::string moved = bytes_for_people(done);
  if (!total) return moved;
  const std::string all = bytes_for_people(*total);
  const auto unit_of = [](const std::string& text) {
    return text.substr(std::min(text.size(), text.find(' ')));
  };
  if (unit_of(moved) == unit_of(all)) moved.resize(moved.size() - unit_of(moved).size());
  return moved + "/" + all;
}

std::string summary_text(Bytes moved, milliseconds took) {
  constexpr milliseconds kNoTime{10};
  const auto whole = std::chrono::round<seconds>(took);
  std::string text = bytes_for_people(moved) + " in " + clock_for_people(whole);
  if (took >= kNoTime && moved > 0) text += " (" + bytes_for_people(moved * 1000 / took.count()) + "/s)";
  return text;
}

}  // namespace ferry::client
