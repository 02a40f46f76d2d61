#include "client/line/display.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <clocale>
#include <random>

#include "tests/support/child.h"
#include "tests/support/pty.h"
#include "tests/support/screen.h"

namespace ferry::client {
namespace {

// Standard error is a terminal as long as this lives.
class OnTerminal {
 public:
  OnTerminal(int columns, int lines) : pty_(columns, lines), kept_(::dup(STDERR_FILENO)) {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    ::dup2(pty_.inside(), STDERR_FILENO);
  }
  ~OnTerminal() { ::dup2(kept_.get(), STDERR_FILENO); }

  std::string sent() const { return pty_.read_all(); }
  const test::Pty& pty() const { return pty_; }

 private:
  test::Pty pty_;
  UniqueFd kept_;
};

TransferState moving(Bytes done, Bytes total) {
  TransferState state;
  state.done = done;
  state.total = total;
  return state;
}

FileReport report_of(const std::string& name, Bytes size) {
  FileReport report;
  report.direction = Direction::down;
  report.name = name;
  report.result.size = size;
  return report;
}

TEST(Display, ShowsARowPerFileInFlightAndOneForTheWhole) {
  const OnTerminal terminal(100, 24);
  test::Screen screen(100, 24);
  {
    Display display(Display::Style::line);
    display.plan(3, 3000);
    display.file_starts(1, Direction::down, "写真集.zip", 1000);
    display.file_starts(2, Direction::down, "two", 1000);
    display.progress(1, moving(500, 1000));
    const bool all_shown = test::wait_until([&] {
      screen.feed(terminal.sent());
      return screen.shows("写真集.zip") && screen.shows("50%") && screen.shows("0/3 files");
    });
    EXPECT_TRUE(all_shown);
    EXPECT_EQ(screen.text().size(), 3u);
    display.file_done(1, report_of("写真集.zip", 1000));
    const bool scrolled_away = test::wait_until([&] {
      screen.feed(terminal.sent());
      return screen.text().size() == 3 && screen.text()[0].starts_with("done  写真集.zip") &&
             screen.shows("1/3 files");
    });
    EXPECT_TRUE(scrolled_away);
  }
  screen.feed(terminal.sent());
  EXPECT_EQ(screen.text().size(), 1u) << "no row is left behind";
}

TEST(Display, CountsTheSecondsThoughNothingIsHeard) {
  const OnTerminal terminal(100, 24);
  Display display(Display::Style::line);
  test::Screen screen(100, 24);
  display.file_starts(1, Direction::up, "one", 1000);
  TransferState state = moving(1000, 1000);
  state.phase = Phase::confirming;
  display.progress(1, state);
  EXPECT_TRUE(test::wait_until([&] {
    screen.feed(terminal.sent());
    return screen.shows("226, 1 s");
  }));
}

TEST(Display, FollowsTheTerminalsSize) {
  const OnTerminal terminal(120, 24);
  Display display(Display::Style::line);
  display.file_starts(1, Direction::down, "one", 1000);
  display.progress(1, moving(500, 1000));
  std::string sent;
  ASSERT_TRUE(test::wait_until([&] { return (sent += terminal.sent()).find("500 B/0.98 KiB") != sent.npos; }))
      << sent;
  terminal.pty().resize(30, 24);
  sent.clear();
  ASSERT_TRUE(test::wait_until([&] { return (sent += terminal.sent()).find("one") != sent.npos; }));
  EXPECT_EQ(sent.find("500 B/0.98 KiB"), sent.npos) << sent;
}

// Names, reasons and errors from a server, through all there is to hear.
void tell_everything(Display& display, ItemId item, const std::string& bytes) {
  display.file_starts(item, Direction::down, bytes, 1000);
  display.progress(item, moving(500, 1000));
  display.note(bytes);
  display.retrying(item, Error{Errc::reset, bytes, 426}, 2, std::chrono::milliseconds(1));
  display.progress(item, moving(600, 1000));
  switch (item % 3) {
    case 0:
      display.file_done(item, report_of(bytes, 1000));
      break;
    case 1:
      display.skipped(item, bytes, bytes);
      break;
    default:
      display.failed(item, Error{Errc::io, bytes});
  }
  print_error(bytes);
}

TEST(Display, LetsNoControlThroughWhateverItHears) {
  std::mt19937 random(3);
  for (const auto style : {Display::Style::line, Display::Style::log, Display::Style::quiet}) {
    const OnTerminal terminal(60, 10);
    test::Screen screen(60, 10);
    Display display(style);
    display.plan(200, 200'000);
    for (ItemId item = 1; item <= 200; ++item) {
      std::string bytes(random() % 40, '\0');
      for (char& c : bytes) c = static_cast<char>(random());
      if (item % 4 == 0)
        bytes +=
            "\x1b[31m\xc2\x9b"
            "31m\xe2\x80\xae\r\n\x07\x7f";
      tell_everything(display, item, bytes);
      screen.feed(terminal.sent());  // fails on a control
      if (HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace ferry::client
