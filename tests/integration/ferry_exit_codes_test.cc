// Every exit code that `ferry help exit-codes` documents, provoked with the real program.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "client/line/exit_code.h"
#include "tests/support/ferry_client.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/scripted_server.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace client;

class FerryExitCodes : public testing::Test {
 protected:
  FerryExitCodes() {
    server_.add_account("akira");
    server_.add_account("reader", {.read_only = true});
    server_.add_account("small", {.quota = 1000});
    server_.put_file("akira", "there", "x");
    server_.put_file("akira", "folder", std::nullopt);
    write_file(client_.here() / "local", std::string(2000, 'x'));
  }

  FerryClient as(const std::string& user, const std::string& password = kPassword,
                 std::vector<std::string> security = {"--tls=off"}) const {
    return {{"127.0.0.1", server_.port(), user, password}, std::move(security)};
  }
  std::string local() const { return (client_.here() / "local").string(); }
  // Told to stop while a server is silent.
  RunResult stopped_by(int signal) const {
    ScriptedServer silent;
    silent.on("EPSV", [](const std::string&) { return std::vector<std::string>(); });
    const FerryClient client({"127.0.0.1", silent.port(), "akira", "x"}, {"--tls=off"});
    const ChildProcess list(client.command_line("ls", {"/"}), client.child_options());
    const auto is_waiting = [&] {
      const auto commands = silent.commands();
      return std::ranges::find(commands, "EPSV") != commands.end();
    };
    EXPECT_TRUE(wait_until(is_waiting));
    list.send_signal(signal);
    const int code = list.wait(std::chrono::seconds(10)).value_or(-1);
    return {code, list.out(), list.err()};
  }
  // The server's digest is of something else.
  RunResult with_wrong_digest() const {
    ScriptedServer odd("content");
    odd.feature("HASH SHA-256*");
    odd.on("HASH", [](const std::string&) {
      return std::vector<std::string>{"213 SHA-256 0-7 " + std::string(64, 'a') + " /tape"};
    });
    return FerryClient({"127.0.0.1", odd.port(), "akira", "x"}, {"--tls=off"}).run("get", {"/tape"});
  }

  FerrydServer server_;
  FerryClient client_{{"127.0.0.1", server_.port(), "akira", kPassword}, {"--tls=off"}};
};

TEST_F(FerryExitCodes, AreEachProvoked) {
  const FerryClient nobody_there({"127.0.0.1", free_port(), "akira", "x"}, {"--tls=off"});
  struct Row {
    ExitCode code;
    const char* what;
    RunResult result;
  };
  const Row rows[] = {
      {kExitDone, "a listing", client_.run("ls", {"/"})},
      {kExitDone, "help", client_.run_plain({"help", "get"})},
      {kExitFailure, "a folder without -r", client_.run("get", {"/folder"})},
      {kExitUsage, "no command", client_.run_plain({})},
      {kExitUsage, "an unknown option", client_.run("ls", {"--nonsense", "/"})},
      {kExitUsage, "a missing operand", client_.run("mv", {"/one"})},
      {kExitUsage, "a password that nobody can be asked for",
       client_.run_plain({"ls", "--no-input", client_.url("/")})},
      {kExitNotFound, "a file there", client_.run("cat", {"/nosuch"})},
      {kExitNotFound, "a file here", client_.run("put", {"nosuch", "/"})},
      {kExitLogin, "a wrong password", as("akira", "wrong").run("ls", {"/"})},
      {kExitPermission, "a read-only account", as("reader").run("put", {local(), "/"})},
      {kExitPermission, "everything at once", client_.run("rm", {"-r", "/"})},
      {kExitNetwork, "nobody listens", nobody_there.run("ls", {"/"})},
      {kExitTrust, "an unknown certificate", as("akira", kPassword, {}).run("ls", {"/"})},
      {kExitSpace, "a quota", as("small").run("put", {local(), "/"})},
      {kExitDigest, "another digest", with_wrong_digest()},
      {kExitSomeFailed, "one of two", client_.run("stat", {"/there", "/nosuch"})},
      {kExitInterrupted, "Ctrl-C", stopped_by(SIGINT)},
      {kExitTerminated, "SIGTERM", stopped_by(SIGTERM)},
  };
  std::set<int> provoked;
  for (const Row& row : rows) {
    EXPECT_EQ(row.result.exit_code, row.code) << row.what << "\n" << row.result.out << row.result.err;
    EXPECT_EQ(row.result.err.empty(), row.code == kExitDone) << row.what << "\n" << row.result.err;
    provoked.insert(row.code);
  }
  provoked.insert({kExitExists, kExitDifferences});  // of --if-exists, verify and sync, in their own tests
  for (const auto& row : exit_code_rows()) EXPECT_TRUE(provoked.contains(row.code)) << row.meaning;
}

}  // namespace
}  // namespace ferry::test
