#include "shared/base/clock.h"

#include <fmt/core.h>

#include <array>
#include <climits>

#include "shared/base/bytes.h"

namespace ferry {

namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Nanoseconds in 64 bits reach from 1677-09-21 to 2262-04-11; whole years inside that.
constexpr int kFirstYear = 1678;
constexpr int kLastYear = 2261;

struct Calendar {
  int year;
  unsigned month, day;
  std::chrono::hh_mm_ss<seconds> clock;
};

Calendar calendar(WallTime when) {
  const auto midnight = floor<days>(when);
  const std::chrono::year_month_day date(midnight);
  return {int(date.year()), unsigned(date.month()), unsigned(date.day()),
          std::chrono::hh_mm_ss<seconds>(floor<seconds>(when - midnight))};
}

tl::unexpected<Error> bad_time() {
  return fail(Errc::bad_syntax, "not a time of the form YYYYMMDDhhmmss");
}

// The digits behind the point, as nanoseconds; what is finer is dropped.
Result<nanoseconds> parse_fraction(std::string_view digits) {
  constexpr std::size_t kNanoDigits = 9;
  if (digits.empty() || digits.find_first_not_of("0123456789") != digits.npos) return bad_time();
  std::string padded(digits.substr(0, kNanoDigits));
  padded.resize(kNanoDigits, '0');
  return parse_number(padded).map([](std::int64_t count) { return nanoseconds(count); });
}

}  // namespace

int Deadline::poll_timeout_ms() const {
  if (when_ == SteadyTime::max()) return -1;
  const auto now = std::chrono::steady_clock::now();
  if (when_ <= now) return 0;
  const auto left = std::chrono::ceil<milliseconds>(when_ - now).count();
  return left > INT_MAX ? INT_MAX : static_cast<int>(left);
}

WallTime wall_now() {
  return std::chrono::time_point_cast<nanoseconds>(std::chrono::system_clock::now());
}

std::string ftp_time(WallTime when, bool with_fraction) {
  const Calendar c = calendar(when);
  std::string text =
      fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}", c.year, c.month, c.day, c.clock.hours().count(),
                  c.clock.minutes().count(), c.clock.seconds().count());
  const auto fraction = floor<milliseconds>(when - floor<seconds>(when));
  if (with_fraction && fraction.count() != 0) text += fmt::format(".{:03}", fraction.count());
  return text;
}

Result<WallTime> parse_ftp_time(std::string_view text) {
  constexpr std::size_t kWholeDigits = 14;
  if (text.size() < kWholeDigits) return bad_time();
  const std::string_view whole = text.substr(0, kWholeDigits);
  if (whole.find_first_not_of("0123456789") != whole.npos) return bad_time();
  const auto field = [whole](std::size_t at, std::size_t width) {
    return static_cast<int>(parse_number(whole.substr(at, width)).value_or(0));
  };
  const std::chrono::year_month_day date(std::chrono::year(field(0, 4)),
                                         std::chrono::month(unsigned(field(4, 2))),
                                         std::chrono::day(unsigned(field(6, 2))));
  const int hour = field(8, 2), minute = field(10, 2), second = field(12, 2);
  // RFC 3659 §2.3 allows second 60, for a leap second; it counts as the first second of the next minute.
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return bad_time();
  if (int(date.year()) < kFirstYear || int(date.year()) > kLastYear)
    return fail(Errc::out_of_range, fmt::format("year is not within {} and {}", kFirstYear, kLastYear));

  nanoseconds fraction{0};
  if (text.size() > kWholeDigits) {
    if (text[kWholeDigits] != '.') return bad_time();
    const auto parsed = parse_fraction(text.substr(kWholeDigits + 1));
    if (!parsed) return tl::unexpected(parsed.error());
    fraction = *parsed;
  }
  return WallTime(std::chrono::sys_days(date)) + hours(hour) + minutes(minute) + seconds(second) + fraction;
}

std::string iso_time(WallTime when) {
  const Calendar c = calendar(when);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", c.year, c.month, c.day, c.clock.hours().count(),
                     c.clock.minutes().count(), c.clock.seconds().count());
}

std::string listing_time(WallTime when, WallTime now) {
  // Ahead of our clock only a little may go without a year: readers guess the latest year that is not in the
  // future.
  const bool is_recent = when > now - days(182) && when <= now + hours(1);
  const Calendar c = calendar(when);
  const std::string date = fmt::format("{} {:2}", kMonths[c.month - 1], c.day);
  if (is_recent)
    return fmt::format("{} {:02}:{:02}", date, c.clock.hours().count(), c.clock.minutes().count());
  return fmt::format("{}  {:04}", date, c.year);
}

}  // namespace ferry
