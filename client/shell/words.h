// The shell's line language: words, quotes, and what Tab makes of an unfinished line. Pure text.
//
// Blanks separate words. 'single quotes' keep everything, "double quotes" know \" and \\, a backslash
// elsewhere takes the next character as it is. There are no variables and no patterns.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"

namespace ferry::client {

// Errc::bad_syntax: a quote that is not closed.
Result<std::vector<std::string>> split_words(std::string_view line);

// "cd pics; ls 'a;b'" -> "cd pics", " ls 'a;b'": at each ; that stands in no quotes. Empty commands are left
// out.
std::vector<std::string> split_commands(std::string_view line);

struct Candidate {
  std::string text;        // a whole word, unquoted
  bool is_folder = false;  // more may follow it
};

// What could stand where the cursor is: gets the whole words before it and the part of the word that is
// there.
using CandidateSource =
    std::function<std::vector<Candidate>(const std::vector<std::string>& before, const std::string& part)>;

struct Completion {
  std::size_t replace_from = 0;       // byte in the text: from here to the cursor
  std::string replacement;            // quoted; equal to what is there when nothing can be added
  std::vector<Candidate> candidates;  // all that match
};

Completion complete_line(std::string_view text_before_cursor, const CandidateSource& source);

}  // namespace ferry::client
