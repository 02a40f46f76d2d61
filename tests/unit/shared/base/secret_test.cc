#include "shared/base/secret.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <set>
#include <string>

#include "shared/base/clock.h"
#include "shared/base/unique_fd.h"

namespace ferry {
namespace {

using namespace std::chrono_literals;

TEST(Secret, KeepsItsTextAndMoves) {
  Secret first("hunter2");
  EXPECT_EQ(first.view(), "hunter2");
  Secret second(std::move(first));
  EXPECT_EQ(second.view(), "hunter2");
  Secret third("another");
  third = std::move(second);
  EXPECT_EQ(third.view(), "hunter2");
  EXPECT_EQ(third.copy().view(), "hunter2");
  third = Secret();
  EXPECT_TRUE(third.empty());
  EXPECT_TRUE(third.copy().empty());
}

TEST(Secret, HoldsAnyBytes) {
  const std::string_view bytes("a\0b\xff", 4);
  EXPECT_EQ(Secret(bytes).view(), bytes);
}

TEST(Wipe, OverwritesTheBytes) {
  std::string text(100, 'x');
  const char* const memory = text.data();
  wipe(text);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(text.data(), memory);
  text.resize(0);
  wipe(text);
  EXPECT_TRUE(text.empty());
}

// A pipe's reading end that holds `content` and is then at its end.
UniqueFd pipe_with(std::string_view content) {
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd writer(ends[1]);
  EXPECT_EQ(::write(writer.get(), content.data(), content.size()), static_cast<ssize_t>(content.size()));
  return UniqueFd(ends[0]);
}

TEST(ReadSecretLine, TakesTheFirstLineAndLeavesTheRest) {
  const UniqueFd input = pipe_with("first one\r\nsecond\nlast");
  EXPECT_EQ(read_secret_line(input.get())->view(), "first one");
  EXPECT_EQ(read_secret_line(input.get())->view(), "second");
  EXPECT_EQ(read_secret_line(input.get())->view(), "last");
  EXPECT_EQ(read_secret_line(input.get()).error().kind, Errc::bad_syntax);
}

TEST(ReadSecretLine, RefusesEmptyAndEndlessLines) {
  EXPECT_EQ(read_secret_line(pipe_with("").get()).error().kind, Errc::bad_syntax);
  EXPECT_EQ(read_secret_line(pipe_with("\nx").get()).error().kind, Errc::bad_syntax);
  EXPECT_EQ(read_secret_line(pipe_with("\r\n").get()).error().kind, Errc::bad_syntax);
  EXPECT_EQ(read_secret_line(pipe_with(std::string(1024, 'x')).get())->view().size(), 1024u);
  EXPECT_EQ(read_secret_line(pipe_with(std::string(1025, 'x')).get()).error().kind, Errc::too_long);
  EXPECT_FALSE(read_secret_line(-1));
}

TEST(GeneratePassword, UsesNoLookAlikesAndNeverRepeats) {
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const Secret password = generate_password();
    EXPECT_EQ(password.view().size(), 20u);
    EXPECT_EQ(password.view().find_first_not_of("23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"),
              std::string_view::npos);
    EXPECT_TRUE(seen.insert(std::string(password.view())).second);
  }
  EXPECT_EQ(generate_password(3).view().size(), 3u);
  EXPECT_TRUE(generate_password(0).empty());
}

// A process that asks on a terminal of its own and prints "[answer]" or "{error kind}" there.
class AskingChild {
 public:
  AskingChild() {
    int master = -1;
    pid_ = ::forkpty(&master, nullptr, nullptr, nullptr);
    if (pid_ == 0) {
      const auto secret = ask_secret("Password\x1b[2J: ");
      const std::string told = secret ? "[" + std::string(secret->view()) + "]"
                                      : "{" + std::to_string(static_cast<int>(secret.error().kind)) + "}";
      termios now{};
      const bool echoes = ::tcgetattr(STDIN_FILENO, &now) == 0 && (now.c_lflag & ECHO) != 0;
      const bool written =
          ::write(STDOUT_FILENO, told.data(), told.size()) == static_cast<ssize_t>(told.size());
      ::_exit(written && echoes ? 0 : 1);
    }
    terminal_.reset(master);
  }
  AskingChild(const AskingChild&) = delete;
  AskingChild& operator=(const AskingChild&) = delete;
  ~AskingChild() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }

  // Everything the terminal showed, once it shows `text`, or what there is after ten seconds.
  const std::string& screen_with(std::string_view text) {
    const Deadline deadline = Deadline::after(10s);
    while (screen_.find(text) == std::string::npos) {
      pollfd waiting{terminal_.get(), POLLIN, 0};
      if (::poll(&waiting, 1, deadline.poll_timeout_ms()) <= 0) break;
      char bytes[256];
      const ssize_t count = ::read(terminal_.get(), bytes, sizeof bytes);
      if (count <= 0) break;
      screen_.append(bytes, static_cast<std::size_t>(count));
    }
    return screen_;
  }
  void type(std::string_view keys) {
    ASSERT_EQ(::write(terminal_.get(), keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  int exit_status() {
    int status = -1;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
  UniqueFd terminal_;
  std::string screen_;
};

TEST(AskSecret, ReadsWithoutEchoAndRestoresTheTerminal) {
  AskingChild child;
  EXPECT_NE(child.screen_with(": ").find("Password\\x1b[2J: "), std::string::npos);
  child.type("wrong\x15sesax\x7f\xc3\xa9\x7fme\r");
  const std::string screen = child.screen_with("]");
  EXPECT_NE(screen.find("[sesame]"), std::string::npos) << screen;
  EXPECT_EQ(screen.find("wrong"), std::string::npos);
  EXPECT_EQ(screen.find("sesame"), screen.rfind("sesame")) << "typed text was shown: " << screen;
  EXPECT_EQ(child.exit_status(), 0);
}

TEST(AskSecret, IsCancelledByCtrlCAndCtrlD) {
  for (const std::string_view key : {"\x03", "\x04"}) {
    AskingChild child;
    child.screen_with(": ");
    child.type("half");
    child.type(key);
    const std::string wanted = "{" + std::to_string(static_cast<int>(Errc::cancelled)) + "}";
    EXPECT_NE(child.screen_with("}").find(wanted), std::string::npos);
    EXPECT_EQ(child.exit_status(), 0);
  }
}

TEST(AskSecret, IsUnsupportedWithoutATerminal) {
  const pid_t pid = ::fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    ::setsid();  // leaves the controlling terminal, if the test run has one
    const auto secret = ask_secret("Password: ");
    ::_exit(!secret && secret.error().kind == Errc::unsupported ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace ferry
