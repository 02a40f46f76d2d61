#include "client/line/compare_text.h"

#include <fmt/core.h>
#include <unistd.h>

#include "client/line/console.h"
#include "client/line/display.h"
#include "client/line/exit_code.h"
#include "client/line/json_lines.h"
#include "client/line/signals.h"
#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

constexpr std::chrono::milliseconds kRedraw{100};

std::string shown_name(const Difference& difference) {
  return (difference.name.empty() ? "." : difference.name) + (difference.is_folder ? "/" : "");
}

std::string side_text(std::optional<Bytes> size, const std::string& digest) {
  if (size) return std::to_string(*size);
  return digest.empty() ? "-" : digest;
}

JsonObject difference_fields(const Difference& difference) {
  JsonObject fields;
  fields.text("what", difference_word(difference.kind))
      .text("name", difference.name)
      .truth("folder", difference.is_folder)
      .number("size_a", difference.size_a)
      .number("size_b", difference.size_b);
  if (!difference.digest_a.empty()) fields.text("digest_a", difference.digest_a);
  if (!difference.digest_b.empty()) fields.text("digest_b", difference.digest_b);
  return fields;
}

}  // namespace

std::string difference_for_programs(const Difference& difference) {
  return fmt::format("{}\t{}\t{}\t{}\n", difference_word(difference.kind),
                     side_text(difference.size_a, difference.digest_a),
                     side_text(difference.size_b, difference.digest_b), shown_name(difference));
}

std::string difference_for_people(const Difference& difference) {
  std::string text =
      fmt::format("{:<10} {}", difference_word(difference.kind), terminal_safe(shown_name(difference)));
  if (difference.size_a && difference.size_b)
    text += fmt::format("  {} and {} bytes", *difference.size_a, *difference.size_b);
  if (!difference.digest_a.empty())
    text += fmt::format("\n{:11}{}\n{:11}{}", "", terminal_safe(difference.digest_a), "",
                        terminal_safe(difference.digest_b));
  return text + "\n";
}

CompareDisplay::CompareDisplay(bool is_quiet)
    : is_quiet_(is_quiet), has_rows_(Display::style_for(STDERR_FILENO, is_quiet) == Display::Style::line) {}

CompareDisplay::~CompareDisplay() {
  if (has_rows_) Console::of_process().clear_rows();
}

void CompareDisplay::file(const std::string& name, std::int64_t number, std::int64_t files) {
  const auto now = std::chrono::steady_clock::now();
  if (!has_rows_ || now - drawn_at_ < kRedraw) return;
  drawn_at_ = now;
  Console& console = Console::of_process();
  const std::string text = fmt::format("comparing {}/{}  {}", number, files, terminal_safe(name));
  console.show_rows({fit_columns(text, std::min(display_width(text), console.columns() - 3))});
}

void CompareDisplay::difference(const Difference& difference) {
  if (json_wanted()) return emit_json("difference", difference_fields(difference));
  const bool for_people = ::isatty(STDOUT_FILENO) == 1;
  std::optional<Console::Pause> pause;
  if (for_people) pause.emplace();
  const std::string line =
      for_people ? difference_for_people(difference) : difference_for_programs(difference);
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
}

void CompareDisplay::failed(const Error& error) {
  print_error(error.context);
  emit_json("error", error_fields(error));
}

void CompareDisplay::note(const std::string& text) {
  if (!is_quiet_) print_error(text);
  emit_json("note", JsonObject().text("message", text));
}

int CompareDisplay::conclude(const Comparison& comparison) {
  add_to_summary(JsonObject()
                     .number("files_same", comparison.same)
                     .number("differences", comparison.different)
                     .number("files_failed", comparison.failed));
  if (comparison.first_error && comparison.first_error->kind == Errc::cancelled)
    return interrupted_exit_code();
  const std::string failed =
      comparison.failed > 0 ? fmt::format(", {} could not be compared", comparison.failed) : "";
  if (!is_quiet_)
    print_error(fmt::format("{} the same, {} different{}", comparison.same, comparison.different, failed));
  if (comparison.failed > 0) {  // who could not look at all of it cannot say what differs
    const bool some = comparison.same + comparison.different > 0 && !comparison.is_stopped;
    return some ? static_cast<int>(kExitSomeFailed) : exit_code(*comparison.first_error);
  }
  return comparison.different > 0 ? kExitDifferences : kExitDone;
}

}  // namespace ferry::client
