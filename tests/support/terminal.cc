#include "tests/support/terminal.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "tests/support/child.h"

namespace ferry::test {

Terminal::Terminal(const std::vector<std::string>& argv)
    : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
  EXPECT_TRUE(master_);
  EXPECT_EQ(::grantpt(master_.get()), 0);
  EXPECT_EQ(::unlockpt(master_.get()), 0);
  const std::string terminal = ::ptsname(master_.get());
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::setsid();
  const int fd = ::open(terminal.c_str(), O_RDWR);  // becomes the controlling terminal
  for (const int standard : {0, 1, 2}) ::dup2(fd, standard);
  ::execv(words[0], words.data());
  ::_exit(127);
}

Terminal::~Terminal() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Terminal::type_after(const std::string& text, const std::string& typed) {
  const auto from = seen_;
  ASSERT_TRUE(wait_until([&] {
    read_some();
    return screen_.find(text, from) != screen_.npos;
  })) << screen_;
  seen_ = screen_.find(text, from) + text.size();
  ASSERT_EQ(::write(master_.get(), typed.data(), typed.size()), static_cast<ssize_t>(typed.size()));
}

int Terminal::exit_code() {
  int status = -1;
  EXPECT_TRUE(wait_until([&] {
    read_some();
    return ::waitpid(pid_, &status, WNOHANG) == pid_;
  })) << screen_;
  read_some();
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

void Terminal::read_some() {
  ::fcntl(master_.get(), F_SETFL, O_NONBLOCK);
  char buffer[4096];
  for (ssize_t count = 0; (count = ::read(master_.get(), buffer, sizeof buffer)) > 0;) {
    screen_.append(buffer, static_cast<std::size_t>(count));
  }
}

}  // namespace ferry::test
