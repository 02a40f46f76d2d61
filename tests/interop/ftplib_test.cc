// Python's ftplib with a whole tree and with each version of TLS. It cannot resume TLS sessions on data
// connections.
#include "tests/interop/client_fixture.h"

namespace ferry::test {
namespace {

class Ftplib : public testing::TestWithParam<Wire>, public ForeignClient {
 protected:
  void python(const std::string& program, bool active) {
    expect_runs({"python3", "-B", script(program), "127.0.0.1", port(), "mika", name_of_wire({GetParam(), 0}),
                 active ? "active" : "passive", dir_.path().string()},
                std::string(kPassword) + "\n");
    EXPECT_EQ(did("200 PORT") || did("200 EPRT"), active);
    EXPECT_EQ(did("227 PASV") || did("229 EPSV"), !active);
    expect_logins_over(GetParam());
    EXPECT_TRUE(server_.is_settled("mika"));
  }
};
INSTANTIATE_TEST_SUITE_P(Wires, Ftplib, testing::Values(Wire::clear, Wire::tls12, Wire::tls13), name_of_wire);

TEST_P(Ftplib, CopiesTheDifficultTreeBothWays) {
  const Tree tree = difficult_tree();
  make_tree(local("tree"), tree);
  python("ftplib_tree.py", false);
  EXPECT_TRUE(same_tree(tree, read_tree(remote("up"))));
  EXPECT_TRUE(same_tree(tree, read_tree(local("back"))));
}

TEST_P(Ftplib, DoesAllItCanInActiveMode) {
  const std::string bytes = some_bytes(1'000'003);
  write_bytes(local("file"), bytes);
  write_bytes(local("empty"), "");
  write_bytes(local("half"), bytes.substr(0, 400'000));
  python("ftplib_client.py", true);
  EXPECT_TRUE(read_bytes(local("half")) == bytes);
  EXPECT_TRUE(did("350 REST 400000"));
}

}  // namespace
}  // namespace ferry::test
