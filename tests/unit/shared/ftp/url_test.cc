#include "shared/ftp/url.h"

#include <gtest/gtest.h>

#include <random>

namespace ferry::ftp {
namespace {

TEST(ParseUrl, ReadsEveryForm) {
  const struct {
    std::string_view text;
    Security security;
    std::string_view host;
    int port;
    std::string_view user, path;
  } rows[] = {
      {"ftp://host", Security::explicit_tls, "host", 0, "", ""},
      {"FTP://Host/", Security::explicit_tls, "Host", 0, "", "/"},
      {"ftps://host:990/pics/a%20b", Security::implicit_tls, "host", 990, "", "/pics/a b"},
      {"ftp://user@host:2121/path", Security::explicit_tls, "host", 2121, "user", "/path"},
      {"ftp://a%40b%3Ac@host", Security::explicit_tls, "host", 0, "a@b:c", ""},
      {"ftp://a@b@host", Security::explicit_tls, "host", 0, "a@b", ""},
      {"host", Security::explicit_tls, "host", 0, "", ""},
      {"host:2121", Security::explicit_tls, "host", 2121, "", ""},
      {"user@host/x", Security::explicit_tls, "host", 0, "user", "/x"},
      {"host/x://y", Security::explicit_tls, "host", 0, "", "/x://y"},
      {"192.0.2.1", Security::explicit_tls, "192.0.2.1", 0, "", ""},
      {"ftps://[::1]/", Security::implicit_tls, "::1", 0, "", "/"},
      {"[2001:db8::1]:21", Security::explicit_tls, "2001:db8::1", 21, "", ""},
      {"ftp://[fe80::1%25eth0]/", Security::explicit_tls, "fe80::1%eth0", 0, "", "/"},
      {"[fe80::1%eth0]", Security::explicit_tls, "fe80::1%eth0", 0, "", ""},
      {"::1", Security::explicit_tls, "::1", 0, "", ""},
      {"ftp://h/a;type=i", Security::explicit_tls, "h", 0, "", "/a"},
      {"ftp://h/a;type=x", Security::explicit_tls, "h", 0, "", "/a;type=x"},
      {"ftp://h/%2Fetc//x?y#z", Security::explicit_tls, "h", 0, "", "//etc//x?y#z"},
      {"ftp://h/Gr\xc3\xbc\xc3\x9f", Security::explicit_tls, "h", 0, "", "/Gr\xc3\xbc\xc3\x9f"},
  };
  for (const auto& row : rows) {
    const auto url = parse_url(row.text);
    ASSERT_TRUE(url) << row.text;
    EXPECT_EQ(url->security, row.security) << row.text;
    EXPECT_EQ(url->host, row.host) << row.text;
    EXPECT_EQ(url->port, row.port) << row.text;
    EXPECT_EQ(url->user.value_or(""), row.user) << row.text;
    EXPECT_EQ(url->path, row.path) << row.text;
  }
}

TEST(ParseUrl, RefusesAPasswordWithoutRepeatingIt) {
  for (const std::string_view text : {"ftp://user:hunter2@host", "user:hunter2@host/x", "ftp://user:@host",
                                      "ftp://:hunter2@host", "ftp://u:a@hunter2@host"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().kind, Errc::permission) << text;
    EXPECT_EQ(url.error().context.find("hunter2"), std::string::npos);
  }
  EXPECT_EQ(parse_url("ftp://user:hun/ter2@host").error().context.find("hun"), std::string::npos);
}

TEST(ParseUrl, RefusesHostileText) {
  const std::string_view texts[] = {"",
                                    "/",
                                    "ftp://",
                                    "ftp:///x",
                                    "http://host/",
                                    "file:///etc/passwd",
                                    "sftp://host",
                                    "://host",
                                    "ftp://@host",
                                    "ftp://user@",
                                    "host:",
                                    "host:0",
                                    "host:65536",
                                    "host:+21",
                                    "host:21x",
                                    "host:21:22",
                                    "-oProxyCommand=x",
                                    ".host",
                                    "ho st",
                                    "ho\tst",
                                    "host\n",
                                    "h%6Fst",
                                    "[::1",
                                    "[]",
                                    "[host]",
                                    "[::1]x",
                                    "[::1]:",
                                    "[::1%]",
                                    "[::1%a b]",
                                    "::1::",
                                    "ftp://h/%",
                                    "ftp://h/%4",
                                    "ftp://h/%zz",
                                    "ftp://h/a%0d%0aDELE%20x",
                                    "ftp://h/a%00b",
                                    "ftp://a%0Ab@h/",
                                    "ftp://h/a\nb",
                                    std::string_view("ho\0st", 5),
                                    std::string_view("[::1\0]", 6)};
  for (const auto text : texts) EXPECT_EQ(parse_url(text).error().kind, Errc::bad_syntax) << text;
  EXPECT_FALSE(parse_url(std::string(256, 'h')));
}

TEST(Url, HasADefaultPort) {
  EXPECT_EQ(parse_url("ftp://h")->effective_port(), 21);
  EXPECT_EQ(parse_url("ftps://h")->effective_port(), 990);
  EXPECT_EQ(parse_url("ftps://h:7")->effective_port(), 7);
}

TEST(FormatUrl, IsReadBackUnchanged) {
  std::mt19937 random(14);
  const std::string hosts[] = {"host", "a-b.example", "::1", "fe80::1%eth0", "192.0.2.1"};
  for (int round = 0; round < 3'000; ++round) {
    Url url;
    url.security = random() % 2 == 0 ? Security::explicit_tls : Security::implicit_tls;
    url.host = hosts[random() % std::size(hosts)];
    url.port = random() % 2 == 0 ? 0 : static_cast<std::uint16_t>(1 + random() % 65535);
    const auto random_text = [&random] {
      std::string text;
      for (auto left = random() % 8; left > 0; --left)
        if (const char c = static_cast<char>(random()); c != '\0' && c != '\r' && c != '\n') text += c;
      return text;
    };
    if (random() % 2 == 0) url.user = "u" + random_text();
    if (random() % 2 == 0) url.path = "/" + random_text();
    const std::string text = format_url(url);
    const auto back = parse_url(text);
    ASSERT_TRUE(back) << text;
    EXPECT_EQ(back->security, url.security);
    EXPECT_EQ(back->host, url.host);
    EXPECT_EQ(back->port, url.port);
    EXPECT_EQ(back->user, url.user) << text;
    EXPECT_EQ(back->path, url.path) << text;
  }
  EXPECT_EQ(format_url(Url{Security::clear, "h", 0, "a b", "/x;type=i"}), "ftp://a%20b@h/x%3Btype%3Di");
}

}  // namespace
}  // namespace ferry::ftp
