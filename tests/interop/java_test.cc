// Apache Commons Net from Java. Its FTPSClient starts a new TLS session on every data connection, which
// data_resumption = "preferred", the default, must let in. Under TLS 1.2 Java resumes by chance, when a passive
// port comes up again.
#include "tests/interop/client_fixture.h"

namespace ferry::test {
namespace {

constexpr char kLibrary[] = "/usr/share/java/commons-net.jar";

struct JavaWay {
  Wire wire;
  bool active;
};

std::string name_of_way(const testing::TestParamInfo<JavaWay>& info) {
  return name_of_wire({info.param.wire, 0}) + (info.param.active ? "_active" : "_passive");
}

class Java : public testing::TestWithParam<JavaWay>, public ForeignClient {};
INSTANTIATE_TEST_SUITE_P(Ways, Java,
                         testing::Values(JavaWay{Wire::clear, true}, JavaWay{Wire::tls12, false},
                                         JavaWay{Wire::tls13, false}),
                         name_of_way);

TEST_P(Java, CommonsNetDoesAllItCan) {
  const auto [wire, active] = GetParam();
  const Tree tree = difficult_tree();
  write_bytes(local("file"), some_bytes(1'500'003));
  make_tree(local("tree"), tree);
  const std::string version = wire == Wire::clear ? "clear" : wire == Wire::tls12 ? "TLSv1.2" : "TLSv1.3";
  expect_runs({"java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8", "-cp", kLibrary,
               script("CommonsNetClient.java"), port(), "mika", version, active ? "active" : "passive",
               dir_.path().string()},
              std::string(kPassword) + "\n");
  EXPECT_TRUE(same_tree(tree, read_tree(remote("up"))));
  EXPECT_TRUE(same_tree(tree, read_tree(local("back"))));
  EXPECT_EQ(did("200 PORT") || did("200 EPRT"), active);
  expect_logins_over(wire);
  EXPECT_TRUE(server_.is_settled("mika"));
}

}  // namespace
}  // namespace ferry::test
