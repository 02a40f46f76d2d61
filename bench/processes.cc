#include "bench/processes.h"

#include <fmt/core.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

namespace ferry::bench {
namespace {

namespace fs = std::filesystem;

struct Stat {
  pid_t parent = 0;
  double cpu_seconds = 0;
};

// proc(5): the name in parentheses may hold anything, what follows it is separated by blanks.
bool read_stat(pid_t pid, Stat& stat) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text;
  if (!std::getline(file, text)) return false;
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return false;
  std::istringstream fields(text.substr(name_end + 1));
  std::string state, skipped;
  fields >> state >> stat.parent;
  constexpr int kFieldsBetween = 9;  // from pgrp to cmajflt
  for (int i = 0; i < kFieldsBetween; ++i) fields >> skipped;
  long user = 0, system = 0, children_user = 0, children_system = 0;
  fields >> user >> system >> children_user >> children_system;
  stat.cpu_seconds = static_cast<double>(user + system + children_user + children_system) /
                     static_cast<double>(::sysconf(_SC_CLK_TCK));
  return !fields.fail();
}

std::multimap<pid_t, pid_t> children_by_parent() {
  std::multimap<pid_t, pid_t> children;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc{} || end != name.data() + name.size()) continue;
    if (Stat stat; read_stat(pid, stat)) children.emplace(stat.parent, pid);
  }
  return children;
}

Bytes pss_of(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/smaps_rollup", pid));
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string key;
    Bytes kib = 0;
    if (fields >> key >> kib && key == "Pss:") return kib * 1024;
  }
  return 0;
}

}  // namespace

std::vector<pid_t> process_tree(pid_t root) {
  const auto children = children_by_parent();
  std::vector<pid_t> tree{root};
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const auto [first, last] = children.equal_range(tree[i]);
    for (auto child = first; child != last; ++child) tree.push_back(child->second);
  }
  return tree;
}

double cpu_seconds(pid_t root) {
  double total = 0;
  for (const pid_t pid : process_tree(root)) {
    if (Stat stat; read_stat(pid, stat)) total += stat.cpu_seconds;
  }
  return total;
}

Bytes proportional_memory(pid_t root) {
  Bytes total = 0;
  for (const pid_t pid : process_tree(root)) total += pss_of(pid);
  return total;
}

}  // namespace ferry::bench
