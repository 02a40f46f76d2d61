#include "shared/ftp/host_name.h"

#include <gtest/gtest.h>

namespace ferry::ftp {
namespace {

TEST(HostName, HasOneSpelling) {
  EXPECT_EQ(*parse_host_name("FTP.Example.ORG"), "ftp.example.org");
  EXPECT_EQ(*parse_host_name("ftp.example.org."), "ftp.example.org");
  EXPECT_EQ(*parse_host_name("localhost"), "localhost");
  EXPECT_EQ(*parse_host_name("xn--fsq.example"), "xn--fsq.example");
  EXPECT_EQ(*parse_host_name("3com.example"), "3com.example");
  EXPECT_EQ(*parse_host_name("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(*parse_host_name("[2001:DB8:0::1]"), "[2001:db8::1]");
}

TEST(HostName, RefusesWhatIsNone) {
  for (const std::string_view text : {"",
                                      ".",
                                      "..",
                                      "a..b",
                                      "-a.example",
                                      "a-.example",
                                      "a b",
                                      "a_b.example",
                                      "ftp.example.org:21",
                                      "192.0.2",
                                      "192.0.2.1.5",
                                      "192.0.2.256",
                                      "1",
                                      "2001:db8::1",
                                      "[2001:db8::1",
                                      "[]",
                                      "[::g]",
                                      "[192.0.2.1]",
                                      "ex\xc3\xa4mple",
                                      "a\tb",
                                      "a/b",
                                      "*",
                                      "[::1]:21",
                                      "..a"}) {
    EXPECT_FALSE(parse_host_name(text)) << text;
  }
  EXPECT_FALSE(parse_host_name(std::string_view("a\0b", 3)));
  EXPECT_TRUE(parse_host_name(std::string(63, 'a') + ".b"));
  EXPECT_FALSE(parse_host_name(std::string(64, 'a') + ".b"));
  std::string longest;
  while (longest.size() < 240) longest += "abcdefghi.";
  EXPECT_TRUE(parse_host_name(longest + "abcdefghijklm"));
  EXPECT_FALSE(parse_host_name(longest + "abcdefghijklmn"));
}

}  // namespace
}  // namespace ferry::ftp
