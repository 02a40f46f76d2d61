// GNU Wget: recursive and resumed downloads, the latter over TLS with each of its versions as well.
#include <signal.h>

#include "tests/interop/client_fixture.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

class Wget : public testing::TestWithParam<Wire>, public ForeignClient {
 protected:
  explicit Wget(Strings sets = {}) : ForeignClient(std::move(sets)) {
    // In a .wgetrc, which no process list shows.
    write_bytes(local("wgetrc"), fmt::format("ftp_user = mika\nftp_password = {}\ntries = 2\n", kPassword));
    fs::permissions(local("wgetrc"), fs::perms::owner_read | fs::perms::owner_write);
  }
  // The URL comes last.
  Strings command(Strings arguments, const std::string& port_and_path) const {
    const bool tls = GetParam() != Wire::clear;
    Strings argv = {"wget", "--no-verbose", "--config", local("wgetrc").string()};
    if (tls) argv.push_back("--no-check-certificate");
    // Through GnuTLS; --secure-protocol=TLSv1_2 would be a lower limit only.
    if (tls)
      argv.push_back(
          fmt::format("--ciphers=NORMAL:-VERS-TLS-ALL:+VERS-TLS1.{}", GetParam() == Wire::tls12 ? 2 : 3));
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    argv.push_back((tls ? "ftps://127.0.0.1:" : "ftp://127.0.0.1:") + port_and_path);
    return argv;
  }
};
INSTANTIATE_TEST_SUITE_P(Wires, Wget, testing::Values(Wire::clear, Wire::tls12, Wire::tls13), name_of_wire);

TEST_P(Wget, GoesOnWithADownloadThatWasCut) {
  const std::string bytes = some_bytes(12'000'003);
  server_.put_file("mika", "file", bytes);
  {
    ChildOptions options;
    options.working_dir = dir_.path();
    options.environment = {{"HOME", dir_.path().string()}};
    const ChildProcess killed(command({"--limit-rate=1M"}, port() + "/file"), options);
    ASSERT_TRUE(wait_until([&] {
      return fs::exists(local("file")) && fs::file_size(local("file")) > 100'000;
    })) << killed.err();
    killed.send_signal(SIGKILL);
    ASSERT_EQ(killed.wait(10s), 128 + SIGKILL);
  }
  const auto had = fs::file_size(local("file"));
  ASSERT_LT(had, bytes.size());
  expect_runs(command({"--continue"}, port() + "/file"));
  EXPECT_TRUE(read_bytes(local("file")) == bytes);
  EXPECT_TRUE(did(fmt::format("350 REST {}", had))) << server_.log("operate.log");
  expect_logins_over(GetParam());
}

class WgetInClear : public Wget {};
INSTANTIATE_TEST_SUITE_P(Wires, WgetInClear, testing::Values(Wire::clear), name_of_wire);

TEST_P(WgetInClear, FetchesTheDifficultTree) {
  Tree tree = difficult_tree();
  server_.put_file("mika", "tree", std::nullopt);
  for (const auto& [path, content] : tree) server_.put_file("mika", "tree/" + path, content);
  expect_runs(
      command({"--recursive", "--level=inf", "--no-host-directories", "--restrict-file-names=nocontrol"},
              port() + "/tree/"));
  // wget takes names off LIST without the blanks in front of them, shortens those of 255 bytes and reads
  // "%41" as "A" when it names its own file.
  Tree fetched = read_tree(local("tree"));
  for (auto* each : {&tree, &fetched}) {
    std::erase_if(*each, [](const auto& entry) {
      const std::string& path = entry.first;
      const std::string leaf = path.substr(path.rfind('/') + 1);
      return leaf.starts_with(" ") || leaf.size() > 230 || leaf == "%41%2F.txt" || leaf == "A%2F.txt";
    });
  }
  EXPECT_GT(tree.size(), 90u);
  EXPECT_TRUE(same_tree(tree, fetched));
  expect_logins_over(GetParam());
}

class ImplicitWget : public Wget {
 protected:
  ImplicitWget() : Wget({"implicit_tls_listen=127.0.0.1:0"}) {}
};
INSTANTIATE_TEST_SUITE_P(Wires, ImplicitWget, testing::Values(Wire::tls12, Wire::tls13), name_of_wire);

TEST_P(ImplicitWget, FetchesAFile) {
  const std::string bytes = some_bytes(1'000'003);
  server_.put_file("mika", "file", bytes);
  expect_runs(command({"--ftps-implicit"}, std::to_string(server_.implicit_port()) + "/file"));
  EXPECT_TRUE(read_bytes(local("file")) == bytes);
  EXPECT_FALSE(did("234 AUTH"));
  expect_logins_over(GetParam());
}

}  // namespace
}  // namespace ferry::test
