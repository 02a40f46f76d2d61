// An account on ferryd and a client for it, for the tests of ferry's commands.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/ferry_client.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/scripted_server.h"

namespace ferry::test {

class FerryCommands : public testing::Test {
 protected:
  FerryCommands() { server_.add_account("akira"); }

  ClientServer where(const std::string& user = "akira") const {
    return {"127.0.0.1", server_.port(), user, kPassword};
  }
  RunResult ferry(const std::string& command, const std::vector<std::string>& operands,
                  const std::string& input = {}) const {
    return client_.run(command, operands, input);
  }
  // Both ways must do the same.
  RunResult shell(const std::string& lines) const { return client_.shell(lines); }
  void put(const std::string& path, const std::optional<std::string>& bytes) {
    server_.put_file("akira", path, bytes);
  }
  std::filesystem::path there(const std::string& path) const { return server_.home("akira") / path; }
  static testing::AssertionResult exits(int code, const RunResult& result) {
    if (result.exit_code == code) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "exit " << result.exit_code << "\n" << result.out << result.err;
  }

  FerrydServer server_;
  FerryClient client_{where(), {"--tls=off"}};
};

// --- servers that are not ferryd ---

inline RunResult with_server(ScriptedServer& server, const std::string& command,
                             const std::vector<std::string>& operands) {
  return FerryClient({"127.0.0.1", server.port(), "akira", "x"}, {"--tls=off"}).run(command, operands);
}

inline ScriptedServer::Answer always(const std::string& line) {
  return [line](const std::string&) { return std::vector<std::string>{line}; };
}

}  // namespace ferry::test
