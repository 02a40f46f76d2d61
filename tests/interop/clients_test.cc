// The clients people have (curl, lftp, Python's ftplib) against ferryd, in clear and under TLS, over IPv4 and
// IPv6, passive and active. What they move is compared byte for byte, on the server's disk and on their own.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/test_ca.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct Way {
  bool tls, ipv6, active;
};

std::string name_of_way(const testing::TestParamInfo<Way>& way) {
  return fmt::format("{}_{}_{}", way.param.tls ? "tls" : "clear", way.param.ipv6 ? "v6" : "v4",
                     way.param.active ? "active" : "passive");
}

constexpr std::size_t kLarge = 200 << 20;

class Clients : public testing::TestWithParam<Way> {
 protected:
  Clients() { server_.add_account("mika"); }

  // file, empty, and the beginning of file, in our own folder.
  void prepare(std::size_t size) {
    bytes_ = some_bytes(size);
    write_bytes(local("file"), bytes_);
    write_bytes(local("empty"), "");
    write_bytes(local("half"), bytes_.substr(0, size / 2));
  }
  fs::path local(const std::string& name) const { return dir_.path() / name; }
  fs::path remote(const std::string& name) const { return server_.home("mika") / name; }

  std::string host(const Way& way) const { return way.ipv6 ? "::1" : "127.0.0.1"; }
  std::string url(const Way& way) const {
    return way.ipv6 ? fmt::format("ftp://[::1]:{}", server_.port_v6())
                    : fmt::format("ftp://127.0.0.1:{}", server_.port());
  }
  static RunResult run_quietly(const std::vector<std::string>& argv, const ChildOptions& options) {
    auto result = run(argv, options, 120s);
    EXPECT_EQ(result.exit_code, 0) << argv[0] << ":\n" << result.out << result.err;
    return result;
  }
  void expect_came_back() {
    EXPECT_TRUE(read_bytes(local("file.back")) == bytes_);
    EXPECT_TRUE(fs::exists(local("empty.back")) && fs::file_size(local("empty.back")) == 0);
    EXPECT_TRUE(read_bytes(local("half")) == bytes_) << "the resumed download";
  }
  // A client that quietly changes over to the other mode proves nothing.
  void expect_used(const Way& way) {
    const std::string log = server_.log("operate.log");
    const bool was_active = log.find("code=200 PORT ") != log.npos || log.find("code=200 EPRT ") != log.npos;
    const bool was_passive = log.find("code=227 PASV") != log.npos || log.find("code=229 EPSV") != log.npos;
    EXPECT_EQ(was_active, way.active);
    EXPECT_EQ(was_passive, !way.active);
  }
  void expect_clean() {
    EXPECT_TRUE(server_.is_settled("mika"));
    EXPECT_EQ(server_.usage("mika"), (Usage{0, 0}));
  }

  RunResult curl(const Way& way, std::vector<std::string> arguments);
  void exercise_curl(const Way& way);
  void exercise_lftp(const Way& way);
  void exercise_ftplib(const Way& way);

  TempDir dir_;
  FerrydServer server_;
  std::string bytes_;
};
INSTANTIATE_TEST_SUITE_P(EveryWay, Clients,
                         testing::Values(Way{false, false, false}, Way{false, false, true},
                                         Way{false, true, false}, Way{false, true, true},
                                         Way{true, false, false}, Way{true, false, true},
                                         Way{true, true, false}, Way{true, true, true}),
                         name_of_way);

// 7.87 and 7.88 forget TLS on active data connections (curl issue 10666, fixed in 8.0).
bool is_curl_broken_for(const Way& way) {
  if (!way.tls || !way.active) return false;
  const std::string version = run({"curl", "--version"}).out;
  return version.starts_with("curl 7.87.") || version.starts_with("curl 7.88.");
}

// Login on the standard input, where no process list shows it.
RunResult Clients::curl(const Way& way, std::vector<std::string> arguments) {
  std::vector<std::string> argv = {"curl", "--config", "-", "--silent", "--show-error", "--max-time", "100"};
  if (way.tls) argv.insert(argv.end(), {"--ssl-reqd", "--insecure"});
  if (way.active) argv.insert(argv.end(), {"--ftp-port", host(way)});
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  ChildOptions options;
  options.input = fmt::format("user = \"mika:{}\"\n", kPassword);
  return run_quietly(argv, options);
}

void Clients::exercise_curl(const Way& way) {
  const std::string folder = url(way) + "/made/";
  for (const std::string name : {"file", "empty"}) {
    curl(way, {"--ftp-create-dirs", "--upload-file", local(name), folder + name});
    curl(way, {"--output", local(name + ".back"), folder + name});
  }
  EXPECT_TRUE(read_bytes(remote("made/file")) == bytes_);
  // curl makes no file out of no bytes, unless it is told to.
  write_bytes(local("empty.back"), read_bytes(local("empty.back")));
  curl(way, {"--continue-at", "-", "--output", local("half"), folder + "file"});
  expect_came_back();
  const auto listed = curl(way, {"--list-only", folder}).out;
  EXPECT_TRUE(listed == "file\r\nempty\r\n" || listed == "empty\r\nfile\r\n" || listed == "file\nempty\n" ||
              listed == "empty\nfile\n")
      << listed;
  EXPECT_NE(curl(way, {folder}).out.find(std::to_string(bytes_.size())), std::string::npos);
  curl(way, {"--quote", "RNFR made/file", "--quote", "RNTO made/renamed", "--quote", "RNFR made", "--quote",
             "RNTO moved", "--list-only", url(way) + "/"});
  EXPECT_TRUE(read_bytes(remote("moved/renamed")) == bytes_);
  curl(way, {"--quote", "DELE moved/renamed", "--quote", "DELE moved/empty", "--quote", "RMD moved",
             "--list-only", url(way) + "/"});
  EXPECT_FALSE(fs::exists(remote("moved")));
}

void Clients::exercise_lftp(const Way& way) {
  const fs::path script = local("lftp-script");
  write_bytes(script, fmt::format(R"(set cmd:fail-exit yes
set net:max-retries 2
set net:timeout 60
set ssl:verify-certificate no
set ftp:ssl-allow {0}
set ftp:ssl-force {0}
set ftp:ssl-protect-data true
set ftp:passive-mode {1}
open -u mika,{2} {3}
mkdir made
put -O made {4}/file
put -O made {4}/empty
get made/file -o {4}/file.back
get made/empty -o {4}/empty.back
get -c made/file -o {4}/half
cls -1 made
mv made/file made/renamed
mv made moved
cls -1 moved
rm moved/renamed
rm moved/empty
rmdir moved
)",
                                  way.tls, !way.active, kPassword, url(way), dir_.path().string()));
  ChildOptions options;
  options.environment = {{"HOME", dir_.path().string()}, {"LFTP_HOME", dir_.path().string()}};
  const auto result = run_quietly({"lftp", "-f", script.string()}, options);
  EXPECT_NE(result.out.find("made/file"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("moved/renamed"), std::string::npos) << result.out;
  expect_came_back();
  EXPECT_FALSE(fs::exists(remote("moved")));
}

fs::path ftplib_script() {
  return fs::absolute(fs::path(__FILE__).parent_path() / "ftplib_client.py");
}

void Clients::exercise_ftplib(const Way& way) {
  const int port = way.ipv6 ? server_.port_v6() : server_.port();
  ChildOptions options;
  options.input = std::string(kPassword) + "\n";
  run_quietly({"python3", ftplib_script().string(), host(way), std::to_string(port), "mika",
               way.tls ? "tls" : "clear", way.active ? "active" : "passive", dir_.path().string()},
              options);
  expect_came_back();
}

TEST_P(Clients, Curl) {
  if (is_curl_broken_for(GetParam())) GTEST_SKIP() << "this curl cannot do active FTPS with any server";
  prepare(3'000'001);
  exercise_curl(GetParam());
  expect_used(GetParam());
  expect_clean();
}

TEST_P(Clients, Lftp) {
  if (GetParam().ipv6 && GetParam().active)
    GTEST_SKIP() << "lftp sends EPRT |2|::|port|, no address of its own, and changes over to passive mode";
  prepare(3'000'001);
  exercise_lftp(GetParam());
  expect_used(GetParam());
  expect_clean();
}

TEST_P(Clients, Ftplib) {
  prepare(3'000'001);
  exercise_ftplib(GetParam());
  expect_used(GetParam());
  expect_clean();
}

class LargeFiles : public Clients {};
INSTANTIATE_TEST_SUITE_P(OneWay, LargeFiles, testing::Values(Way{true, false, false}), name_of_way);

TEST_P(LargeFiles, CurlMoves200MegabytesUnderTls) {
  prepare(kLarge);
  exercise_curl(GetParam());
  expect_used(GetParam());
  expect_clean();
}

TEST_P(LargeFiles, LftpMoves200MegabytesInClear) {
  prepare(kLarge);
  exercise_lftp({.tls = false, .ipv6 = true, .active = false});
  expect_clean();
}

TEST_P(LargeFiles, FtplibMoves200MegabytesUnderTls) {
  prepare(kLarge);
  exercise_ftplib(GetParam());
  expect_used(GetParam());
  expect_clean();
}

// An upload that broke off goes on with what clients have for it.
TEST_P(Clients, CurlResumesAnUpload) {
  if (is_curl_broken_for(GetParam())) GTEST_SKIP() << "this curl cannot do active FTPS with any server";
  prepare(2'000'000);
  server_.put_file("mika", "file", bytes_.substr(0, 900'000));
  ASSERT_TRUE(server_.store().set_usage(server_.store().find_account("mika")->id, 900'000, 1));
  curl(GetParam(), {"--continue-at", "-", "--upload-file", local("file"), url(GetParam()) + "/file"});
  EXPECT_TRUE(read_bytes(remote("file")) == bytes_);
  EXPECT_EQ(server_.usage("mika"), (Usage{2'000'000, 1}));
}

// curl's other mode of CCC leaves without a close_notify, which ferryd does not take for an end.
TEST(CurlAndTls, EndsTlsOnItsControlConnection) {
  FerrydServer server({"clear_command_channel=true"});
  server.add_account("mika");
  server.put_file("mika", "file", std::string("content"));
  ChildOptions options;
  options.input = fmt::format("user = \"mika:{}\"\n", kPassword);
  const auto result = run(
      {"curl", "--silent", "--show-error", "--insecure", "--ssl-reqd", "--ftp-ssl-ccc", "--ftp-ssl-ccc-mode",
       "active", "--config", "-", fmt::format("ftp://127.0.0.1:{}/file", server.port())},
      options, 60s);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "content");
  EXPECT_NE(server.log("operate.log").find("code=200 CCC"), std::string::npos);
}

TEST(CurlAndTls, LogsInWithItsCertificate) {
  TestCa ca;
  FerrydServer server({"client_certificates=required", "client_ca=" + ca.file()});
  server.add_account("mika");
  server.put_file("mika", "file", std::string("content"));
  const auto own = ca.issue("mika");
  const auto result =
      run({"curl", "--silent", "--show-error", "--insecure", "--ssl-reqd", "--user", "mika:", "--cert",
           own.certificate, "--key", own.key, fmt::format("ftp://127.0.0.1:{}/file", server.port())},
          {}, 60s);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "content");
  EXPECT_NE(server.log("operate.log").find("code=232 USER mika"), std::string::npos);
}

}  // namespace
}  // namespace ferry::test
