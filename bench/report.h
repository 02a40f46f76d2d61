// The results as a Markdown page: what machine, what servers, medians with what they varied between.
#pragma once

#include <string>
#include <vector>

#include "bench/workloads.h"

namespace ferry::bench {

// What a workload promises: large files, small files and logins a multiple of the better of the others, idle
// sessions a size.
enum class Goal { times_better, at_most };

// One line of the table: a workload, in clear or under TLS.
struct Line {
  std::string title;  // "1 GiB down, clear"
  std::string unit;   // "MiB/s"
  Goal goal = Goal::times_better;
  double target = 1;
  std::vector<std::vector<Sample>> samples = {};  // by server, then round; no rounds: not measured there
};

struct Column {
  std::string name;     // "vsftpd"
  std::string version;  // "3.0.3"
  bool is_ours = false;
};

struct Page {
  std::vector<Column> servers;
  std::vector<std::string> notes;  // on what was negotiated
  std::string folder;              // the servers' homes were below it
  std::string command;             // that made the page
  Scale scale;
  std::vector<Line> lines;
};

std::string markdown(const Page& page);

}  // namespace ferry::bench
