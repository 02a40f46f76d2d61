// lftp with whole trees and with transfers that broke off.
#include <signal.h>

#include "tests/interop/client_fixture.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class Lftp : public testing::TestWithParam<Wire>, public ForeignClient {
 protected:
  // The password in a script, which no process list shows. This lftp speaks TLS through GnuTLS.
  fs::path script_of(const std::string& commands) const {
    const Wire wire = GetParam();
    const bool tls = wire != Wire::clear;
    const std::string priority =
        fmt::format("NORMAL:-VERS-TLS-ALL:+VERS-TLS1.{}", wire == Wire::tls12 ? 2 : 3);
    write_bytes(local("lftp-script"),
                fmt::format("set cmd:fail-exit yes\nset net:max-retries 2\nset net:timeout 60\n"
                            "set ssl:verify-certificate no\nset ftp:ssl-allow {0}\nset ftp:ssl-force {0}\n"
                            "set ftp:ssl-protect-data true\nset ssl:priority {1}\n"
                            "open -u mika,{2} ftp://127.0.0.1:{3}\n{4}",
                            tls, priority, kPassword, server_.port(), commands));
    return local("lftp-script");
  }
  // A REST before the STOR, or an APPE.
  bool went_on_with_upload() const {
    const std::string log = server_.log("operate.log");
    const auto rest = log.find("code=350 REST ");
    return did("226 APPE") || rest < log.find("code=226 STOR file");
  }
  void lftp(const std::string& commands) { expect_runs({"lftp", "-f", script_of(commands).string()}); }
};
INSTANTIATE_TEST_SUITE_P(Wires, Lftp, testing::Values(Wire::clear, Wire::tls12, Wire::tls13), name_of_wire);

TEST_P(Lftp, MirrorsTheDifficultTreeBothWays) {
  const Tree tree = difficult_tree();
  make_tree(local("tree"), tree);
  lftp("mirror -R --parallel=4 tree up\nmirror --parallel=4 up back\n");
  EXPECT_TRUE(same_tree(tree, read_tree(remote("up"))));
  EXPECT_TRUE(same_tree(tree, read_tree(local("back"))));
  expect_logins_over(GetParam());
  EXPECT_TRUE(server_.is_settled("mika"));
}

TEST_P(Lftp, GetsOneFileOverFourConnections) {
  const std::string bytes = some_bytes(4'000'003);
  server_.put_file("mika", "file", bytes);
  // Limited, so that the first connection is not done before the others are there.
  lftp("set pget:min-chunk-size 100K\nset net:limit-rate 1M\npget -n 4 file -o back\n");
  EXPECT_TRUE(read_bytes(local("back")) == bytes);
  // The first part starts at 0; lftp gives a part to whichever connection is free, so that not each has one.
  const std::string log = server_.log("operate.log");
  std::size_t parts = 1;
  for (auto at = log.find("code=350 REST "); at != log.npos; at = log.find("code=350 REST ", at + 1)) ++parts;
  EXPECT_GE(parts, 2u) << log;
}

TEST_P(Lftp, GoesOnWithBrokenOffFiles) {
  const std::string bytes = some_bytes(3'000'001);
  write_bytes(local("file"), bytes);
  {
    const std::string slow = script_of("set net:limit-total-rate 400K\nput file\n").string();
    ChildOptions options;
    options.working_dir = dir_.path();
    options.environment = {{"HOME", dir_.path().string()}};
    const ChildProcess killed({"lftp", "-f", slow}, options);
    ASSERT_TRUE(wait_until([&] { return server_.disk_usage("mika").bytes > 500'000; }));
    killed.send_signal(SIGKILL);
    ASSERT_EQ(killed.wait(10s), 128 + SIGKILL);
  }
  EXPECT_FALSE(fs::exists(remote("file")));
  ASSERT_TRUE(server_.is_settled("mika"));
  write_bytes(local("back"), bytes.substr(0, 1'234'567));
  lftp("put -c file\nget -c file -o back\n");
  EXPECT_TRUE(read_bytes(remote("file")) == bytes);
  EXPECT_TRUE(read_bytes(local("back")) == bytes);
  EXPECT_TRUE(did("350 REST 1234567"));
  EXPECT_TRUE(went_on_with_upload()) << server_.log("operate.log");
  EXPECT_TRUE(server_.is_settled("mika"));
}

TEST_P(Lftp, GoesOnByTheOldNamesInActiveMode) {
  const std::string bytes = some_bytes(1'500'003);
  write_bytes(local("file"), bytes);
  write_bytes(local("back"), bytes.substr(0, 500'001));
  server_.put_file("mika", "file", bytes.substr(0, 700'000));
  ASSERT_TRUE(server_.store().set_usage(server_.store().find_account("mika")->id, 700'000, 1));
  lftp("set ftp:passive-mode no\nreput file\nreget file -o back\n");
  EXPECT_TRUE(read_bytes(remote("file")) == bytes);
  EXPECT_TRUE(read_bytes(local("back")) == bytes);
  EXPECT_TRUE(did("350 REST 500001"));
  EXPECT_TRUE(went_on_with_upload()) << server_.log("operate.log");
  EXPECT_TRUE(did("200 PORT") || did("200 EPRT"));
  EXPECT_FALSE(did("227 PASV") || did("229 EPSV"));
  expect_logins_over(GetParam());
  EXPECT_TRUE(server_.is_settled("mika"));
}

}  // namespace
}  // namespace ferry::test
