#include "client/model/key_map.h"

#include <gtest/gtest.h>

#include <set>

namespace ferry::client {
namespace {

KeySequence keys(std::initializer_list<const char*> texts) {
  KeySequence all;
  for (const char* text : texts) all.push_back(*parse_key(text));
  return all;
}

TEST(Actions, HaveDifferentNamesAndAHelp) {
  std::set<std::string_view> names;
  for (const ActionRow& row : action_rows()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.help.empty()) << row.name;
    EXPECT_EQ(&row_of(row.action), &row);
    EXPECT_EQ(find_action(row.name), &row);
  }
  EXPECT_EQ(find_action("nothing"), nullptr);
}

TEST(KeyMap, KnowsTheKeysOfThePart) {
  const KeyMap map;
  EXPECT_EQ(map.meaning(keys({"F5"}), Focus::panes).action, KeyAction::copy);
  EXPECT_EQ(map.meaning(keys({"c"}), Focus::panes).action, KeyAction::copy);
  EXPECT_EQ(map.meaning(keys({"F5"}), Focus::queue).action, std::nullopt);
  EXPECT_EQ(map.meaning(keys({"Space"}), Focus::panes).action, KeyAction::mark);
  EXPECT_EQ(map.meaning(keys({"Space"}), Focus::queue).action, KeyAction::pause);
  EXPECT_EQ(map.meaning(keys({"F1"}), Focus::queue).action, KeyAction::help);
  EXPECT_EQ(map.keys_text(KeyAction::copy), "F5, c");
}

TEST(KeyMap, ReadsSequencesKeyByKey) {
  const KeyMap map;
  const auto first = map.meaning(keys({"g"}), Focus::panes);
  EXPECT_FALSE(first.action);
  EXPECT_TRUE(first.is_beginning);
  EXPECT_EQ(map.meaning(keys({"g", "g"}), Focus::panes).action, KeyAction::first);
  EXPECT_FALSE(map.meaning(keys({"g"}), Focus::queue).is_beginning);
  EXPECT_FALSE(map.meaning(keys({"g", "x"}), Focus::panes).is_beginning);
}

// Enter looks into a file and Space marks; only what says "copy" copies. Esc is no action at all.
TEST(KeyMap, NeitherEnterNorSpaceNorEscTransfers) {
  const KeyMap map;
  EXPECT_EQ(map.meaning(keys({"Enter"}), Focus::panes).action, KeyAction::enter);
  for (const Focus focus : {Focus::panes, Focus::queue, Focus::log})
    EXPECT_FALSE(map.meaning(keys({"Esc"}), focus).action);
}

TEST(KeyMap, TakesAFile) {
  KeyMap map;
  ASSERT_TRUE(map.configure("# mine\ncopy = [\"F5\", \"y\"]\nundo = []\nfirst = [\"Home\", \"g t\"]\n"));
  EXPECT_EQ(map.meaning(keys({"y"}), Focus::panes).action, KeyAction::copy);
  EXPECT_FALSE(map.meaning(keys({"c"}), Focus::panes).action);
  EXPECT_FALSE(map.meaning(keys({"u"}), Focus::panes).action);
  EXPECT_EQ(map.keys_text(KeyAction::first), "Home, g t");
}

TEST(KeyMap, RefusesAFileThatWouldConfuseAndKeepsItsKeys) {
  const struct {
    const char *toml, *says;
  } rows[] = {
      {"copy = [\"F5\"", "line 1"},
      {"copy = 1\n[\n", "no TOML"},
      {"\nfly = [\"F5\"]", "line 2: fly: there is no such action"},
      {"copy = \"F5\"", "a list of keys"},
      {"copy = [5]", "in quotes"},
      {"copy = [\"F99\"]", "F99: is no key"},
      {"copy = [\"\"]", "no key"},
      {"copy = [\"d\"]", "d is a key of copy and delete"},
      {"copy = [\"q\"]", "q is a key of"},           // of everywhere
      {"copy = [\"g\"]", "g is a key of copy and"},  // begins "g g"
  };
  for (const auto& row : rows) {
    KeyMap map;
    const auto done = map.configure(row.toml);
    ASSERT_FALSE(done) << row.toml;
    EXPECT_NE(done.error().context.find(row.says), std::string::npos) << done.error().context;
    EXPECT_EQ(map.keys_text(KeyAction::copy), "F5, c");
  }
  KeyMap map;
  EXPECT_TRUE(map.configure("copy = [\"F5\", \"z\"]")) << "a queue's key is free in the panes";
}

}  // namespace
}  // namespace ferry::client
