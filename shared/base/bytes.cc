#include "shared/base/bytes.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "shared/base/ascii.h"

namespace ferry {

namespace {

constexpr Bytes kLargestSetting = Bytes{1} << 62;
constexpr std::size_t kMostFractionDigits = 6;  // 10^6 * 2^40 still fits into 64 bits

// Leading digits of `text`, which loses them.
std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_ascii_digit);
  const auto digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

// "K", "MB", "GiB", … -> its size; 1 for nothing at all; 0 if it is no unit.
Bytes unit_of(std::string_view suffix) {
  if (suffix.empty()) return 1;
  const std::string text = ascii_upper(suffix);
  const std::string_view tail = std::string_view(text).substr(1);
  if (!tail.empty() && tail != "B" && tail != "IB") return 0;
  switch (text.front()) {
    case 'K':
      return Bytes{1} << 10;
    case 'M':
      return Bytes{1} << 20;
    case 'G':
      return Bytes{1} << 30;
    case 'T':
      return Bytes{1} << 40;
    default:
      return 0;
  }
}

tl::unexpected<Error> bad_size() {
  return fail(Errc::bad_syntax, "not a size: write a number with K, M, G or T behind it, such as 500M");
}

// Decimal with exactly `decimals` digits, trailing zeros dropped: 1.20 -> "1.2", 5.00 -> "5".
std::string short_decimal(double value, int decimals) {
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (decimals == 0) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

int decimals_for(double value) {
  if (value < 9.995) return 2;
  return value < 99.95 ? 1 : 0;
}

struct DurationUnit {
  std::string_view name;
  std::int64_t ms;
};
constexpr std::array<DurationUnit, 5> kDurationUnits{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::int64_t kLongestDurationMs = std::int64_t{3653} * 86'400'000;  // 10 years

}  // namespace

Result<std::int64_t> parse_number(std::string_view text, std::int64_t max) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_ascii_digit))
    return fail(Errc::bad_syntax, "not a number");
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value > max)
    return fail(Errc::out_of_range, fmt::format("number above {}", max));
  return value;
}

Result<Bytes> parse_bytes(std::string_view text) {
  std::string_view rest = text;
  const std::string_view whole_digits = take_digits(rest);
  std::string_view fraction_digits;
  const bool has_fraction = !rest.empty() && rest.front() == '.';
  if (has_fraction) {
    rest.remove_prefix(1);
    fraction_digits = take_digits(rest);
    if (fraction_digits.empty() || fraction_digits.size() > kMostFractionDigits) return bad_size();
  }
  const Bytes unit = unit_of(rest);
  if (whole_digits.empty() || unit == 0 || (has_fraction && unit == 1)) return bad_size();

  const auto whole = parse_number(whole_digits, kLargestSetting / unit);
  if (!whole) return fail(Errc::out_of_range, "size is beyond what can be counted");
  Bytes fraction = 0;
  Bytes scale = 1;
  for (const char c : fraction_digits) {
    fraction = fraction * 10 + (c - '0');
    scale *= 10;
  }
  const Bytes value = *whole * unit + fraction * unit / scale;
  if (value > kLargestSetting) return fail(Errc::out_of_range, "size is beyond what can be counted");
  return value;
}

std::string bytes_setting(Bytes value) {
  std::string_view units = "TGMK";
  for (int shift = 40; shift >= 10 && value > 0; shift -= 10, units.remove_prefix(1)) {
    const Bytes unit = Bytes{1} << shift;
    if (value % unit == 0) return fmt::format("{}{}", value / unit, units.front());
  }
  return fmt::format("{}", value);
}

std::string bytes_for_people(Bytes value) {
  constexpr std::array<std::string_view, 7> kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  const char* sign = value < 0 ? "-" : "";
  double scaled = value < 0 ? -static_cast<double>(value) : static_cast<double>(value);
  std::size_t unit = 0;
  while (scaled >= 999.5 && unit + 1 < kUnits.size()) {
    scaled /= 1024;
    ++unit;
  }
  const int decimals = unit == 0 ? 0 : decimals_for(scaled);
  return fmt::format("{}{} {}", sign, short_decimal(scaled, decimals), kUnits[unit]);
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  std::string_view name = text;
  const std::string_view digits = take_digits(name);
  if (name.empty()) name = "s";
  const auto unit = std::find_if(kDurationUnits.begin(), kDurationUnits.end(),
                                 [&](const DurationUnit& candidate) { return candidate.name == name; });
  if (digits.empty() || unit == kDurationUnits.end())
    return fail(Errc::bad_syntax,
                "not a duration: write a number with ms, s, m, h or d behind it, such as 15m");
  const auto count = parse_number(digits, kLongestDurationMs / unit->ms);
  if (!count) return fail(Errc::out_of_range, "duration is longer than 10 years");
  return std::chrono::milliseconds(*count * unit->ms);
}

std::string duration_setting(std::chrono::milliseconds value) {
  const std::int64_t ms = value.count();
  if (ms == 0) return "0s";
  const auto unit = std::find_if(kDurationUnits.begin(), kDurationUnits.end() - 1,
                                 [ms](const DurationUnit& candidate) { return ms % candidate.ms == 0; });
  return fmt::format("{}{}", ms / unit->ms, unit->name);
}

std::string clock_for_people(std::chrono::seconds value) {
  const std::int64_t all = value.count();
  if (all < 0) return "--:--";
  const std::int64_t seconds = all % 60;
  const std::int64_t minutes = all / 60 % 60;
  const std::int64_t hours = all / 3600 % 24;
  const std::int64_t days = all / 86'400;
  if (days > 0) return fmt::format("{}d{:02}h", days, hours);
  if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes, seconds);
  return fmt::format("{}:{:02}", minutes, seconds);
}

std::string count_for_people(std::int64_t value) {
  std::string text = fmt::format("{}", value);
  const std::size_t first = text.front() == '-' ? 1 : 0;
  for (std::size_t at = text.size(); at > first + 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

}  // namespace ferry
