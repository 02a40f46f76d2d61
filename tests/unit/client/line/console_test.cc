#include "client/line/console.h"

#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <clocale>

#include "shared/base/unique_fd.h"
#include "tests/support/pty.h"
#include "tests/support/screen.h"

namespace ferry::client {
namespace {

using Lines = std::vector<std::string>;

// A console on a terminal of its own, and what stands on that.
class ConsoleTest : public testing::Test {
 protected:
  ConsoleTest() : console_(pty_.inside()) { std::setlocale(LC_CTYPE, "C.UTF-8"); }

  std::string sent() { return pty_.read_all(); }
  Lines shown() {
    screen_.feed(sent());
    return screen_.text();
  }

  test::Pty pty_{40, 10};
  test::Screen screen_{40, 10};
  Console console_;
};

TEST_F(ConsoleTest, RedrawsRowsInPlace) {
  console_.show_rows({"a 1", "b 1"});
  console_.show_rows({"a 2", "b 2"});
  EXPECT_EQ(shown(), (Lines{"a 2", "b 2"}));
  console_.show_rows({"only"});
  EXPECT_EQ(shown(), (Lines{"only"}));
  console_.show_rows({"a 3", "b 3", "c 3"});
  EXPECT_EQ(shown(), (Lines{"a 3", "b 3", "c 3"}));
  console_.clear_rows();
  EXPECT_EQ(shown(), Lines{});
}

TEST_F(ConsoleTest, LinesScrollAwayAboveTheRows) {
  console_.show_rows({"a", "total"});
  console_.print("done one\n");
  console_.print("done two\nand three\n");
  EXPECT_EQ(shown(), (Lines{"done one", "done two", "and three", "a", "total"}));
  console_.show_rows({"b", "total 2"});
  EXPECT_EQ(shown(), (Lines{"done one", "done two", "and three", "b", "total 2"}));
}

TEST_F(ConsoleTest, WritesNothingWhenNothingChanged) {
  console_.show_rows({"same"});
  sent();
  console_.show_rows({"same"});
  EXPECT_EQ(sent(), "");
}

TEST_F(ConsoleTest, HasNoRowsWhileItIsPaused) {
  console_.show_rows({"row"});
  {
    const Console::Pause outer(console_);
    {
      const Console::Pause inner(console_);
      console_.show_rows({"row 2"});
    }
    console_.show_rows({"row 3"});
    console_.print("a question\n");
    EXPECT_EQ(shown(), (Lines{"a question"}));
  }
  console_.show_rows({"row 4"});
  EXPECT_EQ(shown(), (Lines{"a question", "row 4"}));
}

TEST_F(ConsoleTest, KnowsTheTerminalsSizeAsItIsNow) {
  EXPECT_EQ(console_.columns(), 40);
  EXPECT_EQ(console_.lines(), 10);
  pty_.resize(100, 30);
  EXPECT_EQ(console_.columns(), 100);
  EXPECT_EQ(console_.lines(), 30);
}

// Terminals wrap the rows anew when they become narrower.
TEST_F(ConsoleTest, WipesRowsThatANarrowerTerminalHasWrapped) {
  console_.show_rows({std::string(39, 'a'), std::string(39, 'b')});
  pty_.resize(20, 10);
  sent();
  console_.show_rows({"a", "b"});
  test::Screen narrow(20, 10);
  narrow.feed("before\r\n" + std::string(39, 'a') + "\r\n" + std::string(39, 'b'));
  narrow.feed(sent());
  EXPECT_EQ(narrow.text(), (Lines{"before", "a", "b"}));
}

TEST_F(ConsoleTest, NeverClimbsAboveTheTerminalsTop) {
  console_.show_rows(Lines(9, std::string(39, 'x')));
  pty_.resize(10, 5);
  sent();
  console_.show_rows({"y"});
  EXPECT_EQ(sent(), "\r\x1b[4A\x1b[Jy");
}

TEST_F(ConsoleTest, RowsAtTheBottomScrollTheScreenAndAreFoundAgain) {
  for (int i = 0; i < 20; ++i) console_.print("line " + std::to_string(i) + "\n");
  console_.show_rows({"a 1", "b 1", "c 1"});
  console_.show_rows({"a 2", "b 2", "c 2"});
  const Lines lines = shown();
  ASSERT_EQ(lines.size(), 23u);
  EXPECT_EQ(lines[19], "line 19");
  EXPECT_EQ(lines[20], "a 2");
  EXPECT_EQ(lines[22], "c 2");
}

}  // namespace
}  // namespace ferry::client
