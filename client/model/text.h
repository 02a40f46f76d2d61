// Short texts of the screen: sizes, dates, bars. Pure, apart from the local time zone and the language.
#pragma once

#include <libintl.h>

#include <optional>
#include <string>

#include "shared/base/bytes.h"
#include "shared/base/clock.h"

namespace ferry::client {

// In the user's language; the English text is the key.
inline const char* tr(const char* text) {
  return ::gettext(text);
}

// Five columns at most: "12B", "1.2K", "700M", "2.1G".
std::string compact_size(Bytes bytes);

// "11-20", in another year "2024-11"; long: "2026-11-20 12:58". Local time.
std::string short_date(WallTime when, WallTime now);
std::string long_date(WallTime when);
std::string time_of_day(WallTime when);  // "12:58:31"

// `width` columns: "=" was there before, "#" moved in this run, ">" head, "." to do.
std::string bar_text(Bytes done, Bytes resumed, std::optional<Bytes> total, int width);
std::string percent_text(Bytes done, std::optional<Bytes> total);  // " 57%", four columns; "  ?%"

// "rw-r--r--"
std::string mode_text(unsigned mode);

}  // namespace ferry::client
