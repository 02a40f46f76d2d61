// What Tab in bash, zsh or fish offers: the scripts of `ferry completion SHELL` call `ferry __complete`,
// which walks the parser's own tree. Nothing here asks anybody anything, and nothing takes longer than
// kPatience.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "client/line/options.h"

namespace ferry::client {

inline constexpr std::string_view kCompleteVerb = "__complete";

// What could stand where the cursor is.
struct Completed {
  struct Word {
    std::string text;  // the whole word, as the user would type it without quotes
    std::string description;
  };
  bool local_files = false;  // the shell offers names of local files as well: it knows ~ and its own quoting
  std::vector<Word> words;
};

// Addresses and remote names that go on where `operand` ends. `options` are those of the line.
using RemoteWords =
    std::function<std::vector<std::string>(const Options& options, const std::string& operand)>;

// `before`: the words between `ferry` and the cursor's; `part`: what is there of that one.
Completed complete_words(const std::vector<std::string>& before, const std::string& part,
                         const RemoteWords& remote);

// The real ones (remote_words.cc): known servers, and the names in the folder that the operand leads to, from
// what can be had without a question within kPatience.
inline constexpr std::chrono::milliseconds kPatience{300};
std::vector<std::string> remote_words(const Options& options, const std::string& operand);

std::vector<std::string> saved_site_names();

// `ferry __complete zsh|fish WORD... PART`, `ferry __complete bash LINE BREAKS`: prints "files" or "-", then
// a line per word, "text<TAB>description". bash: the line up to the cursor, and what its words break at; what
// stands in front of the last break is cut off, and there are no descriptions.
int run_complete(const std::vector<std::string>& arguments);

// completion_scripts.cc; "" for a shell that we do not know.
std::string_view completion_script(std::string_view shell);

}  // namespace ferry::client
