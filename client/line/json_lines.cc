#include "client/line/json_lines.h"

#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <mutex>

#include "client/engine/retry.h"
#include "client/line/console.h"
#include "shared/base/clock.h"
#include "shared/base/utf8.h"

namespace ferry::client {
namespace {

constexpr int kVersion = 1;

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = at; i < at + 3; ++i)
      group = group << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u);
    const std::size_t digits = std::min<std::size_t>(bytes.size() - at, 3) + 1;
    for (std::size_t i = 0; i < 4; ++i) text += i < digits ? kDigits[group >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}

// Beyond what JSON demands: whatever a terminal would obey or that reorders a line (C1, bidi controls, line
// separators), so that the stream may be looked at.
bool is_escaped(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x061C || code == 0x200E ||
         code == 0x200F || (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
         code == 0xFEFF;
}

// In quotes. `is_valid` says whether all of it was UTF-8.
std::string quoted(std::string_view bytes, bool& is_valid) {
  std::string text = "\"";
  is_valid = true;
  while (!bytes.empty()) {
    const Utf8Char c = decode_utf8(bytes);
    if (!c.is_valid) {
      is_valid = false;
      text += "\xEF\xBF\xBD";
    } else if (c.code == '"' || c.code == '\\') {
      text += {'\\', static_cast<char>(c.code)};
    } else if (is_escaped(c.code)) {
      text += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(c.code));
    } else {
      text += bytes.substr(0, c.length);
    }
    bytes.remove_prefix(c.length);
  }
  return text + '"';
}

std::string quoted(std::string_view bytes) {
  bool ignored = false;
  return quoted(bytes, ignored);
}

// "2026-11-20T13:04:51.123Z"
std::string stamp() {
  const WallTime now = wall_now();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  std::string text = iso_time(now);
  text.insert(text.size() - 1, fmt::format(".{:03}", ms % 1000));
  return text;
}

// What stdout is for: there is one of it.
struct Stream {
  std::mutex mutex;
  bool is_on = false;
  SteadyTime began;
  JsonObject summary;
};

Stream& stream() {
  static Stream only;
  return only;
}

}  // namespace

JsonObject& JsonObject::field(std::string_view key, std::string_view json) {
  if (!fields_.empty()) fields_ += ',';
  fields_ += quoted(key);
  fields_ += ':';
  fields_ += json;
  return *this;
}

JsonObject& JsonObject::text(std::string_view key, std::string_view bytes) {
  bool is_valid = true;
  field(key, quoted(bytes, is_valid));
  return is_valid ? *this : field(std::string(key) + "_b64", '"' + base64(bytes) + '"');
}

JsonObject& JsonObject::number(std::string_view key, std::int64_t value) {
  return field(key, std::to_string(value));
}

JsonObject& JsonObject::number(std::string_view key, std::optional<std::int64_t> value) {
  return value ? number(key, *value) : *this;
}

JsonObject& JsonObject::truth(std::string_view key, bool value) {
  return field(key, value ? "true" : "false");
}

JsonObject& JsonObject::object(std::string_view key, const JsonObject& value) {
  return field(key, value.str());
}

JsonObject& JsonObject::list(std::string_view key, const std::vector<JsonObject>& values) {
  std::string json;
  for (const auto& value : values) json += (json.empty() ? "" : ",") + value.str();
  return field(key, "[" + json + "]");
}

JsonObject& JsonObject::list(std::string_view key, const std::vector<std::string>& texts) {
  std::string json;
  for (const auto& text : texts) json += (json.empty() ? "" : ",") + quoted(text);
  return field(key, "[" + json + "]");
}

JsonObject& JsonObject::add(const JsonObject& other) {
  if (!fields_.empty() && !other.fields_.empty()) fields_ += ',';
  fields_ += other.fields_;
  return *this;
}

void start_json_lines() {
  const std::lock_guard lock(stream().mutex);
  stream().is_on = true;
  stream().began = std::chrono::steady_clock::now();
}

bool json_wanted() {
  const std::lock_guard lock(stream().mutex);
  return stream().is_on;
}

void emit_json(std::string_view type, const JsonObject& fields) {
  JsonObject line;
  line.number("v", std::int64_t{kVersion}).text("ts", stamp()).text("type", type).add(fields);
  const std::string text = line.str() + "\n";
  const std::lock_guard lock(stream().mutex);
  if (!stream().is_on) return;
  std::optional<Console::Pause> pause;  // both may be the same terminal
  if (::isatty(STDOUT_FILENO) == 1) pause.emplace();
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void add_to_summary(const JsonObject& fields) {
  const std::lock_guard lock(stream().mutex);
  stream().summary.add(fields);
}

void emit_summary(int exit_code) {
  JsonObject fields;
  {
    const std::lock_guard lock(stream().mutex);
    const auto took = std::chrono::steady_clock::now() - stream().began;
    fields.number("exit_code", std::int64_t{exit_code})
        .number("elapsed_ms",
                std::int64_t{std::chrono::duration_cast<std::chrono::milliseconds>(took).count()})
        .add(stream().summary);
  }
  emit_json("summary", fields);
}

std::string_view error_class(Errc kind) {
  switch (kind) {
    case Errc::io:
      return "io";
    case Errc::not_found:
      return "not_found";
    case Errc::exists:
      return "exists";
    case Errc::not_empty:
      return "not_empty";
    case Errc::permission:
      return "permission";
    case Errc::is_directory:
      return "is_directory";
    case Errc::not_directory:
      return "not_directory";
    case Errc::outside:
      return "outside";
    case Errc::busy:
      return "busy";
    case Errc::no_space:
      return "no_space";
    case Errc::over_quota:
      return "over_quota";
    case Errc::name_refused:
      return "name_refused";
    case Errc::too_long:
      return "too_long";
    case Errc::bad_syntax:
      return "usage";
    case Errc::out_of_range:
      return "out_of_range";
    case Errc::timeout:
      return "timeout";
    case Errc::closed:
      return "closed";
    case Errc::reset:
      return "reset";
    case Errc::cancelled:
      return "interrupted";
    case Errc::refused:
      return "refused";
    case Errc::login_refused:
      return "login_refused";
    case Errc::tls:
      return "tls";
    case Errc::untrusted:
      return "untrusted";
    case Errc::digest_mismatch:
      return "digest_mismatch";
    case Errc::corrupt:
      return "corrupt";
    case Errc::unsupported:
      return "unsupported";
  }
  return "io";
}

bool is_retryable(const Error& error) {
  return error.kind == Errc::cancelled || remedy_for(error) == Remedy::again;
}

JsonObject error_fields(const Error& error) {
  JsonObject fields;
  fields.text("message", error.context).text("class", error_class(error.kind));
  if (error.reply_code != 0) fields.number("ftp_code", std::int64_t{error.reply_code});
  return fields.truth("retryable", is_retryable(error));
}

}  // namespace ferry::client
