// Perl's Net::FTP, with IO::Socket::SSL, which cannot resume TLS sessions on data connections.
#include "tests/interop/client_fixture.h"

namespace ferry::test {
namespace {

struct PerlWay {
  Wire wire;
  bool active;
};

std::string name_of_way(const testing::TestParamInfo<PerlWay>& info) {
  return name_of_wire({info.param.wire, 0}) + (info.param.active ? "_active" : "_passive");
}

class Perl : public testing::TestWithParam<PerlWay>, public ForeignClient {};
INSTANTIATE_TEST_SUITE_P(Ways, Perl,
                         testing::Values(PerlWay{Wire::clear, false}, PerlWay{Wire::clear, true},
                                         PerlWay{Wire::tls12, false}, PerlWay{Wire::tls13, false}),
                         name_of_way);

const char* version_of(Wire wire) {
  return wire == Wire::clear ? "clear" : wire == Wire::tls12 ? "TLSv1_2" : "TLSv1_3";
}

TEST_P(Perl, NetFtpDoesAllItCan) {
  const auto [wire, active] = GetParam();
  write_bytes(local("file"), some_bytes(2'000'003));
  expect_runs({"perl", script("net_ftp_client.pl"), port(), "mika", version_of(wire),
               active ? "active" : "passive", dir_.path().string()},
              std::string(kPassword) + "\n");
  EXPECT_EQ(did("200 PORT") || did("200 EPRT"), active);
  expect_logins_over(wire);
  EXPECT_TRUE(server_.is_settled("mika"));
}

class PerlTree : public testing::TestWithParam<Wire>, public ForeignClient {};
INSTANTIATE_TEST_SUITE_P(Wires, PerlTree, testing::Values(Wire::clear, Wire::tls12, Wire::tls13),
                         name_of_wire);

TEST_P(PerlTree, NetFtpCopiesTheDifficultTreeBothWays) {
  const Tree tree = difficult_tree();
  make_tree(local("tree"), tree);
  expect_runs(
      {"perl", script("net_ftp_tree.pl"), port(), "mika", version_of(GetParam()), dir_.path().string()},
      std::string(kPassword) + "\n");
  EXPECT_TRUE(same_tree(tree, read_tree(remote("up"))));
  EXPECT_TRUE(same_tree(tree, read_tree(local("back"))));
  expect_logins_over(GetParam());
  EXPECT_TRUE(server_.is_settled("mika"));
}

}  // namespace
}  // namespace ferry::test
