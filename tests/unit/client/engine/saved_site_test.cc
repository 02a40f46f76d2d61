#include "client/engine/saved_site.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

const std::string kText =
    "# my servers\n"
    "\n"
    "# the one at work\n"
    "[example]\n"
    "host = \"Files.Example.ORG.\"  # moved in May\n"
    "user = \"akira\"\n"
    "# the folder of this year\n"
    "folder = \"/pics/二〇二四\" # 写真\n"
    "\n"
    "# at home\n"
    "[\"夏祭り\"]\n"
    "host = \"::1\"\n"
    "port = 2121\n"
    "tls = \"off\"\n"
    "active = true\n"
    "charset = \"CP932\"\n"
    "\n"
    "[backup]\n"
    "host = \"backup.example.org\"\n"
    "tls = 'implicit'\n"
    "ca = \"/etc/ca.pem\"\n"
    "pin = \"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n";

SavedSite site_in(const std::string& text, std::string_view name) {
  const auto sites = parse_sites(text);
  EXPECT_TRUE(sites) << sites.error().context;
  for (const auto& site : *sites) {
    if (site.name == name) return site;
  }
  ADD_FAILURE() << "no " << name;
  return {};
}

std::string with(const std::string& text, const std::string& old, const std::string& now) {
  std::string changed = text;
  const auto at = changed.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return changed.replace(at, old.size(), now);
}

TEST(SavedSites, AreReadInTheirOrder) {
  const auto sites = parse_sites(kText);
  ASSERT_TRUE(sites) << sites.error().context;
  ASSERT_EQ(sites->size(), 3u);
  EXPECT_EQ(sites->at(0).name, "example");
  EXPECT_EQ(sites->at(0).host, "files.example.org");
  EXPECT_EQ(sites->at(0).folder, "/pics/二〇二四");
  EXPECT_EQ(sites->at(1).name, "夏祭り");
  EXPECT_EQ(sites->at(1).site().key(), "[::1]:2121");
  EXPECT_EQ(sites->at(1).security, ftp::Security::clear);
  EXPECT_TRUE(sites->at(1).active);
  EXPECT_EQ(sites->at(1).site().charset, "CP932");
  EXPECT_EQ(sites->at(2).site().key(), "backup.example.org:990");
  EXPECT_EQ(sites->at(2).site().saved_as, "backup");
  EXPECT_EQ(spell_fingerprint(sites->at(2).pin), "sha256:" + std::string(64, 'A'));
}

TEST(SavedSites, AMistakeIsToldWithItsLine) {
  const std::vector<std::pair<std::string, std::string>> mistakes{
      {"[ab]\nhost = \"h\"\npinn = \"x\"\n", "3:1: there is no key pinn"},
      {"[ab]\nuser = \"x\"\n", "the site has no host"},
      {"host = \"h\"\n", "1:1: there is no setting host"},
      {"[ab]\nhost = \"h\"\nport = 70000\n", "3:1: port: "},
      {"[ab]\nhost = \"h\"\nport = \"21\"\n", "3:1: port: "},
      {"[ab]\nhost = \"h/x\"\n", "2:1: host: "},
      {"[ab]\nhost = \"u@h\"\n", "2:1: host: "},
      {"[ab]\nhost = \"h\"\ntls = \"on\"\n", "3:1: tls: "},
      {"[ab]\nhost = \"h\"\nuser = \"a\\nb\"\n", "3:1: user: "},
      {"[ab]\nhost = \"h\"\npin = \"sha256:12\"\n", "3:1: pin: "},
      {"[ab]\nhost = \"h\"\nca = \"ca.pem\"\n", "3:1: ca: "},
      {"[ab]\nhost = \"h\"\ncharset = \"klingon\"\n", "3:1: charset: "},
      {"[a]\nhost = \"h\"\n", "cannot be the name"},
      {"[ab]\nhost = \"h\"\n[ab]\nhost = \"i\"\n", "3:"},
      {"[\nab]\n", "1:1: "},
      {"[ab\n", "1:"}};
  for (const auto& [text, told] : mistakes) {
    const auto sites = parse_sites(text);
    ASSERT_FALSE(sites) << text;
    EXPECT_EQ(sites.error().kind, Errc::bad_syntax);
    EXPECT_NE(sites.error().context.find(told), std::string::npos) << text << sites.error().context;
  }
}

TEST(SavedSites, AreAddedBehindTheOthers) {
  SavedSite fresh;
  fresh.name = "new.one";
  fresh.host = "new.example.org";
  fresh.folder = "a \"b\" \\c";
  const auto text = put_site(kText, fresh);
  ASSERT_TRUE(text) << text.error().context;
  EXPECT_EQ(*text, kText + "\n[\"new.one\"]\nhost = \"new.example.org\"\nfolder = \"a \\\"b\\\" \\\\c\"\n");
  EXPECT_EQ(site_in(*text, "new.one"), fresh);
  const auto first = put_site("", fresh);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->front(), '#');
  EXPECT_EQ(parse_sites(*first)->size(), 1u);
}

TEST(SavedSites, AnEditChangesItsLinesOnly) {
  SavedSite site = site_in(kText, "example");
  site.folder = "/音";
  EXPECT_EQ(*put_site(kText, site), with(kText, "\"/pics/二〇二四\"", "\"/音\""));
  site.port = 2121;
  EXPECT_EQ(*put_site(kText, site),
            with(kText, "\"/pics/二〇二四\" # 写真\n", "\"/音\" # 写真\nport = 2121\n"));
  site = site_in(kText, "example");
  site.user.clear();
  EXPECT_EQ(*put_site(kText, site), with(kText, "user = \"akira\"\n", ""));
  site = site_in(kText, "backup");
  site.security = ftp::Security::clear;
  site.pin.clear();
  EXPECT_EQ(site_in(*put_site(kText, site), "backup"), site);
}

TEST(SavedSites, AnEditReachesValuesOverSeveralLinesAndAnEndWithoutNewline) {
  const std::string text = "[ab]\nuser = \"\"\"\\\n  aki\\\n  ra\"\"\" # who\nhost = \"h\"";
  SavedSite site = site_in(text, "ab");
  ASSERT_EQ(site.user, "akira");
  site.user = "mika";
  site.port = 5;
  EXPECT_EQ(*put_site(text, site), "[ab]\nuser = \"mika\" # who\nhost = \"h\"\nport = 5\n");
}

TEST(SavedSites, ARemovedOneTakesItsLinesAlong) {
  EXPECT_EQ(
      *drop_site(kText, "夏祭り"),
      with(kText,
           "[\"夏祭り\"]\nhost = \"::1\"\nport = 2121\ntls = \"off\"\nactive = true\ncharset = \"CP932\"\n",
           ""));
  EXPECT_EQ(parse_sites(*drop_site(kText, "backup"))->size(), 2u);
  EXPECT_EQ(drop_site(kText, "nosuch").error().kind, Errc::not_found);
}

TEST(SavedSites, WhatCannotBeEditedByLinesIsLeftAlone) {
  for (const std::string text :
       {"ab = {host = \"h\", user = \"u\"}\n", "ab.host = \"h\"\nab.user = \"u\"\n"}) {
    SavedSite site = site_in(text, "ab");
    site.user = "other";
    const auto changed = put_site(text, site);
    ASSERT_FALSE(changed) << *changed;
    EXPECT_EQ(changed.error().kind, Errc::unsupported);
    EXPECT_FALSE(drop_site(text, "ab"));
  }
}

TEST(SavedSites, AValueThatTomlCannotHoldIsRefused) {
  SavedSite site;
  site.name = "ab";
  site.host = "h";
  site.folder = "\xff\xfe";
  EXPECT_EQ(put_site("", site).error().kind, Errc::name_refused);
  site.folder = "a\tb";
  EXPECT_EQ(put_site("", site).error().kind, Errc::name_refused);
}

TEST(SavedSites, AKeyIsTakenAway) {
  SavedSite site = site_in(kText, "backup");
  EXPECT_TRUE(unset_key(site, "pin"));
  EXPECT_TRUE(unset_key(site, "tls"));
  EXPECT_EQ(site_lines(site), (std::vector<std::pair<std::string, std::string>>{
                                  {"host", "backup.example.org"}, {"ca", "/etc/ca.pem"}}));
  EXPECT_FALSE(unset_key(site, "host"));
  EXPECT_FALSE(unset_key(site, "nonsense"));
}

TEST(SiteOperand, IsANameAColonAndAPath) {
  const auto operand = parse_site_operand("example:a b/c:d");
  ASSERT_TRUE(operand);
  EXPECT_EQ(operand->name, "example");
  EXPECT_EQ(operand->path, "a b/c:d");
  EXPECT_EQ(parse_site_operand("夏祭り:")->path, "");
  EXPECT_EQ(parse_site_operand("files.example.org:/etc")->path, "/etc");
}

TEST(SiteOperand, IsNothingThatLooksOtherwise) {
  for (const char* other :
       {"example",      "./example:x", "a/b:c",       "/example:x",  "C:\\pics",     "C:/pics",
        "c:",           "::1",         "[::1]:/x",    "fe80::1",     "fe80::1%eth0", "fe80::1/pics",
        "ftp://host/x", "ftps:x",      "user@host:x", "two words:x", "-r:x",         ":x",
        ".hidden:x",    "\x1b[2J:x",   "\xff\xff:x"}) {
    EXPECT_FALSE(parse_site_operand(other)) << other;
  }
}

TEST(SiteFolder, IsWherePathsBegin) {
  SavedSite site;
  EXPECT_EQ(path_on_site(site, ""), "");
  EXPECT_EQ(path_on_site(site, "a"), "a");
  site.folder = "/pics";
  EXPECT_EQ(path_on_site(site, ""), "/pics/");
  EXPECT_EQ(path_on_site(site, "a/b"), "/pics/a/b");
  EXPECT_EQ(path_on_site(site, "/a"), "/a");
  site.folder = "pics/";
  EXPECT_EQ(path_on_site(site, "a"), "pics/a");
}

}  // namespace
}  // namespace ferry::client
