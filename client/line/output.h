// How much is told and where: what --verbose, --stats and --log say, for the whole process. Set once by main,
// before anything is told.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "client/line/options.h"
#include "shared/base/result.h"

namespace ferry::client {

struct OutputSettings {
  int verbosity = 0;  // how often -v
  // Between two `stat` lines, or `progress` lines of --json; 0: none; nullopt: as is usual for each.
  std::optional<std::chrono::milliseconds> stats;
};

// Opens --log FILE for appending, mode 0600 if it is made. Errors as open(2)'s.
Status set_output(const Options& options);
const OutputSettings& output_settings();

// "ferry: text" on stderr, made safe, and in the log.
void print_error(const std::string& text);
// The same, for those who want to know more: from -v on, and in the log.
void print_detail(const std::string& text);

// One line of log text, with its newline, to --log FILE, if there is one. A log that cannot be written is
// told once.
void write_log(std::string_view line);

}  // namespace ferry::client
