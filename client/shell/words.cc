#include "client/shell/words.h"

#include <algorithm>

namespace ferry::client {
namespace {

constexpr std::string_view kSpecial = " \t\"'\\#";  // needs quotes or a backslash to be part of a word

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

struct Word {
  std::string text;
  std::size_t start = 0;  // where it begins in the line, its quote included
};

// Reads words; an unclosed quote ends at the end of the line and is remembered.
struct Scan {
  std::vector<Word> words;
  bool is_open = false;       // a quote is not closed
  bool ends_in_word = false;  // no blank behind the last word
};

// Reads one word from `at` on and moves `at` behind it.
std::string scan_word(std::string_view line, std::size_t& at, bool& is_open) {
  std::string word;
  char quote = 0;
  for (; at < line.size() && (quote != 0 || !is_blank(line[at])); ++at) {
    const char c = line[at];
    if (c == '\\' && quote != '\'' && at + 1 < line.size()) {
      const char next = line[at + 1];
      const bool escapes = quote == 0 || next == '"' || next == '\\';
      word += escapes ? next : c;
      if (escapes) ++at;
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else {
      word += c;
    }
  }
  is_open = quote != 0;
  return word;
}

Scan scan(std::string_view line) {
  Scan result;
  std::size_t at = 0;
  while (at < line.size()) {
    if (is_blank(line[at])) {
      ++at;
      result.ends_in_word = false;
      continue;
    }
    const std::size_t start = at;
    result.words.push_back({scan_word(line, at, result.is_open), start});
    result.ends_in_word = true;
  }
  return result;
}

std::string with_backslashes(std::string_view text, std::string_view special) {
  std::string escaped;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string common_prefix(const std::vector<Candidate>& candidates) {
  std::string prefix = candidates.front().text;
  for (const auto& candidate : candidates) {
    const auto differ =
        std::mismatch(prefix.begin(), prefix.end(), candidate.text.begin(), candidate.text.end());
    prefix.resize(static_cast<std::size_t>(differ.first - prefix.begin()));
  }
  // Never half a character: go back to where a UTF-8 sequence begins.
  while (!prefix.empty() && prefix.size() < candidates.front().text.size() &&
         (static_cast<unsigned char>(candidates.front().text[prefix.size()]) & 0xC0) == 0x80) {
    prefix.pop_back();
  }
  return prefix;
}

// As much of a candidate as is sure, the way the user writes: inside the quotes that are open, else with
// backslashes.
std::string completed_word(std::string_view present, const std::string& text, bool is_whole) {
  const bool in_quotes = !present.empty() && (present.front() == '"' || present.front() == '\'');
  if (in_quotes) {
    std::string quoted = "\"" + with_backslashes(text, "\"\\");
    return is_whole ? quoted + "\" " : quoted;
  }
  const std::string word =
      (!text.empty() && text.front() == '-' ? "./" : "") + with_backslashes(text, kSpecial);
  return is_whole ? word + " " : word;
}

}  // namespace

Result<std::vector<std::string>> split_words(std::string_view line) {
  Scan scanned = scan(line);
  if (scanned.is_open) return fail(Errc::bad_syntax, "a quote is not closed");
  std::vector<std::string> words;
  for (auto& word : scanned.words) words.push_back(std::move(word.text));
  return words;
}

std::vector<std::string> split_commands(std::string_view line) {
  std::vector<std::string> commands(1);
  char quote = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (c == ';' && quote == 0) {
      commands.emplace_back();
      continue;
    }
    commands.back() += c;
    if (c == '\\' && quote != '\'' && at + 1 < line.size()) {
      commands.back() += line[++at];
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    }
  }
  std::erase_if(commands, [](const std::string& command) {
    return command.find_first_not_of(" \t\n") == std::string::npos;
  });
  return commands;
}

Completion complete_line(std::string_view text, const CandidateSource& source) {
  Scan scanned = scan(text);
  Completion completion;
  std::string part;
  completion.replace_from = text.size();
  if (scanned.ends_in_word) {
    part = scanned.words.back().text;
    completion.replace_from = scanned.words.back().start;
    scanned.words.pop_back();
  }
  std::vector<std::string> before;
  for (auto& word : scanned.words) before.push_back(std::move(word.text));
  completion.replacement = text.substr(completion.replace_from);
  for (auto& candidate : source(before, part)) {
    if (candidate.text.compare(0, part.size(), part) == 0)
      completion.candidates.push_back(std::move(candidate));
  }
  if (completion.candidates.empty()) return completion;
  const std::string present = completion.replacement;
  const Candidate& first = completion.candidates.front();
  if (completion.candidates.size() == 1) {
    completion.replacement = completed_word(present, first.text, !first.is_folder);
    return completion;
  }
  const std::string prefix = common_prefix(completion.candidates);
  if (prefix.size() > part.size()) completion.replacement = completed_word(present, prefix, false);
  return completion;
}

}  // namespace ferry::client
