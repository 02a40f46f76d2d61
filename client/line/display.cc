#include "client/line/display.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <system_error>

#include "client/line/console.h"
#include "client/line/log_text.h"
#include "client/line/progress_json.h"
#include "client/line/terminal.h"
#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kRedraw{100};
constexpr milliseconds kStats{10'000};
constexpr milliseconds kJsonProgress{1'000};

std::string done_for_people(const FileReport& report) {
  const Bytes moved = report.result.size - report.result.resumed;
  std::string text =
      fmt::format("done  {}  {}", terminal_safe(report.name), summary_text(moved, report.result.took));
  if (report.result.resumed > 0)
    text += fmt::format(", resumed at {}", bytes_for_people(report.result.resumed));
  if (const auto& verified = report.result.verified) {
    text += fmt::format(", verified by {} ({})", digest_name(verified->kind), source_words(verified->source));
    if (output_settings().verbosity > 0) text += " " + report.result.local_digest;
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

Display::Display(Style style) : style_(style) {}

Display::~Display() {
  ticker_.reset();
  if (style_ == Style::line) Console::of_process().clear_rows();
  JsonObject counts;
  add_to_summary(counts.number("files_done", done_)
                     .number("files_skipped", skipped_)
                     .number("files_failed", failed_)
                     .number("files_verified", verified_)
                     .number("bytes_moved", model_.moved()));
}

// With the first file: there is nothing to show before.
void Display::begin() {
  if (model_.has_begun()) return;
  last_stat_ = last_json_ = steady_clock::now();
  try {
    ticker_.emplace(kRedraw, [this] { tick(); });
  } catch (const std::system_error&) {  // no thread to be had: the files are what matters
  }
}

void Display::tick() {
  Console& console = Console::of_process();
  std::vector<std::string> rows;
  {
    const std::lock_guard lock(mutex_);
    const auto now = steady_clock::now();
    if (!model_.has_begun()) return;
    beat(now);
    if (style_ != Style::line) return;
    const auto files = model_.files(now);
    if (!files.empty())
      rows = progress_rows(files, model_.total(now), console.columns(), console.lines() - 1);
  }
  // Without the lock: a terminal that stands still (Ctrl-S) must not stop those who have something to tell.
  console.show_rows(std::move(rows));
}

void Display::beat(SteadyTime now) {
  const auto is_due = [&](SteadyTime& last, milliseconds usual) {
    const milliseconds period = output_settings().stats.value_or(usual);
    if (period.count() == 0 || now - last < period) return false;
    last = now;
    return true;
  };
  if (is_due(last_stat_, kStats)) tell(stat_line(model_.total(now)));
  if (json_wanted() && is_due(last_json_, kJsonProgress))
    emit_json("progress", progress_fields(model_.total(now), model_.files(now)));
}

void Display::tell(const std::string& log_text) {
  if (style_ == Style::log) Console::of_process().print(log_text);
  write_log(log_text);
}

void Display::plan(std::int64_t files, Bytes bytes) {
  const std::lock_guard lock(mutex_);
  model_.plan(files, bytes);
}

void Display::file_starts(ItemId item, Direction direction, const std::string& name,
                          std::optional<Bytes> size) {
  const std::lock_guard lock(mutex_);
  begin();
  model_.starts(item, direction, name, size, steady_clock::now());
}

// Told once it is known where it begins.
void Display::announce(ItemId item) {
  if (announced_.contains(item)) return;
  const auto row = model_.file(item, steady_clock::now());
  if (!row) return;
  announced_.insert(item);
  tell(start_line(*row));
  emit_json("start", start_fields(*row));
}

void Display::progress(ItemId item, const TransferState& state) {
  const std::lock_guard lock(mutex_);
  model_.progress(item, state, steady_clock::now());
  if (state.phase == Phase::moving || state.phase == Phase::confirming) announce(item);
}

void Display::file_done(ItemId item, const FileReport& report) {
  const std::lock_guard lock(mutex_);
  announce(item);
  announced_.erase(item);
  model_.done(item, report.result.size);
  ++done_;
  if (report.result.verified) ++verified_;
  if (receipt_ != nullptr) receipt_->add(report);
  if (style_ == Style::line) Console::of_process().print(done_for_people(report));
  tell(done_line(report));
  emit_json("done", done_fields(item, report));
}

void Display::skipped(ItemId item, const std::string& name, const std::string& why) {
  const std::lock_guard lock(mutex_);
  FileRow row = model_.file(item, steady_clock::now()).value_or(FileRow{});
  row.item = item;
  row.name = name;
  announced_.erase(item);
  model_.skipped(item);
  ++skipped_;
  if (style_ == Style::line) Console::of_process().print("skip  " + terminal_safe(name + ": " + why) + "\n");
  tell(skip_line(row.direction, name, why));
  emit_json("skip", file_fields(row).text("why", why));
}

void Display::failed(ItemId item, const Error& error) {
  const std::lock_guard lock(mutex_);
  JsonObject fields = error_fields(error);
  if (const auto row = model_.file(item, steady_clock::now())) {
    tell(fail_line(*row, error));
    fields.add(file_fields(*row)).number("attempt", std::int64_t{row->attempt});
  }
  announced_.erase(item);
  if (item != 0) model_.failed(item);
  ++failed_;
  print_error(error.context);
  emit_json("error", fields);
}

void Display::retrying(ItemId item, const Error& error, int attempt, milliseconds wait) {
  const std::lock_guard lock(mutex_);
  FileRow row = model_.file(item, steady_clock::now()).value_or(FileRow{});
  row.item = item;
  announced_.erase(item);
  model_.retrying(item, attempt, wait, steady_clock::now());
  if (style_ != Style::quiet)
    print_error(fmt::format("{}; try {} in {} s", error.context, attempt, (wait.count() + 999) / 1000));
  tell(retry_line(row, error, attempt, wait));
  emit_json("retry", file_fields(row)
                         .add(error_fields(error))
                         .number("attempt", std::int64_t{attempt})
                         .number("wait_ms", std::int64_t{wait.count()}));
}

void Display::note(const std::string& text) {
  if (style_ != Style::quiet) {
    print_error(text);
  } else {
    write_log(log_line("note", terminal_safe(text)));
  }
  JsonObject fields;
  emit_json("note", fields.text("message", text));
}

ResumeAnswer Display::ask_resume(ItemId item, const ResumeQuestion& question) {
  const bool may_go_on = question.proof != Proof::different;
  const std::string text = fmt::format("{}: what is there from before ({}) {}", question.name,
                                       bytes_for_people(question.there), question.why);
  JsonObject fields;
  emit_json(
      "ask",
      fields.number("item", static_cast<std::int64_t>(item)).text("about", "resume").text("message", text));
  const Console::Pause pause;
  fmt::print(stderr, "{}.\n", terminal_safe(text));
  while (true) {
    auto answer = ask_line(may_go_on ? "[G]o on all the same, [s]tart over, [l]eave it: "
                                     : "[S]tart over, [l]eave it: ");
    if (!answer || *answer == "l" || *answer == "L") return ResumeAnswer::leave;
    if (*answer == "s" || *answer == "S") return ResumeAnswer::start_over;
    if (may_go_on && (*answer == "g" || *answer == "G")) return ResumeAnswer::go_on;
  }
}

void Display::summarize(const Tally& tally) {
  const std::lock_guard lock(mutex_);
  const std::int64_t files = tally.done + tally.skipped + tally.failed;
  if (style_ == Style::quiet || files < 2) return;
  const TotalRow total = model_.total(steady_clock::now());
  const std::string skipped =
      tally.skipped > 0 ? fmt::format(", {} skipped", count_for_people(tally.skipped)) : "";
  Console::of_process().print(fmt::format("done  {} files, {}{}, {} verified, {} failed\n",
                                          count_for_people(tally.done),
                                          summary_text(model_.moved(), total.elapsed), skipped,
                                          count_for_people(tally.verified), count_for_people(tally.failed)));
}

}  // namespace ferry::client
