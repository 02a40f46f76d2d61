// The terminal itself: how fast it answers, what it looks like without colours and wide letters, how it is
// left.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "tests/tui/fixture.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

class OnTheTerminal : public FullScreen {};

TEST_F(OnTheTerminal, NoColoursWhereNoneAreWanted) {
  fs::create_directories(here() / "folder");
  log_in({.environment = {{"NO_COLOR", "1"}}});
  ASSERT_TRUE(screen_->shows("/folder"));
  const std::string shown = screen_->coloured_text();
  for (const char* colour : {"\x1b[31", "\x1b[32", "\x1b[33", "\x1b[34", "\x1b[36", ";34m", ";36m"})
    EXPECT_EQ(shown.find(colour), std::string::npos) << shown;
  log_in();
  ASSERT_TRUE(screen_->shows("/folder"));
  EXPECT_NE(screen_->coloured_text().find("34"), std::string::npos);
}

TEST_F(OnTheTerminal, AsciiWhereTheLocaleIsNotUtf8) {
  write_file(here() / "写真.txt", "x");
  log_in({.environment = {{"LC_ALL", "C"}}});
  ASSERT_TRUE(screen_->shows("+-["));
  ASSERT_TRUE(screen_->shows(".txt"));
  for (const char c : screen_->text()) EXPECT_LT(static_cast<unsigned char>(c), 0x80U);
}

TEST_F(OnTheTerminal, SaysWhenItIsTooSmallAndComesBack) {
  log_in({.columns = 80, .rows = 24});
  screen_->resize(12, 4);
  ASSERT_TRUE(screen_->shows("too"));
  screen_->resize(80, 24);
  ASSERT_TRUE(screen_->shows("TLSv1.3"));
}

TEST_F(OnTheTerminal, NeedsOne) {
  ChildOptions options;
  options.environment = {{"HOME", home().string()}};
  const RunResult result = run({ferry_program().string(), "open"}, options);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("ferry shell"), std::string::npos) << result.err;
}

// In a shell on the screen: what `stty -g` says before is what it says after, whatever ended the program.
TEST_F(OnTheTerminal, IsGivenBackHoweverItEnds) {
  is_trusted_ = true;
  for (const int how : {0, SIGTERM, SIGSEGV, SIGHUP}) {
    open("sh", {});
    screen_->type("PS1='$ '; stty -g > before; " + command(with_password() + " --timeout 5s") +
                  " & echo $! > pid; fg; echo code $?; stty -g > after; tput lines");
    // `fg` needs job control, which an interactive sh has.
    screen_->press({"Enter"});
    ASSERT_TRUE(screen_->shows("is not known yet"));
    const pid_t ferry = std::stoi(read_file(here() / "pid"));
    if (how == 0) {
      screen_->press({"Enter"});  // the safe button: no
      ASSERT_TRUE(screen_->no_longer_shows("is not known yet"));
      screen_->press({"q"});
    } else {
      ::kill(ferry, how);
    }
    ASSERT_TRUE(screen_->shows("code ")) << how;
    ASSERT_TRUE(
        wait_until([&] { return fs::exists(here() / "after") && fs::file_size(here() / "after") > 0; }));
    EXPECT_EQ(read_file(here() / "before"), read_file(here() / "after")) << how;
    EXPECT_EQ(screen_->text().find("10Quit"), std::string::npos) << "the old screen is back";
    fs::remove(here() / "after");
  }
}

TEST_F(OnTheTerminal, SuspendsAndComesBack) {
  is_trusted_ = true;
  open("sh", {});
  screen_->type("PS1='$ '; " + command(with_password()));
  screen_->press({"Enter"});
  ASSERT_TRUE(screen_->shows("is not known yet"));
  screen_->press({"Enter"});
  ASSERT_TRUE(screen_->no_longer_shows("is not known yet"));
  screen_->press({"C-z"});
  ASSERT_TRUE(screen_->no_longer_shows("10Quit"));
  screen_->type("fg");
  screen_->press({"Enter"});
  ASSERT_TRUE(screen_->shows("10Quit"));
}

// A pseudo-terminal without tmux in between, for measuring.
class Pty {
 public:
  Pty(const std::vector<std::string>& argv, const fs::path& home, const fs::path& folder) {
    master_ = UniqueFd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    ::grantpt(master_.get());
    ::unlockpt(master_.get());
    const winsize size{24, 80, 0, 0};
    ::ioctl(master_.get(), TIOCSWINSZ, &size);
    const std::string name = ::ptsname(master_.get());
    std::vector<char*> words;
    for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::setsid();
    const int fd = ::open(name.c_str(), O_RDWR);
    for (const int standard : {0, 1, 2}) ::dup2(fd, standard);
    ::setenv("HOME", home.c_str(), 1);
    ::setenv("TERM", "xterm", 1);
    ::setenv("LC_ALL", "C.UTF-8", 1);
    for (const char* unset : {"XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"}) ::unsetenv(unset);
    if (::chdir(folder.c_str()) == 0) ::execv(words[0], words.data());
    ::_exit(127);
  }
  ~Pty() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  void press(const std::string& bytes) {
    ASSERT_EQ(::write(master_.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  // Reads what comes until it has been quiet for `quiet`, but not for ever: a spinner goes on.
  std::string drain(std::chrono::milliseconds quiet) {
    std::string all;
    char buffer[16384];
    pollfd ready{master_.get(), POLLIN, 0};
    const auto end = steady_clock::now() + std::max<std::chrono::milliseconds>(5 * quiet, 50ms);
    while (steady_clock::now() < end && ::poll(&ready, 1, static_cast<int>(quiet.count())) > 0) {
      const ssize_t got = ::read(master_.get(), buffer, sizeof buffer);
      if (got <= 0) break;
      all.append(buffer, static_cast<std::size_t>(got));
    }
    return all;
  }
  bool wait_for(const std::string& text) {
    std::string all;
    return wait_until([&] {
      all += drain(20ms);
      return all.find(text) != std::string::npos;
    });
  }
  std::optional<std::chrono::microseconds> time_to_paint(const std::string& key) {
    static_cast<void>(drain(5ms));
    const auto begun = steady_clock::now();
    press(key);
    pollfd ready{master_.get(), POLLIN, 0};
    if (::poll(&ready, 1, 2000) <= 0) return std::nullopt;
    return std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - begun);
  }

 private:
  UniqueFd master_;
  pid_t pid_ = -1;
};

class FrozenServerAlone : public FullScreen {};

// mc takes no key at all in this state.
TEST_F(FrozenServerAlone, AKeyIsSeenWithin50Milliseconds) {
  for (int i = 0; i < 300; ++i) write_file(here() / fmt::format("file{:03}", i), "x");
  log_in();
  screen_.reset();
  Pty terminal({ferry_program().string(), "open", fmt::format("ftp://mika@127.0.0.1:{}/", server_.port()),
                "--password-file", (home() / "password").string()},
               home(), here());
  ASSERT_TRUE(terminal.wait_for("TLSv1.3"));
  for (const pid_t worker : server_.worker_pids()) ::kill(worker, SIGSTOP);
  terminal.press("\tR");  // the right pane now waits for a server that does not answer
  static_cast<void>(terminal.drain(300ms));
  terminal.press("\t");
  std::vector<std::chrono::microseconds> times;
  for (int i = 0; i < 200; ++i) {
    const auto time = terminal.time_to_paint(i % 20 < 10 ? "j" : "k");
    ASSERT_TRUE(time) << "no answer at all";
    times.push_back(*time);
  }
  std::ranges::sort(times);
  const auto p99 = times[times.size() * 99 / 100];
  std::cout << "median " << times[times.size() / 2].count() << " us, p99 " << p99.count() << " us\n";
  RecordProperty("p99_us", static_cast<int>(p99.count()));
  EXPECT_LE(p99, 50ms);
  // Esc ends the wait, and the pane is where it was.
  terminal.press("\t");
  static_cast<void>(terminal.drain(100ms));
  terminal.press("\x1b");
  static_cast<void>(terminal.drain(100ms));
  for (const pid_t worker : server_.worker_pids()) ::kill(worker, SIGCONT);
  server_.put_file("mika", "news.txt", "x");
  terminal.press("R");
  ASSERT_TRUE(terminal.wait_for("news.txt")) << "the session was opened anew";
}

}  // namespace
}  // namespace ferry::test
