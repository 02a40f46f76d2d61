#include "shared/ftp/listing.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "shared/base/ascii.h"

namespace ferry::ftp {

namespace {

using std::chrono::day;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::month;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::size_t kPermissionsLength = 10;
constexpr std::size_t kMostWords =
    16;                           // an owner's name may hold a few blanks; the date comes at the latest here
constexpr int kFirstYear = 1678;  // what WallTime can hold
constexpr int kLastYear = 2261;

struct TimeOfDay {
  unsigned hour = 0, minute = 0;
};

// What a line tells of a time: how exactly depends on its age.
struct ListedTime {
  WallTime when;
  std::chrono::seconds precision;
};
constexpr std::chrono::seconds kToTheMinute{60}, kToTheDay{86'400};

struct Word {
  std::string_view text;
  std::size_t end;  // where in the line it ends
};

tl::unexpected<Error> bad_line() {
  return fail(Errc::bad_syntax, "not a line of a listing we know");
}

std::optional<unsigned> parse_small(std::string_view text, unsigned max) {
  const auto number = parse_number(text, max);
  return number ? std::optional(static_cast<unsigned>(*number)) : std::nullopt;
}

unsigned month_number(std::string_view text) {  // 1..12, 0 if it is no month
  const auto found = std::find(kMonths.begin(), kMonths.end(), ascii_lower(text));
  return found == kMonths.end() ? 0 : static_cast<unsigned>(found - kMonths.begin()) + 1;
}

std::optional<TimeOfDay> parse_time_of_day(std::string_view text) {  // "04:30"
  const std::size_t colon = text.find(':');
  if (colon == text.npos || colon > 2 || text.size() - colon != 3) return std::nullopt;
  const auto hour = parse_small(text.substr(0, colon), 23);
  const auto minute = parse_small(text.substr(colon + 1), 59);
  if (!hour || !minute) return std::nullopt;
  return TimeOfDay{*hour, *minute};
}

std::optional<WallTime> moment(year_month_day date, TimeOfDay time) {
  if (!date.ok() || int(date.year()) < kFirstYear || int(date.year()) > kLastYear) return std::nullopt;
  return WallTime(std::chrono::sys_days(date)) + hours(time.hour) + minutes(time.minute);
}

// Month, day and either a year or a time of day, whose year is then the latest that does not lie ahead.
std::optional<ListedTime> parse_date(std::string_view month_text, std::string_view day_text,
                                     std::string_view last, WallTime now) {
  const unsigned in_month = month_number(month_text);
  const auto on_day = parse_small(day_text, 31);
  if (in_month == 0 || !on_day) return std::nullopt;
  if (const auto written = parse_small(last, kLastYear); written && last.size() == 4) {
    const auto date = moment(year(static_cast<int>(*written)) / month(in_month) / day(*on_day), {});
    return date ? std::optional(ListedTime{*date, kToTheDay}) : std::nullopt;
  }
  const auto time = parse_time_of_day(last);
  if (!time) return std::nullopt;
  const auto latest = now + std::chrono::days(1);
  const year_month_day today(std::chrono::floor<std::chrono::days>(latest));
  constexpr int kYearsToFebruary29 = 8;  // across 1900 or 2100
  for (int back = 0; back <= kYearsToFebruary29; ++back) {
    const auto guess =
        moment((today.year() - std::chrono::years(back)) / month(in_month) / day(*on_day), *time);
    if (guess && *guess <= latest) return ListedTime{*guess, kToTheMinute};
  }
  return std::nullopt;
}

// The nine letters of `ls -l`, with s, S, t and T for the special bits. nullopt if they are none.
std::optional<unsigned> parse_mode(std::string_view letters) {
  constexpr std::string_view kPlain = "rwxrwxrwx";
  unsigned mode = 0;
  for (std::size_t i = 0; i < kPlain.size(); ++i) {
    const unsigned bit = 0400u >> i;
    const unsigned special = i == 2 ? 04000u : i == 5 ? 02000u : 01000u;
    const char with_x = i == 8 ? 't' : 's';
    const char without_x = i == 8 ? 'T' : 'S';
    if (letters[i] == kPlain[i]) {
      mode |= bit;
    } else if (i % 3 == 2 && letters[i] == with_x) {
      mode |= bit | special;
    } else if (i % 3 == 2 && letters[i] == without_x) {
      mode |= special;
    } else if (letters[i] != '-') {
      return std::nullopt;
    }
  }
  return mode;
}

std::string mode_letters(unsigned mode) {
  std::string text = "rwxrwxrwx";
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((mode & (0400u >> i)) == 0) text[i] = '-';
  if ((mode & 04000) != 0) text[2] = text[2] == 'x' ? 's' : 'S';
  if ((mode & 02000) != 0) text[5] = text[5] == 'x' ? 's' : 'S';
  if ((mode & 01000) != 0) text[8] = text[8] == 'x' ? 't' : 'T';
  return text;
}

bool is_permissions(std::string_view word) {
  if (word.size() < kPermissionsLength || word.size() > kPermissionsLength + 1) return false;
  constexpr std::string_view kTypes = "-dlbcpsD";
  constexpr std::string_view kAclMarks = "+.@";
  if (kTypes.find(word.front()) == kTypes.npos) return false;
  return word.size() == kPermissionsLength || kAclMarks.find(word.back()) != kAclMarks.npos;
}

EntryType type_of(char letter, std::string_view name) {
  if (letter == '-') return EntryType::file;
  if (letter != 'd') return EntryType::other;
  if (name == ".") return EntryType::current_directory;
  return name == ".." ? EntryType::parent_directory : EntryType::directory;
}

// "name -> target" to "name". The size of a link is the length of its target, which tells the arrow from one
// inside a name.
void cut_target(Entry& entry) {
  constexpr std::string_view kArrow = " -> ";
  const std::string& text = entry.name;
  std::size_t arrow = text.find(kArrow);
  if (entry.size && *entry.size > 0 && static_cast<std::size_t>(*entry.size) < text.size()) {
    const std::size_t before_target = text.size() - static_cast<std::size_t>(*entry.size);
    const bool fits = before_target > kArrow.size() &&
                      text.compare(before_target - kArrow.size(), kArrow.size(), kArrow) == 0;
    if (fits) arrow = before_target - kArrow.size();
  }
  if (arrow != text.npos) entry.name.resize(arrow);
  entry.size.reset();
}

// Blank-separated words from the front of the line, at most `most`.
std::vector<Word> first_words(std::string_view line, std::size_t most) {
  std::vector<Word> words;
  std::size_t at = 0;
  while (words.size() < most) {
    at = line.find_first_not_of(' ', at);
    if (at == line.npos) break;
    const std::size_t end = std::min(line.find(' ', at), line.size());
    words.push_back({line.substr(at, end - at), end});
    at = end;
  }
  return words;
}

// "-rw-r--r--   1 owner group   4096 Nov 21 04:30 name". The date is found by its form, because an owner's
// name may hold blanks and some servers leave the group out. Exactly one blank stands behind the date; more
// belong to the name.
Result<Entry> parse_unix_line(std::string_view line, WallTime now) {
  const std::vector<Word> words = first_words(line, kMostWords);
  if (words.empty() || !is_permissions(words[0].text)) return bad_line();
  const auto mode = parse_mode(words[0].text.substr(1, kPermissionsLength - 1));
  if (!mode) return bad_line();

  for (std::size_t i = 3; i + 2 < words.size(); ++i) {
    const std::string_view size = words[i - 1].text;
    const bool is_device = words[i - 2].text.back() == ',' || size.find(',') != size.npos;  // "8, 0" or "8,0"
    if (size.find_first_not_of("0123456789,") != size.npos) continue;
    const auto modified = parse_date(words[i].text, words[i + 1].text, words[i + 2].text, now);
    if (!modified) continue;

    Entry entry;
    const std::size_t name_at = words[i + 2].end + 1;
    if (name_at >= line.size()) return bad_line();
    entry.name = line.substr(name_at);
    entry.modified = modified->when;
    entry.modified_precision = modified->precision;
    entry.unix_mode = mode;
    entry.type = type_of(line.front(), entry.name);
    entry.is_link = line.front() == 'l';
    if (const auto bytes = parse_number(size); bytes && !is_device) entry.size = *bytes;
    if (entry.is_link) cut_target(entry);
    if (i == 5 && !is_device) {
      entry.uid = parse_small(words[2].text, UINT32_MAX);
      entry.gid = parse_small(words[3].text, UINT32_MAX);
    }
    if (entry.name.empty()) return bad_line();
    return entry;
  }
  return bad_line();
}

// "11-21-26" or "11-21-2026", month first.
std::optional<year_month_day> parse_dos_date(std::string_view text) {
  if ((text.size() != 8 && text.size() != 10) || text[2] != '-' || text[5] != '-') return std::nullopt;
  const auto in_month = parse_small(text.substr(0, 2), 12);
  const auto on_day = parse_small(text.substr(3, 2), 31);
  auto in_year = parse_small(text.substr(6), kLastYear);
  if (!in_month || !on_day || !in_year) return std::nullopt;
  if (text.size() == 8) *in_year += *in_year < 70 ? 2000 : 1900;
  return year(static_cast<int>(*in_year)) / month(*in_month) / day(*on_day);
}

// "04:30PM", or "16:30".
std::optional<TimeOfDay> parse_dos_time(std::string_view text) {
  if (text.size() <= 2 || text.back() != 'M') return parse_time_of_day(text);
  const char half = text[text.size() - 2];
  auto time = parse_time_of_day(text.substr(0, text.size() - 2));
  if (!time || (half != 'A' && half != 'P') || time->hour < 1 || time->hour > 12) return std::nullopt;
  time->hour = time->hour % 12 + (half == 'P' ? 12 : 0);
  return time;
}

// "11-21-26  04:30PM       <DIR>          name", "11-21-26  04:30PM             12345 name" (IIS).
Result<Entry> parse_dos_line(std::string_view line) {
  const std::vector<Word> words = first_words(line, 3);
  if (words.size() < 3) return bad_line();
  const auto date = parse_dos_date(words[0].text);
  const auto time = parse_dos_time(words[1].text);
  if (!date || !time) return bad_line();
  Entry entry;
  entry.modified = moment(*date, *time);
  if (!entry.modified) return bad_line();
  entry.modified_precision = kToTheMinute;

  std::string_view name = line.substr(words[2].end);
  std::size_t blanks = 1;
  if (words[2].text == "<DIR>") {
    constexpr std::size_t kBlanksBehindDir = 10;  // IIS: a folder's name begins in the column of a file's
    blanks = std::min({name.find_first_not_of(' '), name.size(), kBlanksBehindDir});
    entry.type = EntryType::directory;
  } else {
    const auto size = parse_number(words[2].text);
    if (!size) return bad_line();
    entry.size = *size;
  }
  if (name.size() <= blanks) return bad_line();
  entry.name = name.substr(blanks);
  if (entry.is_directory()) entry.type = type_of('d', entry.name);
  return entry;
}

char type_letter(const Entry& entry) {
  if (entry.is_directory()) return 'd';
  if (entry.type == EntryType::file) return '-';
  return entry.is_link ? 'l'
                       : 's';  // of what is no file, folder or link, a server shows only that it is special
}

}  // namespace

std::string format_list_line(const Entry& entry, unsigned link_count, WallTime now) {
  const unsigned mode = entry.unix_mode.value_or(entry.is_directory() ? 0755 : 0644);
  std::string line = fmt::format("{}{} {:3} {:<8} {:<8} {:8} {} ", type_letter(entry), mode_letters(mode),
                                 link_count, "ferry", "ferry", entry.size.value_or(0),
                                 listing_time(entry.modified.value_or(WallTime{}), now));
  for (const char c : entry.name) line += (c == '\r' || c == '\n' || c == '\0') ? '?' : c;
  return line;
}

Result<Entry> parse_list_line(std::string_view line, WallTime now) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  if (first == line.npos) return fail(Errc::not_found, "blank line");
  const std::string_view rest = line.substr(first);
  if (rest.substr(0, 6) == "total " && rest.find_first_not_of("0123456789 ", 6) == rest.npos)
    return fail(Errc::not_found, "total of a listing");
  if (first != 0) return bad_line();
  const bool is_dos = line.front() >= '0' && line.front() <= '9';
  return is_dos ? parse_dos_line(line) : parse_unix_line(line, now);
}

}  // namespace ferry::ftp
