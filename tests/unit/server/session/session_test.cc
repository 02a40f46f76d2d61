#include "server/session/session.h"

#include <gtest/gtest.h>
#include <malloc.h>

namespace ferry {
namespace {

using Line = CommandQueue::Line;

Line line(std::string text, bool too_long = false) {
  return {Line::State::line, std::move(text), too_long};
}

TEST(CommandQueue, GivesLinesBackInOrderAndAsTheyCame) {
  CommandQueue queue;
  EXPECT_TRUE(queue.is_empty());
  queue.push(line("A"));
  queue.push(line("", true));
  EXPECT_EQ(queue.pop().text, "A");
  queue.push(line(""));
  EXPECT_TRUE(queue.pop().too_long);
  const Line empty = queue.pop();
  EXPECT_EQ(empty.text, "");
  EXPECT_FALSE(empty.too_long);
  EXPECT_TRUE(queue.is_empty());
}

TEST(CommandQueue, IsFullAtItsBoundWhateverTheLinesAre) {
  for (const std::size_t size : {0U, 4U, 4000U}) {
    CommandQueue queue;
    std::size_t lines = 0;
    for (; !queue.is_full(); ++lines) queue.push(line(std::string(size, 'x')));
    EXPECT_LE(lines * size, kMaxQueuedCommands + size);
    EXPECT_LE(lines, kMaxQueuedCommands / sizeof(Line) + 1);
    queue.pop();
    EXPECT_FALSE(queue.is_full());
    while (!queue.is_empty()) queue.pop();
    EXPECT_FALSE(queue.is_full());
  }
}

// A client that always has one more line: what was taken long ago must not stay.
TEST(CommandQueue, TakesNoMemoryForLinesThatAreGone) {
  CommandQueue queue;
  for (int i = 0; i < 8; ++i) queue.push(line("first"));
  const std::size_t before = mallinfo2().uordblks;
  for (int i = 0; i < 200'000; ++i) {
    queue.push(line(std::to_string(i)));
    EXPECT_EQ(queue.pop().text, i < 8 ? "first" : std::to_string(i - 8));
  }
  EXPECT_LT(mallinfo2().uordblks, before + 64 * 1024);
}

}  // namespace
}  // namespace ferry
