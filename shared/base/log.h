// Ferry's log files, through spdlog: ferryd.log (service), login.log, operate.log, transfer.log in one
// folder. Several processes append to the same files: every line is one write with O_APPEND. Any thread.
// Foreign bytes in a line are made visible (terminal_safe), so that a line stays a line. Never given a
// password: callers write the verb only.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"

namespace ferry {

class Logs {
 public:
  enum class Level { info, warning, error };

  // Creates missing files (0640). The folder must exist. `echo`: service lines go to stderr as well
  // (foreground on a terminal, systemd's journal).
  static Result<std::unique_ptr<Logs>> open(const std::string& folder, bool echo);
  ~Logs();

  // "2026-11-21T04:30:00.123Z pid level text"
  void service(Level level, std::string_view text);
  // `session` is the id that stands on every line of a session, e.g. "8f2c01d4".
  void login(std::string_view session, std::string_view text);
  void operate(std::string_view session, std::string_view text);
  void transfer(std::string_view session, std::string_view text);

  void reopen();  // after logrotate moved the files; keeps the old file if the new one cannot be opened, and
                  // says so on stderr
  void flush();
  std::vector<int> descriptors()
      const;  // of the files and the echo: what a forked process keeps to go on logging

  struct Impl;
  explicit Logs(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferry
