#include "client/model/canvas.h"

#include <gtest/gtest.h>
#include <locale.h>

#include <random>
#include <string>
#include <vector>

#include "shared/base/terminal_text.h"

namespace ferry::client {
namespace {

// Widths of wide text need a UTF-8 locale; C.UTF-8 is part of libc.
class CanvasTest : public ::testing::Test {
 protected:
  void SetUp() override {
    before_ = ::setlocale(LC_CTYPE, nullptr);
    ASSERT_NE(::setlocale(LC_CTYPE, "C.UTF-8"), nullptr);
  }
  void TearDown() override { ::setlocale(LC_CTYPE, before_.c_str()); }

 private:
  std::string before_;
};

TEST_F(CanvasTest, PutsWhatFitsAndSaysHowMuch) {
  Canvas canvas(10, 2);
  EXPECT_EQ(canvas.put(1, 0, "写真.zip"), 8);
  EXPECT_EQ(canvas.row_text(0), " 写真.zip ");
  EXPECT_EQ(canvas.put(7, 1, "long"), 3);
  EXPECT_EQ(canvas.row_text(1), "       lon");
  EXPECT_EQ(canvas.put(0, 2, "below"), 0);
  EXPECT_EQ(canvas.put(0, -1, "above"), 0);
}

TEST_F(CanvasTest, HalfOfAWideCharacterIsABlank) {
  Canvas canvas(4, 1);
  canvas.put(3, 0, "写");
  EXPECT_EQ(canvas.row_text(0), "    ");
  canvas.put(-1, 0, "写真");
  EXPECT_EQ(canvas.row_text(0), " 真 ");
  canvas.put(0, 0, "写真");
  canvas.put(1, 0, "x");
  EXPECT_EQ(canvas.row_text(0), " x真");
  canvas.put(0, 0, "写真");
  canvas.put(2, 0, "x");
  EXPECT_EQ(canvas.row_text(0), "写x ");
}

TEST_F(CanvasTest, KeepsCombiningCharactersWithTheirBase) {
  Canvas canvas(4, 1);
  canvas.put(0, 0, "e\u0301x");
  EXPECT_EQ(canvas.at(0, 0).bytes, "e\u0301");
  EXPECT_EQ(canvas.at(1, 0).bytes, "x");
  canvas.put(2, 0, "\u0301");
  EXPECT_EQ(canvas.at(2, 0).bytes, " \u0301");
}

TEST_F(CanvasTest, FramesWithATitleBetweenTheCorners) {
  Canvas canvas(10, 3);
  canvas.frame({0, 0, 10, 3}, {Role::border}, " a long title ");
  EXPECT_EQ(canvas.row_text(0), "+- a~le -+");
  EXPECT_EQ(canvas.row_text(1), "|        |");
  EXPECT_EQ(canvas.row_text(2), "+--------+");
  EXPECT_EQ(canvas.at(0, 0).line, Line::upper_left);
  EXPECT_EQ(canvas.at(0, 0).style.role, Role::border);
  canvas.frame({8, 1, 10, 10}, {}, "outside");  // no harm
}

TEST_F(CanvasTest, EveryRowIsAsWideAsTheCanvasWhateverIsPut) {
  std::mt19937 random(7);
  const auto below = [&](int most) { return static_cast<int>(random() % static_cast<unsigned>(most)); };
  const auto foreign = [&] {
    static const std::vector<std::string> pieces = {
        "a", "写", "\U0001f600", "e\u0301", "\u0301", "\u202e", "\x1b", "\xff", "שלום", "\u200d", "한"};
    std::string text;
    for (int i = below(12); i > 0; --i) text += pieces[random() % pieces.size()];
    return terminal_safe(text);
  };
  for (int run = 0; run < 2000; ++run) {
    Canvas canvas(below(40), 3);
    for (int i = 0; i < 6; ++i) {
      canvas.put(below(50) - 5, below(5) - 1, foreign(), {}, below(50));
      if (below(3) == 0) canvas.frame({below(43) - 3, below(4) - 1, below(20), 2}, {}, foreign());
    }
    for (int y = 0; y < 3; ++y) ASSERT_EQ(display_width(canvas.row_text(y)), canvas.columns()) << run;
  }
}

}  // namespace
}  // namespace ferry::client
