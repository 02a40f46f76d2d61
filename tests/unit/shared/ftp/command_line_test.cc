#include "shared/ftp/command_line.h"

#include <gtest/gtest.h>

#include <random>

namespace ferry::ftp {
namespace {

TEST(ParseCommandLine, SplitsVerbAndArgument) {
  const struct {
    std::string_view line, verb, argument;
  } rows[] = {{"NOOP", "NOOP", ""},
              {"noop ", "NOOP", ""},
              {"ReTr a b.txt", "RETR", "a b.txt"},
              {"STOR  two leading", "STOR", " two leading"},
              {"STOR trailing ", "STOR", "trailing "},
              {"CWD \xff\xfe", "CWD", "\xff\xfe"},
              {"XSHA256 f", "XSHA256", "f"},
              {"ABCDEFGHIJKLMNOP x", "ABCDEFGHIJKLMNOP", "x"},
              {"SITE CHMOD 644 a\tb", "SITE", "CHMOD 644 a\tb"}};
  for (const auto& row : rows) {
    const auto command = parse_command_line(row.line);
    ASSERT_TRUE(command) << row.line;
    EXPECT_EQ(command->verb, row.verb);
    EXPECT_EQ(command->argument, row.argument);
    EXPECT_EQ(command->has_argument, !row.argument.empty());
  }
}

TEST(ParseCommandLine, RefusesWhatIsNoCommand) {
  const std::string_view lines[] = {"",
                                    " ",
                                    " NOOP",
                                    "ABCDEFGHIJKLMNOPQ",
                                    "NO-OP",
                                    "GET\t/",
                                    "\x16\x03\x01",
                                    "N\xc3\x96P",
                                    "{\"a\":1}",
                                    std::string_view("RETR a\0b", 8),
                                    std::string_view("NO\0P", 4),
                                    "RETR a\rb",
                                    "RETR a\nDELE b",
                                    "NOOP\r"};
  for (const auto line : lines) EXPECT_EQ(parse_command_line(line).error().kind, Errc::bad_syntax) << line;
}

TEST(FormatCommandLine, NeverWritesASecondCommand) {
  EXPECT_EQ(format_command_line("NOOP").value(), "NOOP\r\n");
  EXPECT_EQ(format_command_line("RETR", " a ").value(), "RETR  a \r\n");
  for (const std::string_view argument : {std::string_view("a\r\nDELE b"), std::string_view("a\nb"),
                                          std::string_view("a\rb"), std::string_view("a\0b", 3)})
    EXPECT_EQ(format_command_line("RETR", argument).error().kind, Errc::name_refused);
  EXPECT_EQ(format_command_line("RETR x", "y").error().kind, Errc::name_refused);
  EXPECT_EQ(format_command_line("", "y").error().kind, Errc::name_refused);
}

TEST(FormatCommandLine, IsReadBackUnchanged) {
  std::mt19937 random(5);
  for (int round = 0; round < 2'000; ++round) {
    std::string argument(random() % 30, '\0');
    for (char& c : argument) c = static_cast<char>(random());
    const auto line = format_command_line("stor", argument);
    if (!line) continue;
    const auto command = parse_command_line(std::string_view(*line).substr(0, line->size() - 2));
    ASSERT_TRUE(command);
    EXPECT_EQ(command->verb, "STOR");
    EXPECT_EQ(command->argument, argument);
  }
}

TEST(StripTelnet, RemovesSequencesAndKeepsBytes) {
  const struct {
    std::string line, stripped;
  } rows[] = {{"ABOR", "ABOR"},
              {"\xff\xf4\xff\xf2"
               "ABOR",
               "ABOR"},
              {"STOR \xff\xff", "STOR \xff"},
              {"\xff\xfb\x01NOOP", "NOOP"},
              {"\xff\xfe\xffNOOP", "NOOP"},
              {"NOOP\xff", "NOOP"},
              {"NOOP\xff\xfd", "NOOP"},
              {"\xff\xff\xff\xff", "\xff\xff"},
              {"\xff\xff\xff\xf4", "\xff"},
              {"a\xff\xf9z", "az"},
              {"", ""}};
  for (const auto& row : rows) {
    std::string line = row.line;
    strip_telnet(line);
    EXPECT_EQ(line, row.stripped);
  }
}

}  // namespace
}  // namespace ferry::ftp
