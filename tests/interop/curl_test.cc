// curl with whole trees, with transfers that were cut, with parts of files, and with each version of TLS.
#include <signal.h>

#include "shared/base/ascii.h"
#include "tests/interop/client_fixture.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

// A path as a URL has it; the slashes stay.
std::string escaped(const std::string& path) {
  std::string out;
  for (const char c : path)
    out += is_ascii_alnum(c) || c == '/' ? std::string(1, c)
                                         : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return out;
}

// A word of a --config file.
std::string quoted(const std::string& word) {
  std::string out = "\"";
  for (const char c : word) out += c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
  return out + "\"";
}

// curl makes no folder that no file lies in, and (before 8) no file out of no bytes.
Tree without_empty_ones(Tree tree) {
  std::erase_if(tree, [](const auto& entry) { return entry.second == ""; });
  Tree kept;
  for (const auto& [path, content] : tree) {
    const auto next = tree.upper_bound(path + "/");
    if (content || (next != tree.end() && next->first.starts_with(path + "/"))) kept.emplace(path, content);
  }
  return kept.size() == tree.size() ? kept : without_empty_ones(kept);
}

class Curl : public testing::TestWithParam<Wire>, public ForeignClient {
 protected:
  explicit Curl(Strings sets = {}) : ForeignClient(std::move(sets)) { write_netrc(); }

  std::string url(const std::string& path) const { return "ftp://127.0.0.1:" + port() + "/" + escaped(path); }
  static Strings version_of(Wire wire) {
    if (wire == Wire::clear) return {};
    if (wire == Wire::tls12) return {"--insecure", "--tls-max", "1.2"};
    return {"--insecure", "--tlsv1.3"};
  }
  // The login from $HOME/.netrc; -q: no ~/.curlrc.
  static Strings command(const Strings& arguments) {
    Strings argv = {"curl", "-q", "--netrc", "--silent", "--show-error", "--globoff"};
    const Strings version = version_of(GetParam());
    argv.insert(argv.end(), version.begin(), version.end());
    if (GetParam() != Wire::clear) argv.push_back("--ssl-reqd");
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return argv;
  }
  RunResult curl(const Strings& arguments, const std::string& input = "") {
    auto result = run_client(command(arguments), input);
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
    return result;
  }
  // Many files at once from a --config file: in one row, curl 7.88 sleeps a second before most of them. Its
  // connections share one cache of TLS sessions, and no data connection may resume another's.
  static Strings in_parallel() {
    return {"--parallel", "--parallel-max", "8", "--no-sessionid", "--config", "-"};
  }
  // One transfer of each file of the tree, as a --config file.
  std::string transfers(const Tree& tree, bool up, const std::string& remote_folder,
                        const std::string& folder) {
    std::string config;
    for (const auto& [path, content] : tree) {
      if (!content) continue;
      config += fmt::format("url = {}\n{} = {}\n", quoted(url(remote_folder + "/" + path)),
                            up ? "upload-file" : "output", quoted(local(folder) / path));
    }
    return config;
  }
  // Runs curl until `is_under_way`, and kills it.
  template <typename Condition>
  void cut(const Strings& arguments, Condition is_under_way) {
    ChildOptions options;
    options.working_dir = dir_.path();
    options.environment = {{"HOME", dir_.path().string()}};
    Strings slow = command(arguments);
    slow.insert(slow.end(), {"--limit-rate", "300K"});
    const ChildProcess killed(slow, options);
    ASSERT_TRUE(wait_until(is_under_way)) << killed.err();
    killed.send_signal(SIGKILL);
    ASSERT_EQ(killed.wait(10s), 128 + SIGKILL);
  }
};
INSTANTIATE_TEST_SUITE_P(Wires, Curl, testing::Values(Wire::clear, Wire::tls12, Wire::tls13), name_of_wire);

TEST_P(Curl, CopiesTheDifficultTreeBothWaysInParallel) {
  const Tree tree = without_empty_ones(difficult_tree());
  make_tree(local("tree"), tree);
  const Strings how = in_parallel();
  Strings up = how, down = how;
  up.push_back("--ftp-create-dirs");
  down.push_back("--create-dirs");
  curl(up, transfers(tree, true, "up", "tree"));
  EXPECT_TRUE(same_tree(tree, read_tree(remote("up"))));
  curl(down, transfers(tree, false, "up", "back"));
  EXPECT_TRUE(same_tree(tree, read_tree(local("back"))));
  expect_logins_over(GetParam());
  EXPECT_TRUE(server_.is_settled("mika"));
}

// multicwd: a CWD per folder; singlecwd: one for all of them; nocwd: none, the path goes with RETR and LIST.
TEST_P(Curl, FindsTheDifficultTreeByEveryMethod) {
  const Tree tree = without_empty_ones(difficult_tree({"big"}));
  server_.put_file("mika", "in", std::nullopt);
  for (const auto& [path, content] : tree) server_.put_file("mika", "in/" + path, content);
  for (const std::string method : {"multicwd", "singlecwd", "nocwd"}) {
    Strings down = in_parallel();
    down.insert(down.end(), {"--ftp-method", method, "--create-dirs"});
    curl(down, transfers(tree, false, "in", method));
    EXPECT_TRUE(same_tree(tree, read_tree(local(method)))) << method;
    const std::string listed = curl({"--ftp-method", method, url("in/日本語/夏祭り 2026/")}).out;
    EXPECT_NE(listed.find(" 花火.jpg"), std::string::npos) << method << listed;
  }
  EXPECT_TRUE(did("250 CWD 夏祭り 2026"));
  EXPECT_TRUE(did("250 CWD in/日本語/夏祭り 2026"));
  EXPECT_TRUE(did("226 RETR in/日本語/夏祭り 2026/花火.jpg"));
  EXPECT_TRUE(did("226 LIST in/日本語/夏祭り 2026")) << server_.log("operate.log");
}

TEST_P(Curl, GoesOnWithTransfersThatWereCut) {
  const std::string bytes = some_bytes(12'000'003);
  write_bytes(local("file"), bytes);
  cut({"--upload-file", "file", url("up")}, [&] { return server_.disk_usage("mika").bytes > 100'000; });
  // In clear this curl sends no ALLO, and the kernel of a killed client may close the data connection before
  // the control connection: then what came looks whole. Only TLS tells the two apart.
  if (GetParam() != Wire::clear) {
    EXPECT_FALSE(fs::exists(remote("up")));
  }
  ASSERT_TRUE(server_.is_settled("mika"));
  curl({"--continue-at", "-", "--upload-file", "file", url("up")});
  EXPECT_TRUE(read_bytes(remote("up")) == bytes);
  EXPECT_TRUE(did("226 APPE up")) << server_.log("operate.log");

  cut({"--output", "back", url("up")},
      [&] { return fs::exists(local("back")) && fs::file_size(local("back")) > 100'000; });
  const auto had = fs::file_size(local("back"));
  ASSERT_LT(had, bytes.size());
  curl({"--continue-at", "-", "--output", "back", url("up")});
  EXPECT_TRUE(read_bytes(local("back")) == bytes);
  EXPECT_TRUE(did(fmt::format("350 REST {}", had))) << server_.log("operate.log");
  expect_logins_over(GetParam());
  EXPECT_TRUE(server_.is_settled("mika"));
}

TEST_P(Curl, GetsPartsOfAFile) {
  const std::string bytes = some_bytes(5'000'000);
  server_.put_file("mika", "file", bytes);
  EXPECT_TRUE(curl({"--range", "100-199", url("file")}).out == bytes.substr(100, 100));
  EXPECT_TRUE(did("350 REST 100"));
  expect_logins_over(GetParam());
  if (GetParam() != Wire::clear) return;  // curl 7.88 over TLS sleeps a second in each of them
  EXPECT_TRUE(curl({"--range", "4999000-", url("file")}).out == bytes.substr(4'999'000));
  EXPECT_TRUE(curl({"--range", "-50", url("file")}).out == bytes.substr(bytes.size() - 50));
}

TEST_P(Curl, UploadsWhatComesFromAPipe) {
  const std::string bytes = some_bytes(700'001);
  curl({"--upload-file", "-", url("piped")}, bytes);
  EXPECT_TRUE(read_bytes(remote("piped")) == bytes);
  EXPECT_EQ(server_.usage("mika"), (Usage{700'001, 1}));
}

TEST_P(Curl, ListsForMachines) {
  server_.put_file("mika", "a folder", std::nullopt);
  server_.put_file("mika", "a folder/日本語.txt", "12345");
  const std::string listed = curl({"--request", "MLSD", url("a folder/")}).out;
  EXPECT_NE(listed.find("size=5;"), std::string::npos) << listed;
  EXPECT_NE(listed.find("; 日本語.txt\n"), std::string::npos) << listed;
  EXPECT_TRUE(did("226 MLSD"));
}

class ImplicitCurl : public Curl {
 protected:
  ImplicitCurl() : Curl({"implicit_tls_listen=127.0.0.1:0"}) {}
};
INSTANTIATE_TEST_SUITE_P(Wires, ImplicitCurl, testing::Values(Wire::tls12, Wire::tls13), name_of_wire);

TEST_P(ImplicitCurl, CopiesAFileBothWays) {
  const std::string bytes = some_bytes(1'000'003);
  write_bytes(local("file"), bytes);
  const std::string there = fmt::format("ftps://127.0.0.1:{}/file", server_.implicit_port());
  curl({"--upload-file", "file", there});
  curl({"--output", "back", there});
  EXPECT_TRUE(read_bytes(remote("file")) == bytes);
  EXPECT_TRUE(read_bytes(local("back")) == bytes);
  EXPECT_FALSE(did("234 AUTH"));
  expect_logins_over(GetParam());
}

}  // namespace
}  // namespace ferry::test
