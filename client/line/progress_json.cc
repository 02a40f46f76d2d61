#include "client/line/progress_json.h"

#include "client/line/log_text.h"

namespace ferry::client {
namespace {

std::int64_t item_number(ItemId item) {
  return static_cast<std::int64_t>(item);
}

std::optional<std::int64_t> ms_left(std::chrono::seconds left) {
  if (left.count() < 0) return std::nullopt;
  return std::chrono::milliseconds(left).count();
}

JsonObject progress_of(const FileRow& file) {
  JsonObject fields;
  return fields.number("item", item_number(file.item))
      .text("name", file.name)
      .text("state", state_name(file.state))
      .number("attempt", std::int64_t{file.attempt})
      .number("bytes_done", file.done)
      .number("bytes_resumed", file.resumed)
      .number("bytes_total", file.total)
      .number("rate", file.rate)
      .number("eta_ms", ms_left(file.left));
}

}  // namespace

std::string_view source_name(DigestSource source) {
  switch (source) {
    case DigestSource::announced:
      return "announced";
    case DigestSource::asked:
      return "asked";
    case DigestSource::read_back:
      return "read_back";
  }
  return "";
}

JsonObject file_fields(const FileRow& file) {
  JsonObject fields;
  return fields.number("item", item_number(file.item))
      .text("direction", direction_word(file.direction))
      .text("name", file.name);
}

JsonObject start_fields(const FileRow& file) {
  return file_fields(file)
      .number("bytes_total", file.total)
      .number("bytes_resumed", file.resumed)
      .number("attempt", std::int64_t{file.attempt});
}

JsonObject progress_fields(const TotalRow& total, const std::vector<FileRow>& files) {
  std::vector<JsonObject> in_flight;
  for (const auto& file : files) in_flight.push_back(progress_of(file));
  JsonObject fields;
  return fields.number("files_done", total.done_files)
      .number("files_total", total.files)
      .number("files_failed", total.failed)
      .number("bytes_done", total.done)
      .number("bytes_resumed", total.resumed)
      .number("bytes_total", total.total)
      .number("rate", total.rate)
      .number("eta_ms", ms_left(total.left))
      .number("elapsed_ms", std::int64_t{total.elapsed.count()})
      .list("files", in_flight);
}

JsonObject done_fields(ItemId item, const FileReport& report) {
  const TransferResult& result = report.result;
  JsonObject fields;
  fields.number("item", item_number(item))
      .text("direction", direction_word(report.direction))
      .text("name", report.name)
      .number("bytes_total", result.size)
      .number("bytes_resumed", result.resumed)
      .number("took_ms", std::int64_t{result.took.count()})
      .truth("verified", result.verified.has_value());
  if (const auto& verified = result.verified) {
    fields.text("algo", digest_word(verified->kind))
        .text("digest", result.local_digest)
        .text("source", source_name(verified->source));
  }
  return fields;
}

}  // namespace ferry::client
