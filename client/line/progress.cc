#include "client/line/progress.h"

#include <algorithm>
#include <array>
#include <vector>

#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kWindow{5'000};
constexpr milliseconds kSampleDistance{100};
constexpr milliseconds kFirstRate{1'000};
constexpr int kMinBar = 10, kMaxBar = 40;
constexpr int kMinName = 8, kMaxName = 30;

int percent_of(const ProgressView& view) {
  if (!view.total) return 0;
  if (*view.total == 0) return view.phase == Phase::confirming || view.phase == Phase::verifying ? 100 : 0;
  const double share = static_cast<double>(view.done) / static_cast<double>(*view.total);
  return std::clamp(static_cast<int>(share * 100), 0, 100);
}

std::string percent_text(const ProgressView& view) {
  if (!view.total) return "  ?%";
  std::string digits = std::to_string(percent_of(view));
  return std::string(3 - digits.size(), ' ') + digits + "%";
}

std::string phase_text(const ProgressView& view) {
  switch (view.phase) {
    case Phase::comparing:
      return "comparing what is there";
    case Phase::confirming:
      return "waiting for the server";
    case Phase::verifying:
      return "verifying";
    case Phase::moving:
      break;
  }
  return clock_for_people(time_left(view));
}

// Behind the bar, the most important first.
std::vector<std::string> details(const ProgressView& view) {
  std::vector<std::string> fields{amount_text(view.done, view.total), phase_text(view)};
  if (view.rate && view.phase == Phase::moving)
    fields.insert(fields.begin() + 1, bytes_for_people(*view.rate) + "/s");
  if (view.files > 1)
    fields.push_back("files " + std::to_string(view.file) + "/" + std::to_string(view.files));
  return fields;
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

std::chrono::seconds time_left(const ProgressView& view) {
  if (!view.total || !view.rate || *view.rate <= 0) return std::chrono::seconds(-1);
  return std::chrono::seconds(std::max<Bytes>(0, *view.total - view.done) / *view.rate);
}

std::string progress_bar(const ProgressView& view, int width) {
  const auto cells = [&](Bytes bytes) {
    if (!view.total || *view.total <= 0) return percent_of(view) == 100 ? width : 0;
    return std::clamp(static_cast<int>(static_cast<double>(bytes) / static_cast<double>(*view.total) * width),
                      0, width);
  };
  const int done = cells(view.done);
  const int before = std::min(done, cells(view.resumed));
  std::string bar(static_cast<std::size_t>(before), '=');
  bar.append(static_cast<std::size_t>(done - before), '#');
  if (done < width) bar += '>';
  bar.resize(static_cast<std::size_t>(width), '.');
  return "[" + bar + "]";
}

std::string progress_line(const ProgressView& view, int columns) {
  const int room = std::max(1, columns - 1);  // a line that fills the last column wraps on some terminals
  const std::string percent = percent_text(view);
  int used = display_width(percent) + 1 + kMinBar + 2;
  std::string behind;
  for (const auto& field : details(view)) {
    const int width = display_width(field) + 2;
    if (used + width > room) continue;
    behind += "  " + field;
    used += width;
  }
  const std::string safe_name = terminal_safe(view.name);
  std::string name;
  if (room - used >= kMinName + 1) {
    const int width = std::min({room - used - 1, kMaxName, std::max(kMinName, display_width(safe_name))});
    name = fit_columns(safe_name, width) + " ";
    used += width + 1;
  }
  if (used > room) return fit_columns(percent, std::min(room, display_width(percent)));
  const int bar = std::min(kMaxBar, kMinBar + room - used);
  return name + percent + " " + progress_bar(view, bar) + behind;
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
  const auto seconds = std::chrono::round<std::chrono::seconds>(took);
  std::string text = bytes_for_people(moved) + " in " + clock_for_people(seconds);
  if (took >= kNoTime && moved > 0) text += " (" + bytes_for_people(moved * 1000 / took.count()) + "/s)";
  return text;
}

}  // namespace ferry::client
