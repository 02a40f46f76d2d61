// Lines of a log: for stderr where that is no terminal, and for --log FILE. One event each,
//   2026-11-20T13:04:51Z done   up 写真集.zip bytes=1520854630 secs=23.1 rate=65837862 sha256=9b1c…
//   verified=server
// time, word, for files direction and name, then key=value. Pure.
#pragma once

#include <string>

#include "client/line/progress.h"

namespace ferry::client {

// "TIME word   text\n"; `text` is safe.
std::string log_line(std::string_view word, const std::string& text);

// A name as the lines have it: safe, and in double quotes where a blank, '=' or quote would blur its end.
std::string log_name(const std::string& name);

std::string start_line(const FileRow& file);
std::string stat_line(const TotalRow& total);
std::string done_line(const FileReport& report);
std::string fail_line(const FileRow& file, const Error& error);
std::string skip_line(Direction direction, const std::string& name, const std::string& why);
std::string retry_line(const FileRow& file, const Error& error, int attempt, std::chrono::milliseconds wait);

std::string_view direction_word(Direction direction);  // "up", "down"
std::string digest_word(DigestKind kind);              // "sha256", as --verify has it

}  // namespace ferry::client
