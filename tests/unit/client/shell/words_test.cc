#include "client/shell/words.h"

#include <gtest/gtest.h>

#include "client/shell/commands.h"

namespace ferry::client {
namespace {

using Words = std::vector<std::string>;

TEST(Words, AreSeparatedByBlanks) {
  EXPECT_EQ(*split_words("  get\t a  b "), (Words{"get", "a", "b"}));
}

TEST(Words, KeepWhatIsQuoted) {
  EXPECT_EQ(*split_words(R"(put "two words" 'it"s' back\ slash "a\"b\\c" "")"),
            (Words{"put", "two words", "it\"s", "back slash", "a\"b\\c", ""}));
}

TEST(Words, NeedTheirQuotesClosed) {
  EXPECT_FALSE(split_words("get \"a"));
}

CandidateSource names(std::vector<Candidate> candidates) {
  return [candidates](const auto&, const auto&) { return candidates; };
}

TEST(Completion, FinishesTheOnlyCandidate) {
  const auto done = complete_line("get rep", names({{"report.pdf", false}, {"other", false}}));
  EXPECT_EQ(done.replace_from, 4u);
  EXPECT_EQ(done.replacement, "report.pdf ");
}

TEST(Completion, WritesBlanksTheWayTheUserDoes) {
  EXPECT_EQ(complete_line("get my", names({{"my file", false}})).replacement, "my\\ file ");
  EXPECT_EQ(complete_line("get \"my", names({{"my file", false}})).replacement, "\"my file\" ");
  EXPECT_EQ(complete_line("cd my", names({{"my folder/", true}})).replacement, "my\\ folder/");
  EXPECT_EQ(complete_line("cd \"my", names({{"my folder/", true}})).replacement, "\"my folder/");
}

TEST(Completion, GoesAsFarAsTheCandidatesAgree) {
  const auto done = complete_line("get a", names({{"abc1", false}, {"abc2", false}}));
  EXPECT_EQ(done.replacement, "abc");
  EXPECT_EQ(done.candidates.size(), 2u);
}

TEST(Completion, NeverSplitsACharacter) {
  // 夏 and 外 share their first byte.
  const auto done = complete_line("get ", names({{"夏", false}, {"外", false}}));
  EXPECT_EQ(done.replacement, "");
}

TEST(Completion, TellsItsSourceTheWordsBefore) {
  Words seen;
  complete_line("put \"a b\" c", [&](const Words& before, const std::string& part) {
    seen = before;
    seen.push_back(part);
    return std::vector<Candidate>();
  });
  EXPECT_EQ(seen, (Words{"put", "a b", "c"}));
}

TEST(ShellCommands, AreSortedAndFoundByEveryName) {
  std::string_view last;
  for (const auto& command : shell_commands()) {
    EXPECT_LT(last, command.name);
    last = command.name;
    EXPECT_EQ(find_shell_command(command.name), &command);
  }
  EXPECT_EQ(find_shell_command("dir"), find_shell_command("ls"));
  EXPECT_EQ(find_shell_command("show"), find_shell_command("ls"));
  EXPECT_EQ(find_shell_command("nosuch"), nullptr);
}

TEST(Commands, AreSplitAtSemicolonsOutsideOfQuotes) {
  EXPECT_EQ(split_commands("cd a; ls"), (Words{"cd a", " ls"}));
  EXPECT_EQ(split_commands("cat 'a;b' \"c;d\" e\\;f;x"), (Words{"cat 'a;b' \"c;d\" e\\;f", "x"}));
  EXPECT_EQ(split_commands("cat \"a\\\";b\";x"), (Words{"cat \"a\\\";b\"", "x"}));
  EXPECT_EQ(split_commands(" ;; \n;"), Words{});
  EXPECT_EQ(split_commands("cat 'open; end"), Words{"cat 'open; end"});
}

}  // namespace
}  // namespace ferry::client
