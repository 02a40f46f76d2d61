#include "client/model/dialog.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

bool press(Dialog& dialog, std::initializer_list<const char*> keys) {
  bool is_closed = false;
  for (const char* key : keys) is_closed = dialog.handle(*parse_key(key));
  return is_closed;
}

int result(Dialog& dialog) {
  int button = -2;
  dialog.on_close([&](const Dialog&, int pressed) { button = pressed; });
  dialog.close();
  return button;
}

TEST(Dialog, EscOnlyCloses) {
  Dialog dialog("Delete?");
  dialog.line("3 files").button("Delete").button("Cancel");
  EXPECT_TRUE(press(dialog, {"Esc"}));
  EXPECT_EQ(result(dialog), Dialog::kCancelled);
}

TEST(Dialog, EnterInAFieldMeansTheFirstButton) {
  Dialog dialog("Connect");
  dialog.field({"Host", "files.example.org"}).field({"Password", "", true}).button("Connect").button("Test");
  EXPECT_FALSE(press(dialog, {"Tab", "s", "1", "写"}));
  EXPECT_EQ(dialog.text(1), "s1写");
  EXPECT_TRUE(press(dialog, {"Enter"}));
  EXPECT_EQ(result(dialog), 0);
  EXPECT_TRUE(dialog.screen(24).fields[1].is_secret);
}

TEST(Dialog, GoesRoundAndPressesTheButtonWithTheKeys) {
  Dialog dialog("x");
  dialog.field({"Name"}).button("Yes").button("No");
  EXPECT_TRUE(press(dialog, {"Tab", "Tab", "Tab", "BackTab", "Enter"}));
  EXPECT_EQ(result(dialog), 1);
}

TEST(Dialog, DigitsAndLettersPressButtonsWhereNothingIsTyped) {
  Dialog dialog("x");
  dialog.line("?").button("Overwrite").button("Skip");
  EXPECT_TRUE(press(dialog, {"2"}));
  EXPECT_EQ(result(dialog), 1);
  EXPECT_TRUE(press(dialog, {"o"}));
  EXPECT_EQ(result(dialog), 0);
  EXPECT_TRUE(press(dialog, {"S"}));
  EXPECT_EQ(result(dialog), 1);
  EXPECT_FALSE(press(dialog, {"x"}));
  EXPECT_FALSE(press(dialog, {"9"}));
  EXPECT_FALSE(press(dialog, {"Ctrl-O"}));
}

TEST(Dialog, FiltersItsListWhileOneTypes) {
  Dialog dialog("Palette");
  dialog.field({"Find"}).list({"copy", "move", "Remove", "quit"}).filter_list().button("Do it");
  EXPECT_EQ(dialog.chosen(), 0U);
  press(dialog, {"m", "o", "v"});
  EXPECT_EQ(dialog.screen(24).list, (std::vector<std::string>{"move", "Remove"}));
  press(dialog, {"Down", "Down"});
  EXPECT_EQ(dialog.chosen(), 2U);
  press(dialog, {"x"});
  EXPECT_EQ(dialog.chosen(), std::nullopt);
  EXPECT_TRUE(press(dialog, {"Enter"}));
}

TEST(Dialog, KeepsTheListsCursorInSight) {
  Dialog dialog("Sites");
  std::vector<std::string> rows;
  for (int i = 0; i < 100; ++i) rows.push_back(std::to_string(i));
  dialog.list(rows).button("Go");
  press(dialog, {"PgDn", "PgDn", "Down"});
  const DialogScreen screen = dialog.screen(12);
  EXPECT_EQ(screen.list_cursor, 21U);
  EXPECT_LE(screen.first_row, 21U);
  EXPECT_GT(screen.first_row + 7, 21U);
  press(dialog, {"End"});
  EXPECT_EQ(dialog.chosen(), 99U);
  press(dialog, {"Home"});
  EXPECT_EQ(dialog.chosen(), 0U);
}

TEST(Dialog, PastesIntoTheFieldWithTheKeys) {
  Dialog dialog("x");
  dialog.field({"A"}).button("OK");
  dialog.paste("two\nlines");
  EXPECT_EQ(dialog.text(0), "two");
  press(dialog, {"Tab"});
  dialog.paste("nothing");
  EXPECT_EQ(dialog.text(0), "two");
}

}  // namespace
}  // namespace ferry::client
