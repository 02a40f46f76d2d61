#include "client/line/console.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

winsize size_of(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0) return {};
  return size;
}

}  // namespace

Console& Console::of_process() {
  static Console only(STDERR_FILENO);
  return only;
}

int Console::columns() const {
  const int columns = size_of(fd_).ws_col;
  return columns > 0 ? columns : 80;
}

int Console::lines() const {
  const int lines = size_of(fd_).ws_row;
  return lines > 0 ? lines : 24;
}

// A terminal that has become narrower since has wrapped the rows: they take more lines than they are.
std::string Console::erasure() const {
  if (rows_.empty()) return "";
  const int width = columns();
  int up = -1;
  for (const auto& row : rows_) up += std::max(1, (display_width(row) + width - 1) / width);
  up = std::min(up, lines() - 1);
  return "\r" + (up > 0 ? "\x1b[" + std::to_string(up) + "A" : std::string()) + "\x1b[J";
}

std::string Console::drawing() const {
  std::string text;
  for (const auto& row : rows_) text += (text.empty() ? "" : "\n") + row;
  return text;
}

void Console::write(const std::string& bytes) const {
  std::string_view left = bytes;
  while (!left.empty()) {
    const ssize_t written = ::write(fd_, left.data(), left.size());
    if (written > 0) {
      left.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {  // somebody else's setting: the terminal belongs to others, too
      pollfd writable{fd_, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return;  // nowhere to say so
    }
  }
}

void Console::print(std::string_view lines) {
  const std::lock_guard lock(mutex_);
  write(erasure() + std::string(lines) + drawing());
}

void Console::show_rows(std::vector<std::string> rows) {
  const std::lock_guard lock(mutex_);
  if (pauses_ > 0 || rows == rows_) return;
  const std::string wipe = erasure();
  rows_ = std::move(rows);
  write(wipe + drawing());
}

Console::Pause::Pause(Console& console) : console_(console) {
  const std::lock_guard lock(console_.mutex_);
  ++console_.pauses_;
  console_.write(console_.erasure());
  console_.rows_.clear();
}

Console::Pause::~Pause() {
  const std::lock_guard lock(console_.mutex_);
  --console_.pauses_;
}

}  // namespace ferry::client
