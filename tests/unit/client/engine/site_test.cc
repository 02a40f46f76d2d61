#include "client/engine/site.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

TEST(RemotePath, OfAUrlIsRelativeToTheLoginFolder) {
  EXPECT_EQ(remote_path("/home/akira", ""), "/home/akira");
  EXPECT_EQ(remote_path("/home/akira", "/"), "/home/akira");
  EXPECT_EQ(remote_path("/home/akira", "/pics/a b"), "/home/akira/pics/a b");
  EXPECT_EQ(remote_path("/", "/pics"), "/pics");
}

TEST(RemotePath, WithTwoSlashesIsAbsolute) {
  EXPECT_EQ(remote_path("/home/akira", "//etc/x"), "/etc/x");
}

TEST(Site, NamesIpv6InBrackets) {
  Site site;
  site.host = "::1";
  site.port = 2121;
  EXPECT_EQ(site.key(), "[::1]:2121");
}

TEST(Site, HasAddressesThatLeadBackToIt) {
  Site site;
  site.host = "::1";
  site.port = 2121;
  const std::string address = url_of(site, "aki ra", "/pics/a b%\xff");
  EXPECT_EQ(address, "ftp://aki%20ra@[::1]:2121//pics/a%20b%25%FF");
  const auto url = ftp::parse_url(address);
  ASSERT_TRUE(url);
  EXPECT_EQ(site_of(*url).key(), site.key());
  EXPECT_EQ(remote_path("/home/akira", url->path), "/pics/a b%\xff");
}

TEST(Site, SpellsEveryHostInOneWay) {
  EXPECT_EQ(canonical_host("Files.Example.ORG."), "files.example.org");
  EXPECT_EQ(canonical_host("."), ".");
  EXPECT_EQ(canonical_host("fe80::1%Eth0"), "fe80::1%Eth0");
}

}  // namespace
}  // namespace ferry::client
