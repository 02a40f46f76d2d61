// ftpadm as a person runs it: on a terminal, where it asks.
#include "shared/base/password.h"
#include "tests/integration/ftpadm_fixture.h"
#include "tests/support/terminal.h"

namespace ferry {
namespace {

using test::Terminal;
using FtpadmOnATerminal = FtpadmFixture;

TEST_F(FtpadmOnATerminal, AsksForAPasswordTwiceWithoutShowingIt) {
  Terminal terminal(command_line({"create", "mika"}));
  terminal.type_after("New password:", "opensesame\n");
  terminal.type_after("Once more:", "opensesame\n");
  EXPECT_EQ(terminal.exit_code(), 0) << terminal.screen();
  EXPECT_EQ(terminal.screen().find("opensesame"), std::string::npos) << terminal.screen();
  EXPECT_TRUE(verify_password(account("mika").password_hash, Secret("opensesame")));
}

TEST_F(FtpadmOnATerminal, RefusesTwoPasswordsThatDiffer) {
  Terminal terminal(command_line({"create", "mika"}));
  terminal.type_after("New password:", "opensesame\n");
  terminal.type_after("Once more:", "opensesam3\n");
  EXPECT_EQ(terminal.exit_code(), 1);
  EXPECT_EQ(ftpadm({"view", "mika"}).exit_code, 3);
}

TEST_F(FtpadmOnATerminal, RemovesAfterTheNameWasTyped) {
  create("mika");
  {
    Terminal terminal(command_line({"rm", "mika", "--purge"}));
    terminal.type_after("Type the account's name", "yes\n");
    EXPECT_EQ(terminal.exit_code(), 1);
    EXPECT_EQ(ftpadm({"view", "mika"}).exit_code, 0);
  }
  Terminal terminal(command_line({"rm", "mika", "--purge"}));
  terminal.type_after("Type the account's name", "mika\n");
  EXPECT_EQ(terminal.exit_code(), 0);
  EXPECT_EQ(ftpadm({"view", "mika"}).exit_code, 3);
}

TEST_F(FtpadmOnATerminal, ShowsATableToPeople) {
  create("mika", {"--quota", "500M"});
  Terminal terminal(command_line({"view"}));
  EXPECT_EQ(terminal.exit_code(), 0);
  EXPECT_NE(terminal.screen().find("NAME  STATE  USED    QUOTA  %  FILES  SESSIONS  LAST LOGIN"),
            std::string::npos)
      << terminal.screen();
}

}  // namespace
}  // namespace ferry
