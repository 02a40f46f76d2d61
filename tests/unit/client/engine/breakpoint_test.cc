#include "client/engine/breakpoint.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

const std::string kHex(64, 'a');

ftp::Reply answer(const std::vector<std::string>& between) {
  ftp::Reply reply{213, {"Unfinished upload"}};
  reply.lines.insert(reply.lines.end(), between.begin(), between.end());
  reply.lines.push_back("End");
  return reply;
}

TEST(ParseBreakpoint, KnowsItsFacts) {
  const auto waiting = parse_breakpoint(
      answer({"Offset=1048576;Expected=5242880;SHA-256=" + kHex + ";Age=35;State=waiting; /dir/a; b.txt"}),
      "/dir/a; b.txt");
  ASSERT_TRUE(waiting) << waiting.error().context;
  EXPECT_EQ(waiting->offset, 1'048'576);
  EXPECT_EQ(waiting->expected, 5'242'880);
  EXPECT_EQ(waiting->sha256, kHex);
  EXPECT_FALSE(waiting->is_running);
  EXPECT_EQ(waiting->path, "/dir/a; b.txt");
}

TEST(ParseBreakpoint, TakesThemInAnyOrderAndCaseAndSkipsOthers) {
  const auto running = parse_breakpoint(
      answer({"Computing SHA-256: 5 of 10 bytes", "STATE=Running;colour=red;offset=7;; /x"}), "/x");
  ASSERT_TRUE(running) << running.error().context;
  EXPECT_EQ(running->offset, 7);
  EXPECT_TRUE(running->is_running);
  EXPECT_FALSE(running->sha256);
  EXPECT_FALSE(running->expected);
  EXPECT_EQ(parse_breakpoint(answer({"Offset=1;SHA-256=" + std::string(64, 'A') + "; /x"}), "/x")->sha256,
            kHex);
}

TEST(ParseBreakpoint, ChoosesTheOneThatWasAskedFor) {
  const auto reply = answer({"Offset=1; /a", "Offset=2; /b", "Offset=3; /c"});
  EXPECT_EQ(parse_breakpoint(reply, "/b")->offset, 2);
  EXPECT_FALSE(parse_breakpoint(reply, "/d"));
  EXPECT_EQ(parse_breakpoint(answer({"Offset=1; /dir/a"}), "/link/a")->offset, 1)
      << "the server's own spelling";
}

// Nothing goes on because of an answer that is not understood.
TEST(ParseBreakpoint, RefusesWhatIsNoEntry) {
  const std::string bad[] = {"",
                             "Offset=1;",
                             "Offset=1; ",
                             "Offset=1; relative",
                             "Offset=-1; /x",
                             "Offset=1x; /x",
                             "Offset=99999999999999999999; /x",
                             "Expected=5;State=waiting; /x",
                             "Offset=1;SHA-256=abc; /x",
                             "Offset=1;SHA-256=" + std::string(64, 'g') + "; /x",
                             "Offset=1;State; /x"};
  for (const std::string& line : bad) EXPECT_FALSE(parse_breakpoint(answer({line}), "/x")) << line;
  EXPECT_FALSE(parse_breakpoint(ftp::Reply{213, {"nothing"}}, "/x"));
}

TEST(HasBreakpoints, IsToldByFeat) {
  const auto features = [](const std::string& line) {
    return Features(ftp::Reply{211, {"Extensions", line, "End"}});
  };
  EXPECT_TRUE(has_breakpoints(features("SITE BREAKPOINT")));
  EXPECT_TRUE(has_breakpoints(features("site chmod breakpoint")));
  EXPECT_FALSE(has_breakpoints(features("SITE CHMOD")));
  EXPECT_FALSE(has_breakpoints(features("BREAKPOINT")));
}

}  // namespace
}  // namespace ferry::client
