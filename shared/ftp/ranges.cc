#include "shared/ftp/ranges.h"

#include <algorithm>

namespace ferry::ftp {

namespace {

struct Split {
  std::string_view front, word;
};

// Takes the last word off; nullopt if nothing would be left in front of it.
std::optional<Split> split_last_word(std::string_view text) {
  const std::size_t space = text.rfind(' ');
  if (space == text.npos || text.find_first_not_of(' ') >= space) return std::nullopt;
  return Split{text.substr(0, space), text.substr(space + 1)};
}

std::optional<Bytes> number(std::string_view text) {
  const auto parsed = parse_number(text);
  return parsed ? std::optional(*parsed) : std::nullopt;
}

bool is_in_order(const DigestArgument& argument) {
  return !argument.end || argument.start.value_or(0) <= *argument.end;
}

// What stands in front of `rest` behind the closing quote; nullopt if there is none.
std::optional<std::string> take_quoted(std::string_view text, std::string_view& rest) {
  std::string path;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      if (i + 1 == text.size() || text[i + 1] != '"') {
        rest = text.substr(i + 1);
        return path;
      }
      ++i;
    }
    path += text[i];
  }
  return std::nullopt;
}

// "", " start" or " start end", blanks behind them; nullopt: something else.
std::optional<DigestArgument> with_numbers(std::string path, std::string_view rest) {
  DigestArgument argument{std::move(path), {}, {}};
  std::optional<Bytes>* const places[] = {&argument.start, &argument.end};
  for (auto* place : places) {
    const std::size_t word = rest.find_first_not_of(' ');
    if (word == rest.npos) break;
    if (word == 0) return std::nullopt;
    rest.remove_prefix(word);
    const std::size_t space = std::min(rest.find(' '), rest.size());
    *place = number(rest.substr(0, space));
    if (!*place) return std::nullopt;
    rest.remove_prefix(space);
  }
  if (rest.find_first_not_of(' ') != rest.npos) return std::nullopt;
  return argument;
}

}  // namespace

Result<std::optional<ByteRange>> parse_range(std::string_view argument) {
  const std::size_t space = argument.find(' ');
  if (space == argument.npos) return fail(Errc::bad_syntax, "RANG takes a first and a last byte");
  const auto first = number(argument.substr(0, space)), last = number(argument.substr(space + 1));
  if (!first || !last) return fail(Errc::bad_syntax, "RANG takes a first and a last byte");
  if (*first == 1 && *last == 0) return std::nullopt;
  if (*first > *last || *first == INT64_MAX)
    return fail(Errc::bad_syntax, "The last byte is before the first");
  // No file reaches the last number there is.
  return ByteRange{*first, *last == INT64_MAX ? *last : *last + 1};
}

Result<std::vector<DigestArgument>> parse_digest_argument(std::string_view argument) {
  const auto bad = [] { return fail(Errc::bad_syntax, "Give a path, and if you like a start and an end"); };
  std::string_view rest;
  if (argument.starts_with('"')) {
    if (auto path = take_quoted(argument, rest); path && !path->empty()) {
      auto read = with_numbers(std::move(*path), rest);
      if (!read || !is_in_order(*read)) return bad();
      return std::vector{std::move(*read)};
    }
  }
  if (argument.empty()) return bad();
  std::vector<DigestArgument> ways{{std::string(argument), {}, {}}};
  const auto last = split_last_word(argument);
  const auto second = last ? number(last->word) : std::nullopt;
  if (!second) return ways;
  if (const auto before = split_last_word(last->front)) {
    const DigestArgument both{std::string(before->front), number(before->word), second};
    if (both.start && is_in_order(both)) ways.push_back(both);
  }
  ways.push_back({std::string(last->front), second, {}});
  return ways;
}

}  // namespace ferry::ftp
