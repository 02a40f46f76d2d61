// Sizes, durations and counts as people write and read them. Pure text.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "shared/base/result.h"

namespace ferry {

using Bytes = std::int64_t;  // never negative where it is a size; signed so that differences are safe

// "500M", "1.5G", "4096", "10KiB": K M G T are powers of 1024, an optional B or iB behind them is accepted.
// No sign, no spaces inside. Errc::bad_syntax, or Errc::out_of_range beyond 2^62.
Result<Bytes> parse_bytes(std::string_view text);

// Exact text that parse_bytes reads back to the same number: "500M", "1G", "1234567".
std::string bytes_setting(Bytes value);

// For people: "0 B", "999 B", "1.2 KiB", "500 MiB", "7.24 GiB" (three significant digits).
std::string bytes_for_people(Bytes value);

// "90" or "90s", "15m", "2h", "7d", "500ms". Errc::bad_syntax / out_of_range (beyond 10 years).
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
std::string duration_setting(std::chrono::milliseconds value);  // parse_duration reads it back

// "0:23", "12:05", "1:02:03", "2d03h"; "--:--" for a negative value (unknown).
std::string clock_for_people(std::chrono::seconds value);

// 1204 -> "1,204".
std::string count_for_people(std::int64_t value);

// Decimal, digits only, no sign, no blanks, whole text. Errc::bad_syntax, or out_of_range above `max`.
Result<std::int64_t> parse_number(std::string_view text, std::int64_t max = INT64_MAX);

}  // namespace ferry
