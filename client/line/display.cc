#include "client/line/display.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "client/line/terminal.h"
#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kRedraw{100};
constexpr milliseconds kHeartbeat{10'000};

int terminal_columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void print(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
}

std::string_view arrow_word(Direction direction) {
  return direction == Direction::up ? "up" : "down";
}

std::string digest_option(DigestKind kind) {
  switch (kind) {
    case DigestKind::sha256:
      return "sha256";
    case DigestKind::sha512:
      return "sha512";
    case DigestKind::sha1:
      return "sha1";
    case DigestKind::md5:
      return "md5";
    case DigestKind::crc32:
      return "crc32";
  }
  return "";
}

std::string done_line(const FileReport& report) {
  const Bytes moved = report.result.size - report.result.resumed;
  std::string text =
      fmt::format("done  {}  {}", terminal_safe(report.name), summary_text(moved, report.result.took));
  if (report.result.resumed > 0)
    text += fmt::format(", resumed at {}", bytes_for_people(report.result.resumed));
  if (const auto& verified = report.result.verified) {
    text += fmt::format(", verified by {} ({})", digest_name(verified->kind), source_words(verified->source));
  }
  return text + "\n";
}

std::string done_record(const FileReport& report) {
  const Bytes moved = report.result.size - report.result.resumed;
  const auto ms = std::max<std::int64_t>(1, report.result.took.count());
  std::string text = fmt::format("{} done   {} {} bytes={} secs={:.1f} rate={}", iso_time(wall_now()),
                                 arrow_word(report.direction), terminal_safe(report.name), moved,
                                 static_cast<double>(ms) / 1000, moved * 1000 / ms);
  if (report.result.resumed > 0) text += fmt::format(" offset={}", report.result.resumed);
  if (const auto& verified = report.result.verified) {
    text += fmt::format(" {}={} verified={}", digest_option(verified->kind), report.result.local_digest,
                        verified->source == DigestSource::read_back ? "readback" : "server");
  }
  return text + "\n";
}

}  // namespace

Display::Style Display::style_for(int fd, bool quiet) {
  if (quiet) return Style::quiet;
  const char* term = std::getenv("TERM");
  const bool is_dumb = term == nullptr || std::string_view(term) == "dumb";
  return ::isatty(fd) == 1 && !is_dumb ? Style::line : Style::log;
}

void Display::plan(std::int64_t files, Bytes bytes) {
  planned_files_ += files;
  planned_bytes_ = plausible_sum(planned_bytes_, bytes);
}

void Display::file_starts(ItemId /*item*/, Direction direction, const std::string& name,
                          std::optional<Bytes> size) {
  const auto now = steady_clock::now();
  if (started_files_++ == 0) began_ = last_beat_ = now;
  direction_ = direction;
  name_ = name;
  size_ = size;
  state_ = {};
  in_file_ = true;
  meter_.add(now, moved_before_);
}

void Display::progress(ItemId /*item*/, const TransferState& state) {
  if (state.phase == Phase::verifying) {
    state_.phase = Phase::verifying;  // what is read for that is no progress of the transfer
  } else {
    state_ = state;
  }
  const auto now = steady_clock::now();
  meter_.add(now, moved());
  if (style_ == Style::line && now - last_drawn_ >= kRedraw) draw();
  if (style_ == Style::log && now - last_beat_ >= kHeartbeat) heartbeat();
}

ProgressView Display::view() const {
  ProgressView view;
  view.name = name_;
  view.phase = state_.phase;
  view.rate = meter_.rate(steady_clock::now());
  if (planned_files_ > 1) {
    view.done = finished_bytes_ + state_.done;
    view.resumed = resumed_before_ + state_.resumed;
    view.total = std::max(planned_bytes_, view.done);
    view.file = started_files_;
    view.files = planned_files_;
  } else {
    view.done = state_.done;
    view.resumed = state_.resumed;
    view.total = state_.total ? state_.total : size_;
  }
  return view;
}

void Display::draw() {
  last_drawn_ = steady_clock::now();
  is_drawn_ = true;
  print("\r" + progress_line(view(), terminal_columns()) + "\x1b[K");
}

void Display::erase() {
  if (is_drawn_) print("\r\x1b[K");
  is_drawn_ = false;
}

void Display::heartbeat() {
  last_beat_ = steady_clock::now();
  const ProgressView now = view();
  print(fmt::format("{} stat   files={}/{} bytes={}/{} rate={} eta={} errors={}\n", iso_time(wall_now()),
                    started_files_, std::max(planned_files_, started_files_), now.done,
                    now.total ? std::to_string(*now.total) : "-", now.rate.value_or(0),
                    time_left(now).count(), errors_));
}

void Display::file_done(ItemId /*item*/, const FileReport& report) {
  erase();
  if (style_ == Style::line) print(done_line(report));
  if (style_ == Style::log) print(done_record(report));
  moved_before_ = moved();
  finished_bytes_ += report.result.size;
  resumed_before_ += report.result.resumed;
  state_ = {};
  in_file_ = false;
}

void Display::skipped(ItemId /*item*/, const std::string& name, const std::string& why) {
  planned_bytes_ = std::max<Bytes>(0, planned_bytes_ - plausible_sum(0, size_));
  in_file_ = false;
  note(name + ": " + why);
}

void Display::retrying(ItemId /*item*/, const Error& error, int attempt, std::chrono::milliseconds wait) {
  moved_before_ = moved();
  state_ = {};
  note(fmt::format("{}; try {} in {} s", error.context, attempt, (wait.count() + 999) / 1000));
}

void Display::failed(ItemId item, const Error& error) {
  erase();
  ++errors_;
  if (item != 0 && in_file_) {
    planned_bytes_ =
        std::max<Bytes>(0, planned_bytes_ - plausible_sum(0, size_));  // what failed leaves the total
    moved_before_ = moved();
    state_ = {};
    in_file_ = false;
  }
  print_error(error.context);
}

void Display::note(const std::string& text) {
  erase();
  if (style_ != Style::quiet) print_error(text);
}

ResumeAnswer Display::ask_resume(ItemId /*item*/, const ResumeQuestion& question) {
  erase();
  const bool may_go_on = question.proof != Proof::different;
  print(fmt::format("{}: what is there from before ({}) {}.\n", terminal_safe(question.name),
                    bytes_for_people(question.there), terminal_safe(question.why)));
  while (true) {
    auto answer = ask_line(may_go_on ? "[G]o on all the same, [s]tart over, [l]eave it: "
                                     : "[S]tart over, [l]eave it: ");
    if (!answer || *answer == "l" || *answer == "L") return ResumeAnswer::leave;
    if (*answer == "s" || *answer == "S") return ResumeAnswer::start_over;
    if (may_go_on && (*answer == "g" || *answer == "G")) return ResumeAnswer::go_on;
  }
}

void Display::summarize(const Tally& tally) {
  erase();
  if (style_ == Style::quiet || tally.done + tally.failed < 2) return;
  const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - began_);
  print(fmt::format("done  {} files, {}, {} verified, {} failed\n", count_for_people(tally.done),
                    summary_text(moved_before_, took), count_for_people(tally.verified),
                    count_for_people(tally.failed)));
}

void print_error(const std::string& text) {
  print("ferry: " + terminal_safe(text) + "\n");
}

}  // namespace ferry::client
