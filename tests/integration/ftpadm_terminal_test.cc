// ftpadm as a person runs it: on a terminal, where it asks.
#include <fcntl.h>
#include <sys/wait.h>

#include <csignal>

#include "shared/base/password.h"
#include "shared/base/unique_fd.h"
#include "tests/integration/ftpadm_fixture.h"

namespace ferry {
namespace {

// ftpadm with a terminal of its own; what is typed goes in when the text it waits for is on the screen.
class Terminal {
 public:
  explicit Terminal(const std::vector<std::string>& argv)
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
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  void type_after(const std::string& text, const std::string& typed) {
    const auto from = seen_;
    ASSERT_TRUE(test::wait_until([&] {
      read_some();
      return screen_.find(text, from) != screen_.npos;
    })) << screen_;
    seen_ = screen_.find(text, from) + text.size();
    ASSERT_EQ(::write(master_.get(), typed.data(), typed.size()), static_cast<ssize_t>(typed.size()));
  }
  int exit_code() {
    int status = -1;
    EXPECT_TRUE(test::wait_until([&] {
      read_some();
      return ::waitpid(pid_, &status, WNOHANG) == pid_;
    })) << screen_;
    read_some();
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  }
  const std::string& screen() const { return screen_; }

 private:
  void read_some() {
    ::fcntl(master_.get(), F_SETFL, O_NONBLOCK);
    char buffer[4096];
    for (ssize_t count = 0; (count = ::read(master_.get(), buffer, sizeof buffer)) > 0;) {
      screen_.append(buffer, static_cast<std::size_t>(count));
    }
  }

  UniqueFd master_;
  pid_t pid_ = -1;
  std::string screen_;
  std::size_t seen_ = 0;
};

using FtpadmOnATerminal = FtpadmFixture;

TEST_F(FtpadmOnATerminal, AsksForAPasswordTwiceWithoutShowingIt) {
  Terminal terminal(command_line({"create", "mika"}));
  terminal.type_after("New password:", "opensesame\n");
  terminal.type_after("Once more:", "opensesame\n");
  EXPECT_EQ(terminal.exit_code(), 0) << terminal.screen();
  EXPECT_EQ(terminal.screen().find("opensesame"), std::string::npos) << terminal.screen();
  EXPECT_TRUE(verify_password(account("mika").password_hash, Secret("opensesame")));
}

TEST_F(FtpadmOnATerminal, RefusesTwoPasswordsThatDiffer) {
  Terminal terminal(command_line({"create", "mika"}));
  terminal.type_after("New password:", "opensesame\n");
  terminal.type_after("Once more:", "opensesam3\n");
  EXPECT_EQ(terminal.exit_code(), 1);
  EXPECT_EQ(ftpadm({"view", "mika"}).exit_code, 3);
}

TEST_F(FtpadmOnATerminal, RemovesAfterTheNameWasTyped) {
  create("mika");
  {
    Terminal terminal(command_line({"rm", "mika", "--purge"}));
    terminal.type_after("Type the account's name", "yes\n");
    EXPECT_EQ(terminal.exit_code(), 1);
    EXPECT_EQ(ftpadm({"view", "mika"}).exit_code, 0);
  }
  Terminal terminal(command_line({"rm", "mika", "--purge"}));
  terminal.type_after("Type the account's name", "mika\n");
  EXPECT_EQ(terminal.exit_code(), 0);
  EXPECT_EQ(ftpadm({"view", "mika"}).exit_code, 3);
}

TEST_F(FtpadmOnATerminal, ShowsATableToPeople) {
  create("mika", {"--quota", "500M"});
  Terminal terminal(command_line({"view"}));
  EXPECT_EQ(terminal.exit_code(), 0);
  EXPECT_NE(terminal.screen().find("NAME  STATE  USED    QUOTA  %  FILES  SESSIONS  LAST LOGIN"),
            std::string::npos)
      << terminal.screen();
}

}  // namespace
}  // namespace ferry
