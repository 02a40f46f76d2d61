#include "client/cli/completion.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "client/cli/command.h"

namespace ferry::client {
namespace {

using Words = std::vector<std::string>;

// Nobody is asked: the names that a server would have.
Words remote(const Options& options, const std::string& operand) {
  if (options.host.empty()) return {"ftp://host/a b", "ftp://host/dir/"};
  return {options.host + " " + options.user, operand + "-there"};
}

Words texts(const Completed& completed) {
  Words words;
  for (const auto& word : completed.words) words.push_back(word.text);
  return words;
}

Words complete(const Words& before, const std::string& part) {
  return texts(complete_words(before, part, remote));
}

bool has(const Words& words, const std::string& word) {
  return std::ranges::find(words, word) != words.end();
}

TEST(CommandLineCompletion, OffersEveryCommandOfTheTable) {
  const Words offered = complete({}, "");
  for (const Command& command : commands()) {
    const std::string name(command.name);
    EXPECT_TRUE(has(offered, name.substr(0, name.find(' ')))) << name;
  }
  EXPECT_TRUE(has(offered, "help"));
  EXPECT_FALSE(has(offered, "__complete"));
  EXPECT_EQ(complete({}, "rmd"), Words{"rmdir"});
  EXPECT_TRUE(has(complete({"sites"}, ""), "add"));
  EXPECT_FALSE(complete_words({}, "get", remote).words.front().description.empty());
}

TEST(CommandLineCompletion, OffersOptionsOfTheCommandAndTheirValues) {
  EXPECT_TRUE(has(complete({"ls"}, "--"), "--sort"));
  EXPECT_FALSE(has(complete({"ls"}, "--"), "--parents"));
  EXPECT_EQ(complete({"mkdir"}, "--par"), Words{"--parents"});
  EXPECT_EQ(complete({"ls", "--sort"}, ""), (Words{"name", "size", "time"}));
  EXPECT_EQ(complete({"ls"}, "--sort=s"), Words{"--sort=size"});
  EXPECT_EQ(complete({"ls", "-s", "h", "--tls"}, "o"), Words{"off"});
  EXPECT_TRUE(has(complete({"get"}, "--verify="), "--verify=sha256"));
  EXPECT_TRUE(has(complete({"get"}, "--resume="), "--resume=ask"));
  EXPECT_FALSE(has(complete({"put"}, "-"), "--sort"));
  EXPECT_TRUE(has(complete({"put"}, "-"), "-")) << "standard input";
  EXPECT_TRUE(complete({"rm", "--"}, "--rec").empty()) << "behind -- there are no options";
}

TEST(CommandLineCompletion, LeavesLocalFilesToTheShell) {
  EXPECT_TRUE(complete_words({"put"}, "", remote).local_files);
  EXPECT_TRUE(complete_words({"ls", "--ca"}, "", remote).local_files);
  EXPECT_TRUE(complete_words({"ls"}, "--password-file=", remote).local_files);
  EXPECT_TRUE(complete_words({"get", "-o"}, "", remote).local_files);
  EXPECT_FALSE(complete_words({"ls"}, "", remote).local_files);
  EXPECT_FALSE(complete_words({"rm", "-u"}, "", remote).local_files);
}

TEST(CommandLineCompletion, AsksForRemoteNamesWithTheOptionsOfTheLine) {
  EXPECT_EQ(complete({"ls"}, "ftp://host/d"), Words{"ftp://host/dir/"});
  EXPECT_EQ(complete({"rm", "-s", "there", "-u", "akira"}, "th"), (Words{"there akira", "th-there"}));
  EXPECT_EQ(complete({"mv", "-s", "there", "--user=akira"}, "x"), Words{"x-there"})
      << "the second is missing";
  EXPECT_TRUE(complete({"ls", "--timeout=never"}, "ftp://host/d").empty()) << "the line is wrong";
  EXPECT_TRUE(complete({"ls", "--password-fd=3"}, "ftp://host/d").empty()) << "it would be read away";
}

TEST(CommandLineCompletion, KnowsShellsAndTopics) {
  EXPECT_EQ(complete({"completion"}, ""), (Words{"bash", "zsh", "fish"}));
  EXPECT_EQ(complete({"help"}, "exit"), Words{"exit-codes"});
  EXPECT_EQ(complete({"help"}, "sta"), Words{"stat"});
  EXPECT_TRUE(has(complete({"help", "sites"}, ""), "add"));
  for (const char* shell : {"bash", "zsh", "fish"}) EXPECT_FALSE(completion_script(shell).empty()) << shell;
  EXPECT_TRUE(completion_script("csh").empty());
}

TEST(CommandLineCompletion, OffersAddressesToEveryCommandThatTakesThem) {
  for (const Command& command : commands()) {
    if (std::string_view(command.operands).find("URL") == std::string_view::npos) continue;
    Words words{std::string(command.name)};
    if (const auto blank = words[0].find(' '); blank != std::string::npos)
      words = {words[0].substr(0, blank), words[0].substr(blank + 1)};
    EXPECT_TRUE(has(complete(words, "ftp://host/d"), "ftp://host/dir/")) << command.name;
  }
}

TEST(CommandLineCompletion, EndsQuietlyInNonsense) {
  EXPECT_TRUE(complete({"nonsense"}, "").empty());
  EXPECT_TRUE(complete({"get", "--nonsense"}, "--nonsense=").empty());
}

}  // namespace
}  // namespace ferry::client
