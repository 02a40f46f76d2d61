#include "client/model/key.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

TEST(Key, ReadsWhatItWrites) {
  for (const char* text : {"c",      "C",     "/",     "?",          "写",       "F1",        "F12",
                           "Ctrl-R", "Alt-s", "Alt-?", "Ctrl-Alt-X", "Shift-F5", "PgUp",      "Space",
                           "Esc",    "Bksp",  "-",     "+",          "Alt-Left", "Ctrl-Space"}) {
    const auto key = parse_key(text);
    ASSERT_TRUE(key) << text;
    EXPECT_EQ(key_text(*key), text);
  }
}

TEST(Key, TakesOtherSpellings) {
  EXPECT_EQ(*parse_key("ctrl-r"), *parse_key("Ctrl-R"));
  EXPECT_EQ(*parse_key("CTRL-r"), *parse_key("Ctrl-R"));
  EXPECT_EQ(*parse_key("pgup"), *parse_key("PgUp"));
  EXPECT_NE(*parse_key("c"), *parse_key("C"));
}

TEST(Key, RefusesWhatNoTerminalSends) {
  for (const char* text : {"", "F13", "cc", "Ctrl-", "Ctrl-ä", "Ctrl-1", "Shift-c", "\x01", "\xff"}) {
    const auto key = parse_key(text);
    ASSERT_FALSE(key) << text;
    EXPECT_EQ(key.error().kind, Errc::bad_syntax);
  }
}

}  // namespace
}  // namespace ferry::client
