// --json: one JSON object per line on stdout (NDJSON), as docs/json.md describes them. Fields are only ever
// added; sizes are bytes, times milliseconds, both whole numbers. Any thread may emit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"

namespace ferry::client {

// An object that is put together field by field, in the order in which they come. Nothing in it can harm a
// terminal: what is no plain text is written as \u001b.
class JsonObject {
 public:
  // Foreign bytes. If they are not valid UTF-8, KEY has U+FFFD for what is wrong and KEY_b64 has the bytes.
  JsonObject& text(std::string_view key, std::string_view bytes);
  JsonObject& number(std::string_view key, std::int64_t value);
  JsonObject& number(std::string_view key, std::optional<std::int64_t> value);  // nullopt: no such field
  JsonObject& truth(std::string_view key, bool value);
  JsonObject& object(std::string_view key, const JsonObject& value);
  JsonObject& list(std::string_view key, const std::vector<JsonObject>& values);
  JsonObject& list(std::string_view key, const std::vector<std::string>& texts);  // of valid UTF-8
  // All fields of `other`, behind those that are there.
  JsonObject& add(const JsonObject& other);

  std::string str() const { return "{" + fields_ + "}"; }

 private:
  JsonObject& field(std::string_view key, std::string_view json);
  std::string fields_;
};

// Called once, before anything is printed: from here on stdout is NDJSON.
void start_json_lines();
bool json_wanted();

// {"v":1,"ts":…,"type":TYPE, fields…}, written and flushed at once. Nothing happens unless json_wanted().
void emit_json(std::string_view type, const JsonObject& fields);

// The last line, whatever ended the run: exit code and time, and the counts that add_to_summary() was given.
void add_to_summary(const JsonObject& fields);
void emit_summary(int exit_code);

// "not_found"; never renamed.
std::string_view error_class(Errc kind);
// The same command may succeed later.
bool is_retryable(const Error& error);
// message, class, ftp_code if a reply said so, retryable.
JsonObject error_fields(const Error& error);

}  // namespace ferry::client
