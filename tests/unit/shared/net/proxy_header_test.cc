#include "shared/net/proxy_header.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ferry::net {
namespace {

using namespace std::string_literals;

const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

std::string number(std::size_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

std::string v2(unsigned char version_command, unsigned char family, const std::string& rest) {
  return kSignature + static_cast<char>(version_command) + static_cast<char>(family) + number(rest.size()) +
         rest;
}

std::string field(unsigned char type, const std::string& value) {
  return std::string(1, static_cast<char>(type)) + number(value.size()) + value;
}

const std::string kIpv4Block =
    "\xC0\x00\x02\x07\x0A\x00\x00\x01\xDB\x04\x00\x15"s;  // 192.0.2.7:56068 -> 10.0.0.1:21
const std::string kIpv6Block = "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"s +
                               "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"s + "\x80\x00\x03\xde"s;

struct Ends {
  std::string source, destination;
};

Ends ends_of(const std::string& header) {
  const auto parsed = parse_proxy_header(header);
  if (!parsed) return {parsed.error().context, "error"};
  if (!*parsed) return {"", "more"};
  EXPECT_EQ((*parsed)->size, header.size());
  if (!(*parsed)->source) return {"", "own"};
  return {(*parsed)->source->to_string(), (*parsed)->destination->to_string()};
}

TEST(ProxyHeader, ReadsBothFamiliesInBothVersions) {
  struct Case {
    std::string header, source, destination;
  };
  for (const Case& c : std::vector<Case>{
           {"PROXY TCP4 192.0.2.7 10.0.0.1 56068 21\r\n", "192.0.2.7:56068", "10.0.0.1:21"},
           {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535",
            "255.255.255.255:65535"},
           {"PROXY TCP4 192.0.2.7 10.0.0.1 0 0\r\n", "192.0.2.7:0", "10.0.0.1:0"},
           {"PROXY TCP6 2001:db8::7 fd00::1 32768 990\r\n", "[2001:db8::7]:32768", "[fd00::1]:990"},
           {"PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe "
            "65535 65535\r\n",
            "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
            "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe]:65535"},
           {v2(0x21, 0x11, kIpv4Block), "192.0.2.7:56068", "10.0.0.1:21"},
           {v2(0x21, 0x21, kIpv6Block), "[2001:db8::7]:32768", "[fd00::1]:990"}}) {
    EXPECT_EQ(ends_of(c.header).source, c.source) << c.header;
    EXPECT_EQ(ends_of(c.header).destination, c.destination) << c.header;
  }
}

TEST(ProxyHeader, AMappedClientIsAnIpv4One) {
  EXPECT_EQ(ends_of("PROXY TCP6 ::ffff:192.0.2.7 ::ffff:10.0.0.1 56068 21\r\n").source, "192.0.2.7:56068");
}

TEST(ProxyHeader, WithoutAnAddressTheConnectionsOwnEndsCount) {
  const std::string unix_block(216, 'x');
  for (const std::string& header :
       {"PROXY UNKNOWN\r\n"s, "PROXY UNKNOWN ffff::1 what ever 1 2\r\n"s, v2(0x20, 0x00, ""),
        v2(0x20, 0x11, kIpv4Block), v2(0x20, 0x11, "short"), v2(0x20, 0xff, "junk"), v2(0x21, 0x00, ""),
        v2(0x21, 0x00, "anything"), v2(0x21, 0x31, unix_block), v2(0x21, 0x32, unix_block),
        v2(0x21, 0x12, kIpv4Block), v2(0x21, 0x22, kIpv6Block)})
    EXPECT_EQ(ends_of(header).destination, "own") << header << ": " << ends_of(header).source;
}

TEST(ProxyHeader, RefusesWhatIsNotExactlyOne) {
  for (const std::string& bytes : {"U"s,
                                   "USER mika\r\n"s,
                                   "\x16\x03\x01"s,
                                   "PROXX"s,
                                   "proxy TCP4 1.2.3.4 1.2.3.4 1 1\r\n"s,
                                   "PROXY\tTCP4"s,
                                   "PROXY TCP4 1.2.3.4 1.2.3.4 1 1\n"s,
                                   "PROXY TCP4 1.2.3.4 1.2.3.4 1 1\r\r\n"s,
                                   "PROXY \r\n"s,
                                   "PROXY TCP4\r\n"s,
                                   "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n"s,
                                   "PROXY TCP4 1.2.3.4 1.2.3.4 1 1 1\r\n"s,
                                   "PROXY TCP4  1.2.3.4 1.2.3.4 1 1\r\n"s,
                                   "PROXY TCP4 1.2.3.4 1.2.3.4 1 1 \r\n"s,
                                   "PROXY  TCP4 1.2.3.4 1.2.3.4 1 1\r\n"s,
                                   "PROXY TCP4 1.2.3.04 1.2.3.4 1 1\r\n"s,
                                   "PROXY TCP4 1.2.3 1.2.3.4 1 1\r\n"s,
                                   "PROXY TCP4 ::1 ::1 1 1\r\n"s,
                                   "PROXY TCP6 1.2.3.4 1.2.3.4 1 1\r\n"s,
                                   "PROXY TCP6 fe80::1%lo ::1 1 1\r\n"s,
                                   "PROXY TCP6 fe80::1%1 ::1 1 1\r\n"s,
                                   "PROXY TCP4 1.2.3.4 1.2.3.4 65536 1\r\n"s,
                                   "PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n"s,
                                   "PROXY TCP4 1.2.3.4 1.2.3.4 00 1\r\n"s,
                                   "PROXY TCP4 1.2.3.4 1.2.3.4 -1 1\r\n"s,
                                   "PROXY TCP4 1.2.3.4 1.2.3.4 +1 1\r\n"s,
                                   "PROXY TCP4 1.2.3.4 1.2.3.4 1 x\r\n"s,
                                   "PROXY TCP4 1.2.3.4\0 1.2.3.4 1 1\r\n"s,
                                   "PROXY UDP4 1.2.3.4 1.2.3.4 1 1\r\n"s,
                                   "PROXY UNKNOWNX\r\n"s,
                                   v2(0x11, 0x11, kIpv4Block),
                                   v2(0x31, 0x11, kIpv4Block),
                                   v2(0x22, 0x11, kIpv4Block),
                                   v2(0x21, 0x41, kIpv6Block),
                                   v2(0x21, 0x13, kIpv4Block),
                                   v2(0x21, 0x10, kIpv4Block),
                                   v2(0x21, 0x01, kIpv4Block),
                                   v2(0x21, 0x11, kIpv4Block.substr(1)),
                                   v2(0x21, 0x21, kIpv6Block.substr(1)),
                                   v2(0x21, 0x31, kIpv6Block),
                                   v2(0x21, 0x11, kIpv4Block + "\x04"),
                                   v2(0x21, 0x11, kIpv4Block + "\x04\x00\x02x"s),
                                   kSignature.substr(0, 11) + "X"}) {
    const auto parsed = parse_proxy_header(bytes);
    ASSERT_FALSE(parsed) << testing::PrintToString(bytes);
    EXPECT_EQ(parsed.error().kind, Errc::bad_syntax) << testing::PrintToString(bytes);
  }
}

TEST(ProxyHeader, IsBounded) {
  const std::string longest = "PROXY UNKNOWN " + std::string(107 - 16, 'x') + "\r\n";
  ASSERT_EQ(longest.size(), 107U);
  EXPECT_EQ(ends_of(longest).destination, "own");
  for (const std::string& bytes :
       {"PROXY UNKNOWN " + std::string(107 - 15, 'x') + "\r\n", "PROXY UNKNOWN " + std::string(93, 'x'),
        v2(0x21, 0x11, kIpv4Block + std::string(kMaxProxyHeader, '\0')).substr(0, 16)}) {
    const auto parsed = parse_proxy_header(bytes);
    ASSERT_FALSE(parsed) << bytes;
    EXPECT_EQ(parsed.error().kind, Errc::too_long);
  }
  EXPECT_EQ(
      ends_of(v2(0x21, 0x11, kIpv4Block + field(4, std::string(kMaxProxyHeader - 16 - 12 - 3, '\0')))).source,
      "192.0.2.7:56068");
}

TEST(ProxyHeader, SkipsFieldsAndChecksAChecksum) {
  EXPECT_EQ(
      ends_of(v2(0x21, 0x11, kIpv4Block + field(1, "ftp") + field(0xE0, "") + field(4, "padding"))).source,
      "192.0.2.7:56068");
  // Computed with an independent table-driven CRC-32C over the header with four zeros in the field.
  const std::string sum = "\x55\xA4\xC2\xA8"s;
  EXPECT_EQ(ends_of(v2(0x21, 0x11, kIpv4Block + field(3, sum))).source, "192.0.2.7:56068");
  for (std::size_t i = 0; i < 4; ++i) {
    std::string wrong = sum;
    wrong[i] = static_cast<char>(wrong[i] ^ 1);
    EXPECT_EQ(ends_of(v2(0x21, 0x11, kIpv4Block + field(3, wrong))).source,
              "PROXY header: the checksum is wrong");
  }
  EXPECT_EQ(ends_of(v2(0x21, 0x11, kIpv4Block + field(3, "abc"))).destination, "error");
}

// However it is cut: until the last byte is there more is asked for, and what follows is not looked at.
TEST(ProxyHeader, ComesInPiecesAndEndsWhereItEnds) {
  for (const std::string& header : {"PROXY TCP4 192.0.2.7 10.0.0.1 56068 21\r\n"s, "PROXY UNKNOWN\r\n"s,
                                    v2(0x20, 0, ""), v2(0x21, 0x21, kIpv6Block + field(4, "pad"))}) {
    for (std::size_t size = 0; size < header.size(); ++size) {
      const auto parsed = parse_proxy_header(header.substr(0, size));
      ASSERT_TRUE(parsed) << size << " of " << header << ": " << parsed.error().context;
      EXPECT_FALSE(*parsed) << size << " of " << header;
    }
    for (const char* behind : {"\r\n", "USER mika\r\n", "\x16\x03\x01\x02", "PROXY "}) {
      const auto parsed = parse_proxy_header(header + behind);
      ASSERT_TRUE(parsed && *parsed);
      EXPECT_EQ((*parsed)->size, header.size());
    }
  }
}

}  // namespace
}  // namespace ferry::net
