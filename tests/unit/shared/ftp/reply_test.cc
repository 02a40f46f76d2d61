#include "shared/ftp/reply.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

namespace ferry::ftp {
namespace {

using Lines = std::vector<std::string>;

Reply only_reply(std::string_view wire) {
  ReplyParser parser;
  EXPECT_TRUE(parser.feed(wire)) << wire;
  const auto reply = parser.next();
  EXPECT_TRUE(reply) << wire;
  EXPECT_FALSE(parser.next()) << wire;
  return reply.value_or(Reply{});
}

TEST(FormatReply, WritesOneLineOrABlock) {
  EXPECT_EQ(format_reply(220, "Ready"), "220 Ready\r\n");
  EXPECT_EQ(format_reply(Reply{220, {"Ready"}}), "220 Ready\r\n");
  EXPECT_EQ(format_reply(Reply{200, {}}), "200 \r\n");
  EXPECT_EQ(format_reply(Reply{211, {"Features", "SIZE", "End"}}), "211-Features\r\n SIZE\r\n211 End\r\n");
  EXPECT_EQ(format_reply(Reply{211, {"First", "Last"}}), "211-First\r\n211 Last\r\n");
}

TEST(FormatReply, CannotBeBrokenByItsTexts) {
  EXPECT_EQ(format_reply(550, "a\r\n230 Welcome"), "550 a??230 Welcome\r\n");
  EXPECT_EQ(format_reply(550, std::string_view("a\0b", 3)), "550 a?b\r\n");
  EXPECT_EQ(format_reply(Reply{213, {"x", "213 End", "y"}}), "213-x\r\n 213 End\r\n213 y\r\n");
}

TEST(Reply, KnowsItsClass) {
  EXPECT_TRUE((Reply{150, {""}}).is_preliminary());
  EXPECT_TRUE((Reply{226, {""}}).is_completion());
  EXPECT_TRUE((Reply{331, {""}}).is_intermediate());
  EXPECT_EQ((Reply{211, {"a", "b"}}).text(), "a\nb");
}

TEST(ReplyParser, ReadsWhatServersWrite) {
  const struct {
    std::string_view wire;
    int code;
    Lines lines;
  } rows[] = {
      {"220 Ready\r\n", 220, {"Ready"}},
      {"220 bare LF\n", 220, {"bare LF"}},
      {"200 \r\n", 200, {""}},
      {"200\r\n", 200, {""}},
      {"220-Hello\r\n220-again\r\n220 Go\r\n", 220, {"Hello", "again", "Go"}},
      {"220-Hello\n again\n220 Go\n", 220, {"Hello", "again", "Go"}},
      {"220-\r\n220 \r\n", 220, {"", ""}},
      {"211-Features:\r\n SIZE\r\n  indented\r\nunindented\r\n211 End\r\n",
       211,
       {"Features:", "SIZE", " indented", "unindented", "End"}},
      {"220-a\r\n221 other code\r\n2200 digits\r\n220\r\n\r\n99 bottles\r\n220 end\r\n",
       220,
       {"a", "221 other code", "2200 digits", "220", "", "99 bottles", "end"}},
      {"213-a\r\n 213 not the end\r\n213 end\r\n", 213, {"a", "213 not the end", "end"}},
      {"599 \xff\x01\r\n", 599, {"\xff\x01"}},
  };
  for (const auto& row : rows) {
    const Reply reply = only_reply(row.wire);
    EXPECT_EQ(reply.code, row.code);
    EXPECT_EQ(reply.lines, row.lines) << row.wire;
  }
}

TEST(ReplyParser, DoesNotCareWhereTheBytesAreCut) {
  const std::string wire = "150 Here\r\n220-a\n220x\r\n 220 b\r\n220 c\r\n226 Done\r\n";
  for (std::size_t first = 0; first <= wire.size(); ++first) {
    for (std::size_t second = first; second <= wire.size(); ++second) {
      ReplyParser parser;
      ASSERT_TRUE(parser.feed(wire.substr(0, first)));
      ASSERT_TRUE(parser.feed(wire.substr(first, second - first)));
      ASSERT_TRUE(parser.feed(wire.substr(second)));
      EXPECT_EQ(parser.next()->code, 150);
      EXPECT_EQ(parser.next()->lines, (Lines{"a", "220x", "220 b", "c"}));
      EXPECT_EQ(parser.next()->lines, Lines{"Done"});
      EXPECT_FALSE(parser.next());
    }
  }
}

TEST(ReplyParser, GivesNothingUntilTheReplyIsWhole) {
  ReplyParser parser;
  for (const std::string_view part : {"22", "0", "-", "a\r", "\n220 b\r"}) {
    ASSERT_TRUE(parser.feed(part));
    EXPECT_FALSE(parser.next());
  }
  ASSERT_TRUE(parser.feed("\n"));
  EXPECT_EQ(parser.next()->lines, (Lines{"a", "b"}));
}

TEST(ReplyParser, RefusesWhatIsNoReplyAndStaysFailed) {
  for (const std::string_view wire :
       {"\r\n", "SSH-2.0-OpenSSH\r\n", "HTTP/1.1 200 OK\r\n", "000 x\r\n", "099 x\r\n", "600 x\r\n",
        "999 x\r\n", "22 x\r\n", "2200 x\r\n", "220x\r\n", "-220 x\r\n", " 220 x\r\n", "220\tx\r\n",
        "\xff\xff\xff x\r\n"}) {
    ReplyParser parser;
    EXPECT_EQ(parser.feed(wire).error().kind, Errc::bad_syntax) << wire;
    EXPECT_EQ(parser.feed("220 fine\r\n").error().kind, Errc::bad_syntax);
    EXPECT_FALSE(parser.next());
  }
}

TEST(ReplyParser, KeepsRepliesThatCameBeforeGarbage) {
  ReplyParser parser;
  EXPECT_FALSE(parser.feed("220 ok\r\ngarbage\r\n"));
  EXPECT_EQ(parser.next()->code, 220);
  EXPECT_FALSE(parser.next());
}

TEST(ReplyParser, BoundsALineAndABlock) {
  ReplyParser endless_line;
  EXPECT_TRUE(endless_line.feed(std::string(ReplyParser::kMaxReplyBytes - 1, 'x')));
  EXPECT_EQ(endless_line.feed("x").error().kind, Errc::too_long);
  EXPECT_EQ(endless_line.feed("\n").error().kind, Errc::too_long);

  ReplyParser endless_block;
  Status fed = endless_block.feed("220-a\r\n");
  std::size_t sent = 0;
  for (; fed && sent < 2 * ReplyParser::kMaxReplyBytes; sent += 4) fed = endless_block.feed("220-\n");
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().kind, Errc::too_long);
  EXPECT_LT(sent, ReplyParser::kMaxReplyBytes);
}

TEST(ReplyParser, TakesManyRepliesOfTheLargestSizeOneAfterTheOther) {
  const std::string big = "220 " + std::string(ReplyParser::kMaxReplyBytes - 10, 'x') + "\r\n";
  ReplyParser parser;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(parser.feed(big + big));
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(parser.next()->lines.front().size(), ReplyParser::kMaxReplyBytes - 10);
  EXPECT_FALSE(parser.next());
}

TEST(ReplyParser, NeedsLinearTimeForByteAfterByte) {
  const auto start = std::chrono::steady_clock::now();
  ReplyParser parser;
  for (std::size_t i = 0; i + 1 < ReplyParser::kMaxReplyBytes; ++i) ASSERT_TRUE(parser.feed("1"));
  ReplyParser drained_late;
  for (int i = 0; i < 50'000; ++i) {
    ASSERT_TRUE(drained_late.feed("200 ok\r\n200 ok\r\n"));
    ASSERT_TRUE(drained_late.next());
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5))
      << "quadratic would take minutes";
}

TEST(ReplyParser, ReadsBackWhatFormatReplyWrites) {
  std::mt19937 random(6);
  constexpr std::string_view kAlphabet = "211 -2ax\t\xff";
  for (int round = 0; round < 3'000; ++round) {
    Reply reply{211, {}};
    for (auto left = 1 + random() % 5; left > 0; --left) {
      std::string& line = reply.lines.emplace_back(random() % 8, '\0');
      for (char& c : line) c = kAlphabet[random() % kAlphabet.size()];
    }
    const Reply back = only_reply(format_reply(reply));
    EXPECT_EQ(back.code, reply.code);
    EXPECT_EQ(back.lines, reply.lines);
  }
}

TEST(ReplyParser, SurvivesRandomBytes) {
  std::mt19937 random(7);
  constexpr std::string_view kAlphabet("0122- \r\n\0a", 10);
  for (int round = 0; round < 5'000; ++round) {
    ReplyParser parser;
    std::string bytes(random() % 60, '\0');
    for (char& c : bytes) c = kAlphabet[random() % kAlphabet.size()];
    static_cast<void>(parser.feed(bytes));
    while (const auto reply = parser.next()) {
      EXPECT_GE(reply->code, 100);
      EXPECT_LE(reply->code, 599);
      EXPECT_FALSE(reply->lines.empty());
    }
  }
}

}  // namespace
}  // namespace ferry::ftp
