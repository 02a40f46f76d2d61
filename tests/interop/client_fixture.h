// What the tests of foreign clients share: a ferryd with one account, a folder of the client's own that is
// its HOME, and the proofs taken from the server's side: its disk, its store and its logs.
#pragma once

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/interop/difficult_tree.h"
#include "tests/support/bytes.h"
#include "tests/support/ferryd_server.h"

namespace ferry::test {

enum class Wire { clear, tls12, tls13 };

inline std::string name_of_wire(const testing::TestParamInfo<Wire>& info) {
  return info.param == Wire::clear ? "clear" : info.param == Wire::tls12 ? "tls12" : "tls13";
}

class ForeignClient {
 public:
  explicit ForeignClient(std::vector<std::string> sets = {}) : server_(std::move(sets)) {
    server_.add_account("mika");
  }

 protected:
  std::filesystem::path local(const std::string& name) const { return dir_.path() / name; }
  std::filesystem::path remote(const std::string& name) const { return server_.home("mika") / name; }
  std::string port() const { return std::to_string(server_.port()); }

  // In our own folder, which is the client's HOME, too; a C.UTF-8 locale, so that names are not mangled.
  RunResult run_client(const std::vector<std::string>& argv, const std::string& input = "") {
    ChildOptions options;
    options.input = input;
    options.working_dir = dir_.path();
    options.environment = {{"HOME", dir_.path().string()}, {"LC_ALL", "C.UTF-8"}};
    return run(argv, options, std::chrono::seconds(120));
  }
  void expect_runs(const std::vector<std::string>& argv, const std::string& input = "") {
    const RunResult result = run_client(argv, input);
    EXPECT_EQ(result.exit_code, 0) << argv[0] << ":\n" << result.out << result.err;
  }
  // $HOME/.netrc, for clients that take a password from nowhere else but a terminal.
  void write_netrc() {
    write_bytes(local(".netrc"), fmt::format("machine 127.0.0.1 login mika password {}\n", kPassword));
    std::filesystem::permissions(local(".netrc"), std::filesystem::perms::owner_read);
  }
  // Every login of the server's log came over this wire, and there was one.
  void expect_logins_over(Wire wire) const {
    const std::string wanted = wire == Wire::clear   ? " tls=no "
                               : wire == Wire::tls12 ? " tls=TLSv1.2 "
                                                     : " tls=TLSv1.3 ";
    const std::string log = server_.log("login.log");
    std::size_t logins = 0, wanted_logins = 0;
    for (auto at = log.find(" tls="); at != log.npos; at = log.find(" tls=", at + 1)) {
      ++logins;
      wanted_logins += log.compare(at, wanted.size(), wanted) == 0 ? 1 : 0;
    }
    EXPECT_GT(logins, 0u);
    EXPECT_EQ(logins, wanted_logins) << log;
  }
  bool did(const std::string& code_and_command) const {
    return server_.log("operate.log").find("code=" + code_and_command) != std::string::npos;
  }

  TempDir dir_;
  FerrydServer server_;
};

// A script or source beside the tests.
inline std::string script(const std::string& name) {
  namespace fs = std::filesystem;
  return fs::absolute(fs::path(__FILE__).parent_path() / name).string();
}

}  // namespace ferry::test
