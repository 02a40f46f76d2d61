#include "tests/support/pty.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace ferry::test {

Pty::Pty(int columns, int lines) : outside_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)) {
  if (!outside_ || ::grantpt(outside_.get()) != 0 || ::unlockpt(outside_.get()) != 0)
    throw std::system_error(errno, std::generic_category(), "posix_openpt");
  inside_.reset(::open(inside_name().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!inside_) throw std::system_error(errno, std::generic_category(), inside_name());
  resize(columns, lines);
}

std::string Pty::inside_name() const {
  char name[64];
  if (::ptsname_r(outside_.get(), name, sizeof name) != 0)
    throw std::system_error(errno, std::generic_category(), "ptsname_r");
  return name;
}

void Pty::resize(int columns, int lines) const {
  winsize size{};
  size.ws_col = static_cast<unsigned short>(columns);
  size.ws_row = static_cast<unsigned short>(lines);
  if (::ioctl(outside_.get(), TIOCSWINSZ, &size) != 0)
    throw std::system_error(errno, std::generic_category(), "TIOCSWINSZ");
}

std::string Pty::read_all() const {
  std::string all;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(outside_.get(), buffer, sizeof buffer)) > 0;)
    all.append(buffer, static_cast<std::size_t>(got));
  return all;
}

}  // namespace ferry::test
