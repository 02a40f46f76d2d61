// Programs that tests start, and the waiting that goes with them. A ChildProcess never outlives its object,
// nor a test program that dies; what it prints is kept in memory, so nobody has to read pipes.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/unique_fd.h"

namespace ferry::test {

struct ChildOptions {
  std::string input = {};  // what the program reads from its standard input before the end of file
  std::vector<std::pair<std::string, std::string>> environment = {};  // added to ours, or replacing it
  std::filesystem::path working_dir = {};                             // empty: ours
  std::filesystem::path output_file = {};                             // appended to; empty: kept for out()
  std::filesystem::path error_file = {};                              // appended to; empty: kept for err()
};

// One running program in a process group of its own. The destructor ends the whole group with SIGKILL and
// waits until it is gone. The program gets SIGTERM when the thread that started it ends: start it from the
// thread that uses it. The process is reaped by the destructor only, so pid() cannot come to mean another
// process before.
class ChildProcess {
 public:
  // argv[0] is looked for in PATH. Throws std::system_error if the program cannot be started.
  explicit ChildProcess(const std::vector<std::string>& argv, const ChildOptions& options = {});
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  // The exit code, or 128 + the number of the signal that ended it; nothing if it still runs after `limit`.
  std::optional<int> wait(std::chrono::milliseconds limit) const;
  bool running() const { return !wait(std::chrono::milliseconds(0)); }
  void send_signal(int number) const;  // to the program itself, not to its group
  // SIGTERM, and SIGKILL for the whole group if the program is still there after `limit`. Answers as wait()
  // does.
  int terminate(std::chrono::milliseconds limit = std::chrono::seconds(5)) const;

  // What it has printed so far; empty if that goes to a file.
  std::string out() const;
  std::string err() const;

 private:
  pid_t pid_ = -1;
  UniqueFd pidfd_;
  UniqueFd out_;
  UniqueFd err_;
};

struct RunResult {
  int exit_code = 0;  // as ChildProcess::wait
  std::string out;
  std::string err;
};

// Runs a program to its end. Throws std::runtime_error with its output if that takes longer than `limit`.
RunResult run(const std::vector<std::string>& argv, const ChildOptions& options = {},
              std::chrono::milliseconds limit = std::chrono::seconds(60));

// A TCP port of this loopback address (numeric) that nobody listened on a moment ago. Somebody may take it
// before its user does: whoever can asks for port 0 instead, others try again.
std::uint16_t free_port(const std::string& host = "127.0.0.1");
// Whether a listener could be bound to it now.
bool is_port_free(const std::string& host, std::uint16_t port);

// Tries until `condition` holds; false if it does not within `limit`.
bool wait_until(const std::function<bool()>& condition,
                std::chrono::milliseconds limit = std::chrono::seconds(10));

}  // namespace ferry::test
