#include "client/line/output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

#include "client/line/console.h"
#include "client/line/log_text.h"
#include "shared/base/terminal_text.h"
#include "shared/base/unique_fd.h"

namespace ferry::client {
namespace {

struct Log {
  std::mutex mutex;
  UniqueFd fd;
};

Log& the_log() {
  static Log only;
  return only;
}

OutputSettings& settings() {
  static OutputSettings only;
  return only;
}

constexpr mode_t kOwnerOnly = 0600;  // names are nobody else's business

}  // namespace

Status set_output(const Options& options) {
  settings().verbosity = options.verbosity;
  settings().stats = options.stats;
  if (options.log_file.empty()) return {};
  UniqueFd fd(::open(options.log_file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kOwnerOnly));
  if (!fd) return fail_errno(errno, options.log_file);
  const std::lock_guard lock(the_log().mutex);
  the_log().fd = std::move(fd);
  return {};
}

const OutputSettings& output_settings() {
  return settings();
}

void print_error(const std::string& text) {
  Console::of_process().print("ferry: " + terminal_safe(text) + "\n");
  write_log(log_line("note", terminal_safe(text)));
}

void print_detail(const std::string& text) {
  if (settings().verbosity > 0) Console::of_process().print("ferry: " + terminal_safe(text) + "\n");
  write_log(log_line("note", terminal_safe(text)));
}

void write_log(std::string_view line) {
  const std::lock_guard lock(the_log().mutex);
  if (!the_log().fd) return;
  // One write per line: several programs may append to one log.
  if (::write(the_log().fd.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size())) return;
  const std::string why = errno_error(errno, "the log").context;
  the_log().fd.reset();
  Console::of_process().print("ferry: " + terminal_safe(why) + "; nothing more is logged\n");
}

}  // namespace ferry::client
