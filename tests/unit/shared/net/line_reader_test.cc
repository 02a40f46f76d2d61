#include "shared/net/line_reader.h"

#include <gtest/gtest.h>

#include "tests/unit/shared/net/pairs.h"

namespace ferry::net {
namespace {

using State = LineReader::Line::State;

class LineReaderTest : public ::testing::Test {
 protected:
  void send(std::string_view bytes) { ASSERT_TRUE(pair_.client.write_all(bytes, test::soon())); }
  LineReader::Line next() {
    auto line = reader_.next(pair_.server);
    EXPECT_TRUE(line) << line.error().context;
    return line ? *line : LineReader::Line{};
  }
  void expect_line(std::string_view text) {
    const auto line = next();
    EXPECT_EQ(line.state, State::line);
    EXPECT_FALSE(line.too_long);
    EXPECT_EQ(line.text, text);
  }
  void expect_too_long() {
    const auto line = next();
    EXPECT_EQ(line.state, State::line);
    EXPECT_TRUE(line.too_long);
    EXPECT_EQ(line.text, "");
  }

  test::Pair pair_ = test::connected_pair();
  LineReader reader_{16};
};

TEST_F(LineReaderTest, ReadsLinesWithEitherEnd) {
  send("USER a\r\nPASS b\nNOOP\r\n\r\n\n");
  expect_line("USER a");
  expect_line("PASS b");
  expect_line("NOOP");
  expect_line("");
  expect_line("");
  EXPECT_EQ(next().state, State::need_more);
}

TEST_F(LineReaderTest, JoinsALineThatComesInPieces) {
  for (const char* piece : {"U", "SE", "R x", "\r"}) {
    send(piece);
    EXPECT_EQ(next().state, State::need_more);
  }
  send("\nNO");
  expect_line("USER x");
  EXPECT_EQ(next().state, State::need_more);
  EXPECT_EQ(reader_.buffered_bytes(), 2u);
}

TEST_F(LineReaderTest, KeepsCarriageReturnsAndNulsInsideALine) {
  using namespace std::string_view_literals;
  send("a\rb\0c\r\r\n"sv);
  expect_line("a\rb\0c\r"sv);
}

TEST_F(LineReaderTest, TakesALineOfExactlyTheBound) {
  send("1234567890123456\r\n1234567890123456\n");
  expect_line("1234567890123456");
  expect_line("1234567890123456");
  send("1234567890123456");
  EXPECT_EQ(next().state, State::need_more);
  send("\r");
  EXPECT_EQ(next().state, State::need_more);
  send("\n");
  expect_line("1234567890123456");
}

TEST_F(LineReaderTest, ReportsALineOverTheBoundOnceAndGoesOn) {
  send("12345678901234567\r\nNOOP\r\n");
  expect_too_long();
  expect_line("NOOP");
}

TEST_F(LineReaderTest, DropsALongLineInPiecesWithoutKeepingIt) {
  for (int i = 0; i < 10; ++i) {
    send(std::string(1000, 'x'));
    EXPECT_EQ(next().state, State::need_more);
    EXPECT_EQ(reader_.buffered_bytes(), 0u);
  }
  send("tail\r\nNOOP\r\n");
  expect_too_long();
  expect_line("NOOP");
}

TEST_F(LineReaderTest, GivesUpOnALineWithoutEnd) {
  const std::string block(64 * 1024, 'x');
  for (int i = 0; i < 17; ++i) {
    send(block);
    const auto line = reader_.next(pair_.server);
    if (i < 16) {
      ASSERT_TRUE(line);
      continue;
    }
    ASSERT_FALSE(line);
    EXPECT_EQ(line.error().kind, Errc::too_long);
  }
}

TEST_F(LineReaderTest, FindsBufferedLinesWithoutTheSocket) {
  send("one\r\ntwo\r\nthr");
  expect_line("one");
  const auto two = reader_.next_buffered();
  ASSERT_TRUE(two);
  EXPECT_EQ(two->text, "two");
  EXPECT_FALSE(reader_.next_buffered());
  EXPECT_EQ(reader_.buffered_bytes(), 3u);
}

TEST_F(LineReaderTest, ReadsNoMoreWhileALineWaits) {
  std::string many;
  for (int i = 0; i < 2000; ++i) many += "NOOP\r\n";
  send(many);
  for (int i = 0; i < 2000; ++i) {
    expect_line("NOOP");
    EXPECT_LE(reader_.buffered_bytes(), 4096u + 16u);
  }
}

TEST_F(LineReaderTest, ForgetsWhatWasReadBeforeTls) {
  send("AUTH TLS\r\nUSER evil\r\nPASS x");
  expect_line("AUTH TLS");
  reader_.discard();
  EXPECT_EQ(reader_.buffered_bytes(), 0u);
  send("USER good\r\n");
  expect_line("USER good");
}

TEST_F(LineReaderTest, TellsTheEndAndDropsAnUnfinishedLine) {
  send("NOOP\r\nQUI");
  ASSERT_TRUE(pair_.client.finish(test::soon()));
  expect_line("NOOP");
  EXPECT_EQ(next().state, State::end);
}

TEST_F(LineReaderTest, ReleasesMemoryOnlyWhenNothingWaits) {
  send("NOOP\r\nabc");
  expect_line("NOOP");
  reader_.release_memory();
  EXPECT_EQ(reader_.buffered_bytes(), 3u);
  send("\r\n");
  expect_line("abc");
  reader_.release_memory();
  EXPECT_EQ(reader_.buffered_bytes(), 0u);
  send("QUIT\r\n");
  expect_line("QUIT");
}

}  // namespace
}  // namespace ferry::net
