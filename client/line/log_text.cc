#include "client/line/log_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

#include "client/line/json_lines.h"
#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

std::string file_words(Direction direction, const std::string& name) {
  return std::string(direction_word(direction)) + " " + log_name(name);
}

std::string error_words(const Error& error) {
  std::string text = " error=" + std::string(error_class(error.kind));
  if (error.reply_code != 0) text += " code=" + std::to_string(error.reply_code);
  return text;
}

std::string source_word(DigestSource source) {
  return source == DigestSource::read_back ? "readback" : "server";
}

}  // namespace

std::string log_line(std::string_view word, const std::string& text) {
  return fmt::format("{} {:<6} {}\n", iso_time(wall_now()), word, text);
}

std::string log_name(const std::string& name) {
  const std::string safe = terminal_safe(name);
  if (!safe.empty() && safe.find_first_of(" =\"\\") == safe.npos) return safe;
  std::string quoted = "\"";
  for (const char c : safe) {
    if (c == '"') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string start_line(const FileRow& file) {
  std::string text = file_words(file.direction, file.name);
  if (file.total) text += fmt::format(" size={}", *file.total);
  if (file.resumed > 0) text += fmt::format(" offset={}", file.resumed);
  return log_line("start", text + fmt::format(" attempt={}", file.attempt));
}

std::string stat_line(const TotalRow& total) {
  return log_line(
      "stat", fmt::format("files={}/{} bytes={}/{} rate={} eta={} errors={}", total.done_files, total.files,
                          total.done, total.total ? std::to_string(*total.total) : "-",
                          total.rate.value_or(0), total.left.count(), total.failed));
}

std::string done_line(const FileReport& report) {
  const TransferResult& result = report.result;
  const Bytes moved = result.size - result.resumed;
  const auto ms = std::max<std::int64_t>(1, result.took.count());
  std::string text =
      file_words(report.direction, report.name) +
      fmt::format(" bytes={} secs={:.1f} rate={}", moved, static_cast<double>(ms) / 1000, moved * 1000 / ms);
  if (result.resumed > 0) text += fmt::format(" offset={}", result.resumed);
  if (const auto& verified = result.verified) {
    text += fmt::format(" {}={} verified={}", digest_word(verified->kind), result.local_digest,
                        source_word(verified->source));
  }
  return log_line("done", text);
}

std::string fail_line(const FileRow& file, const Error& error) {
  return log_line("fail", file_words(file.direction, file.name) + error_words(error) +
                              fmt::format(" attempt={}", file.attempt));
}

std::string skip_line(Direction direction, const std::string& name, const std::string& why) {
  return log_line("skip", file_words(direction, name) + " why=" + log_name(why));
}

std::string retry_line(const FileRow& file, const Error& error, int attempt, std::chrono::milliseconds wait) {
  return log_line("retry", file_words(file.direction, file.name) + error_words(error) +
                               fmt::format(" attempt={} wait={}", attempt, (wait.count() + 999) / 1000));
}

std::string_view direction_word(Direction direction) {
  return direction == Direction::up ? "up" : "down";
}

std::string digest_word(DigestKind kind) {
  std::string word;
  for (const char c : digest_name(kind)) {
    if (c != '-') word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return word;
}

}  // namespace ferry::client
