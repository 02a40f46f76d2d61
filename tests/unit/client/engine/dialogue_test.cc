#include "client/engine/dialogue.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

TEST(ShownCommand, IsWhatIsSent) {
  EXPECT_EQ(shown_command("RETR", "/a b.txt"), "RETR /a b.txt");
  EXPECT_EQ(shown_command("FEAT", ""), "FEAT");
  EXPECT_EQ(shown_command("USER", "akira"), "USER akira");
  EXPECT_EQ(shown_command("SITE", "BREAKPOINT /a b"), "SITE BREAKPOINT /a b");
  EXPECT_EQ(shown_command("SITE", "PASSWD"), "SITE PASSWD");
}

TEST(ShownCommand, LeavesSecretsOut) {
  const std::pair<std::string, std::string> commands[] = {
      {"PASS", "open sesame"},          {"pass", "open sesame"},
      {"ACCT", "open sesame"},          {"ADAT", "open sesame"},
      {"SITE", "PSWD old open sesame"}, {"SITE", "REGISTER akira open sesame"},
      {"SITE", "PASSWD open sesame"},   {"site", "whatever open sesame"},
  };
  for (const auto& [verb, argument] : commands) {
    const std::string shown = shown_command(verb, argument);
    EXPECT_EQ(shown.find("open"), std::string::npos) << shown;
    EXPECT_EQ(shown.find("sesame"), std::string::npos) << shown;
    EXPECT_TRUE(shown.ends_with("****")) << shown;
  }
}

TEST(ShownReply, HasEveryLine) {
  EXPECT_EQ(shown_reply(ftp::Reply{230, {"Hello", "ok"}}), (std::vector<std::string>{"230-Hello", "230 ok"}));
}

}  // namespace
}  // namespace ferry::client
