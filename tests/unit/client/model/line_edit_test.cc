#include "client/model/line_edit.h"

#include <gtest/gtest.h>
#include <locale.h>

namespace ferry::client {
namespace {

class LineEditTest : public ::testing::Test {
 protected:
  LineEditTest() : before_(::setlocale(LC_CTYPE, nullptr)) { ::setlocale(LC_CTYPE, "C.UTF-8"); }
  ~LineEditTest() override { ::setlocale(LC_CTYPE, before_.c_str()); }

  void type(std::initializer_list<const char*> keys) {
    for (const char* key : keys) EXPECT_TRUE(edit_.handle(*parse_key(key))) << key;
  }
  // With "|" where the cursor is.
  std::string state() const {
    return edit_.text().substr(0, edit_.cursor()) + "|" + edit_.text().substr(edit_.cursor());
  }

  LineEdit edit_;

 private:
  std::string before_;
};

TEST_F(LineEditTest, MovesByCharactersNotBytes) {
  edit_.insert("a写e\u0301z");
  EXPECT_EQ(state(), "a写e\u0301z|");
  type({"Left", "Left"});
  EXPECT_EQ(state(), "a写|e\u0301z");
  type({"Bksp"});
  EXPECT_EQ(state(), "a|e\u0301z");
  type({"Del"});
  EXPECT_EQ(state(), "a|z");
  type({"Right", "Right", "Home", "Left"});
  EXPECT_EQ(state(), "|az");
  type({"Del", "Del", "Del", "Bksp"});
  EXPECT_EQ(state(), "|");
}

TEST_F(LineEditTest, KnowsTheUsualControlKeys) {
  edit_.set("get the file");
  type({"Ctrl-W"});
  EXPECT_EQ(state(), "get the |");
  type({"Ctrl-W", "Ctrl-A", "Ctrl-F"});
  EXPECT_EQ(state(), "g|et ");
  type({"Ctrl-K"});
  EXPECT_EQ(state(), "g|");
  type({"写", "Ctrl-B", "Ctrl-D", "x", "Ctrl-E", "Ctrl-H"});
  EXPECT_EQ(state(), "g|");
  type({"Ctrl-U"});
  EXPECT_EQ(state(), "|");
}

TEST_F(LineEditTest, TakesTheFirstLineOfAPasteWithoutControls) {
  edit_.insert("rm\x1b[31m -r\t\u0085x\nsecond");
  EXPECT_EQ(edit_.text(), "rm[31m -rx");
}

TEST_F(LineEditTest, LeavesOtherKeysAlone) {
  for (const char* key : {"Enter", "Esc", "Tab", "Up", "F5", "Ctrl-R", "Alt-s"})
    EXPECT_FALSE(edit_.handle(*parse_key(key))) << key;
  EXPECT_EQ(edit_.text(), "");
}

}  // namespace
}  // namespace ferry::client
