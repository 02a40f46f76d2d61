#include "shared/ftp/host_port.h"

#include <gtest/gtest.h>

namespace ferry::ftp {
namespace {

TEST(ParsePort, ReadsSixNumbers) {
  const auto address = parse_port("132,235,1,2,24,131");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->host, "132.235.1.2");
  EXPECT_EQ(address->port, 6275);
  EXPECT_FALSE(address->is_ipv6);
  EXPECT_EQ(parse_port("127,000,000,001,0,1")->host, "127.0.0.1");
}

TEST(ParsePort, RefusesHostileText) {
  for (const std::string_view text :
       {"", "1", "1,2,3,4,5", "1,2,3,4,5,", "1,2,3,4,5,6,7", "1,2,3,4,5,6 ", " 1,2,3,4,5,6", "1,2,3,4,5,256",
        "256,2,3,4,5,6", "1,2,3,4,-5,6", "1,2,3,4,+5,6", "1,2,3,4,0x5,6", "1, 2,3,4,5,6", "1.2.3.4.5.6",
        "1,2,3,4,5,4294967296", ",,,,,", "0001,2,3,4,5,6"})
    EXPECT_EQ(parse_port(text).error().kind, Errc::bad_syntax) << text;
  EXPECT_EQ(parse_port("1,2,3,4,0,0").error().kind, Errc::out_of_range);
  EXPECT_FALSE(parse_port(std::string_view("1,2,3,4,5,6\0", 12)));
}

TEST(ParseEprt, ReadsBothFamiliesAndAnyDelimiter) {
  const auto v4 = parse_eprt("|1|132.235.1.2|6275|");
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->host, "132.235.1.2");
  EXPECT_EQ(v4->port, 6275);
  const auto v6 = parse_eprt("|2|1080:0:0:0:8:800:200C:417A|5282|");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "1080::8:800:200c:417a");
  EXPECT_TRUE(v6->is_ipv6);
  EXPECT_EQ(parse_eprt("!2!::1!21!")->host, "::1");
}

TEST(ParseEprt, RefusesHostileText) {
  for (const std::string_view text : {"",
                                      "|",
                                      "||||",
                                      "|1|132.235.1.2|6275",
                                      "|1|132.235.1.2|6275|x",
                                      "|1|132.235.1.2|6275||",
                                      "|1|::1|21|",
                                      "|2|1.2.3.4|21|",
                                      "|1|1.2.3|21|",
                                      "|1|01.2.3.4|21|",
                                      "|1|localhost|21|",
                                      "|1||21|",
                                      "|x|1.2.3.4|21|",
                                      "|-1|1.2.3.4|21|",
                                      "|1|1.2.3.4||",
                                      "|1|1.2.3.4|2 1|",
                                      "111.2.3.41211",
                                      " 1 1.2.3.4 21 ",
                                      "|2|fe80::1%|21|",
                                      "||1.2.3.4|21|"})
    EXPECT_EQ(parse_eprt(text).error().kind, Errc::bad_syntax) << text;
  EXPECT_EQ(parse_eprt("|1|1.2.3.4|65536|").error().kind, Errc::out_of_range);
  EXPECT_EQ(parse_eprt("|1|1.2.3.4|0|").error().kind, Errc::out_of_range);
  for (const std::string_view text :
       {"|3|1.2.3.4|21|", "|0|1.2.3.4|21|", "|99999999999999999999|1.2.3.4|21|"})
    EXPECT_EQ(parse_eprt(text).error().kind, Errc::unsupported) << text;
}

TEST(ParsePasvReply, FindsTheNumbersAnywhere) {
  for (const std::string_view text :
       {"Entering Passive Mode (10,0,0,7,200,13).", "Entering Passive Mode 10,0,0,7,200,13",
        "=10,0,0,7,200,13", "227 Passive 4 you, 1,2: (10,0,0,7,200,13)", "10,0,0,7,200,13"}) {
    const auto address = parse_pasv_reply(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->host, "10.0.0.7");
    EXPECT_EQ(address->port, 200 * 256 + 13);
  }
}

TEST(ParsePasvReply, RefusesTheRest) {
  for (const std::string_view text : {"", "Entering Passive Mode", "(1,2,3,4,5)", "(1,2,3,4,5,6,)",
                                      "(1,2,3,4,5,999)", "(1234,2,3,4,5,6", "(1,2,3,4,5,6666)"})
    EXPECT_EQ(parse_pasv_reply(text).error().kind, Errc::bad_syntax) << text;
  EXPECT_EQ(parse_pasv_reply("(1,2,3,4,0,0)").error().kind, Errc::out_of_range);
  EXPECT_FALSE(parse_pasv_reply(std::string(100'000, '1')));
}

TEST(ParseEpsvReply, FindsThePort) {
  const auto address = parse_epsv_reply("Entering Extended Passive Mode (|||6446|)");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->host, "");
  EXPECT_EQ(address->port, 6446);
  EXPECT_EQ(parse_epsv_reply("(hint) ok (!!!21!).")->port, 21);
}

TEST(ParseEpsvReply, RefusesTheRest) {
  for (const std::string_view text :
       {"", "(", "()", "(|||)", "(||||)", "(|||0|)", "(|||65536|)", "(|||-1|)", "(|||21)", "(|||21|",
        "|||21|", "(||!21|)", "(|||21!)", "(|1|1.2.3.4|21|)", "(111211)", "(   21 )", "(|||2 1|)"})
    EXPECT_FALSE(parse_epsv_reply(text)) << text;
}

TEST(HostPort, IsReadBackFromWhatIsWritten) {
  for (const int port : {1, 21, 255, 256, 6446, 65535}) {
    const HostPort v4{"192.0.2.9", static_cast<std::uint16_t>(port), false};
    EXPECT_EQ(parse_port(format_port(v4))->port, port);
    EXPECT_EQ(parse_eprt(format_eprt(v4))->host, v4.host);
    EXPECT_EQ(parse_pasv_reply(format_pasv_reply(v4))->port, port);
    EXPECT_EQ(parse_epsv_reply(format_epsv_reply(v4.port))->port, port);
    const HostPort v6{"2001:db8::1", static_cast<std::uint16_t>(port), true};
    EXPECT_EQ(parse_eprt(format_eprt(v6))->host, v6.host);
  }
  EXPECT_EQ(format_pasv_reply({"127.0.0.1", 6446, false}), "Entering Passive Mode (127,0,0,1,25,46).");
  EXPECT_EQ(format_epsv_reply(6446), "Entering Extended Passive Mode (|||6446|)");
  EXPECT_EQ(format_eprt({"::1", 21, true}), "|2|::1|21|");
}

TEST(Eprt, ALinkLocalAddressMayNameItsZoneAndWeNeverDo) {
  const auto named = parse_eprt("|2|fe80::1%eth0|6275|");
  ASSERT_TRUE(named);
  EXPECT_EQ(named->host, "fe80::1");
  EXPECT_EQ(named->zone, "eth0");
  EXPECT_EQ(format_eprt(*named), "|2|fe80::1|6275|");
  EXPECT_EQ(parse_eprt("|2|fe80::1%2|6275|")->zone, "2");
  EXPECT_EQ(parse_eprt("|2|fe80::1|6275|")->zone, "");
  for (const char* text : {"|2|fe80::1%|6275|", "|2|fe80::1%a%b|6275|", "|2|fe80::1%sixteen-letters-|6275|",
                           "|2|%eth0|6275|", "|1|192.0.2.1%eth0|6275|", "|2|fe80::1%a b|6275|"})
    EXPECT_FALSE(parse_eprt(text)) << text;
}

}  // namespace
}  // namespace ferry::ftp
