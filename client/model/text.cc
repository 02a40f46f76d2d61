#include "client/model/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <ctime>

namespace ferry::client {
namespace {

std::tm local_time(WallTime when) {
  const std::time_t seconds =
      std::chrono::duration_cast<std::chrono::seconds>(when.time_since_epoch()).count();
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return local;
}

}  // namespace

std::string compact_size(Bytes bytes) {
  constexpr std::array kUnits{"K", "M", "G", "T", "P", "E"};
  if (bytes < 1000) return fmt::format("{}B", std::max<Bytes>(bytes, 0));
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (value /= 1024; value >= 999.5 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return value < 9.95 ? fmt::format("{:.1f}{}", value, kUnits[unit])
                      : fmt::format("{:.0f}{}", value, kUnits[unit]);
}

std::string short_date(WallTime when, WallTime now) {
  const std::tm then = local_time(when);
  if (then.tm_year != local_time(now).tm_year)
    return fmt::format("{:04}-{:02}", then.tm_year + 1900, then.tm_mon + 1);
  return fmt::format("{:02}-{:02}", then.tm_mon + 1, then.tm_mday);
}

std::string long_date(WallTime when) {
  const std::tm then = local_time(when);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", then.tm_year + 1900, then.tm_mon + 1, then.tm_mday,
                     then.tm_hour, then.tm_min);
}

std::string time_of_day(WallTime when) {
  const std::tm then = local_time(when);
  return fmt::format("{:02}:{:02}:{:02}", then.tm_hour, then.tm_min, then.tm_sec);
}

std::string bar_text(Bytes done, Bytes resumed, std::optional<Bytes> total, int width) {
  width = std::max(width, 0);
  const auto cells = [&](Bytes bytes) {
    if (!total || *total <= 0) return 0;
    const double share = static_cast<double>(bytes) / static_cast<double>(*total);
    return static_cast<int>(std::clamp(share, 0.0, 1.0) * width);
  };
  const int all = cells(done);
  const int before = std::min(all, cells(resumed));
  std::string bar(static_cast<std::size_t>(before), '=');
  bar.append(static_cast<std::size_t>(all - before), '#');
  if (all < width) bar += '>';
  bar.resize(static_cast<std::size_t>(width), '.');
  return bar;
}

std::string percent_text(Bytes done, std::optional<Bytes> total) {
  if (!total) return "  ?%";
  const double share = *total <= 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(*total);
  return fmt::format("{:3}%", static_cast<int>(std::clamp(share, 0.0, 1.0) * 100));
}

std::string mode_text(unsigned mode) {
  std::string text = "rwxrwxrwx";
  for (unsigned bit = 0; bit < 9; ++bit) {
    if ((mode & (0400U >> bit)) == 0) text[bit] = '-';
  }
  return text;
}

}  // namespace ferry::client
