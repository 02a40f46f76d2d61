// ferry --json: every line is JSON as docs/json.md has it, and the last one is the summary, whatever
// happened.
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "tests/support/ferry_client.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/json_output.h"

namespace ferry::test {
namespace {

using nlohmann::json;

class FerryJson : public testing::Test {
 protected:
  FerryJson() { server_.add_account("akira"); }

  FerryClient client() const {
    return FerryClient(ClientServer{"127.0.0.1", server_.port(), "akira", kPassword}, {"--tls=off"});
  }

  FerrydServer server_;
};

TEST_F(FerryJson, ListsAFolder) {
  server_.put_file("akira", "a\x1b[31m.txt", "12345");
  server_.put_file("akira", "caf\xe9", "");
  const RunResult listed = client().run("ls", {"--json", "/"});
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  EXPECT_EQ(listed.out.find('\x1b'), std::string::npos);
  const auto lines = json_lines_of(listed.out);
  ASSERT_EQ(lines.size(), 3u) << listed.out;
  EXPECT_EQ(lines[0]["type"], "entry");
  EXPECT_EQ(lines[0]["name"], "a\x1b[31m.txt");
  EXPECT_EQ(lines[0]["size"], 5);
  EXPECT_EQ(lines[0]["folder"], "/");
  EXPECT_EQ(lines[1]["name_b64"], "Y2Fm6Q==");
  EXPECT_EQ(lines[2]["exit_code"], 0);
}

TEST_F(FerryJson, TellsUsageFactsAndQuota) {
  server_.put_file("akira", "sub", std::nullopt);
  server_.put_file("akira", "sub/a", "12345");
  const FerryClient ferry = client();
  const auto of = [&](const char* command, const std::vector<std::string>& operands) {
    std::vector<std::string> words{"--json"};
    words.insert(words.end(), operands.begin(), operands.end());
    return json_lines_of(ferry.run(command, words).out);
  };
  const auto usage = of("du", {"/"});
  ASSERT_EQ(usage.size(), 3u);
  EXPECT_EQ(usage[0]["path"], "/sub");
  EXPECT_EQ(usage[0]["bytes"], 5);
  const auto deep = of("ls", {"-R", "/"});
  ASSERT_EQ(deep.size(), 3u);
  EXPECT_EQ(deep[1]["name"], "a");
  EXPECT_EQ(deep[1]["folder"], "/sub");
  const auto facts = of("stat", {"/sub/a"});
  EXPECT_EQ(facts[0]["type"], "facts");
  EXPECT_EQ(facts[0]["size"], 5);
  EXPECT_TRUE(facts[0].contains("unique"));
  const auto quota = of("quota", {});
  EXPECT_EQ(quota[0]["bytes"]["used"], 0);
  EXPECT_FALSE(quota[0]["bytes"].contains("left")) << "unlimited";
}

TEST_F(FerryJson, EndsWithTheSummaryHoweverTheRunEnded) {
  const FerryClient ferry = client();
  const auto nobody = FerryClient(ClientServer{"127.0.0.1", free_port(), "akira", kPassword}, {"--tls=off"});
  const FerryClient wrong(ClientServer{"127.0.0.1", server_.port(), "akira", "wrong"}, {"--tls=off"});
  struct Case {
    RunResult result;
    int exit_code;
    std::string error_class;
  };
  const Case cases[] = {
      {ferry.run_plain({"ls", "--json", "--no-such-option"}), 2, "usage"},
      {ferry.run_plain({"--json"}), 2, "usage"},
      {ferry.run_plain({"ls", "--json", "--timeout=soon", ferry.url("")}), 2, "usage"},
      {ferry.run_plain({"ls", "--json", "nowhere"}), 2, "usage"},
      {ferry.run("ls", {"--json", "/nowhere"}), 3, "not_found"},
      {wrong.run("ls", {"--json", "/"}), 4, "login_refused"},
      {nobody.run("ls", {"--json", "/"}), 6, "refused"},
  };
  for (const auto& [result, exit_code, error_class] : cases) {
    EXPECT_EQ(result.exit_code, exit_code) << result.out << result.err;
    const auto lines = json_lines_of(result.out);
    ASSERT_EQ(lines.size(), 2u) << result.out;
    EXPECT_EQ(lines[0]["type"], "error");
    EXPECT_EQ(lines[0]["class"], error_class) << result.out;
    EXPECT_EQ(lines[1]["exit_code"], exit_code);
  }
}

std::vector<json> of_type(const std::vector<json>& lines, const std::string& type) {
  std::vector<json> found;
  for (const auto& line : lines) {
    if (line["type"] == type) found.push_back(line);
  }
  return found;
}

TEST_F(FerryJson, TellsATransferFromStartToSummary) {
  const FerryClient ferry = client();
  write_noise(ferry.here() / "写真集.zip", 3'000'000, 1);
  write_file(ferry.here() / "caf\xe9", "");
  const RunResult sent = ferry.run("put", {"--json", "-j1", "写真集.zip", "caf\xe9", "/"});
  EXPECT_EQ(sent.exit_code, 0) << sent.err;
  const auto lines = json_lines_of(sent.out);
  const auto starts = of_type(lines, "start"), done = of_type(lines, "done");
  ASSERT_EQ(starts.size(), 2u) << sent.out;
  ASSERT_EQ(done.size(), 2u) << sent.out;
  EXPECT_EQ(starts[0]["item"], 1);
  EXPECT_EQ(starts[0]["direction"], "up");
  EXPECT_EQ(starts[0]["name"], "写真集.zip");
  EXPECT_EQ(starts[0]["bytes_total"], 3'000'000);
  EXPECT_EQ(done[0]["bytes_total"], 3'000'000);
  EXPECT_EQ(done[0]["bytes_resumed"], 0);
  EXPECT_EQ(done[0]["verified"], true);
  EXPECT_EQ(done[0]["algo"], "sha256");
  EXPECT_EQ(done[0]["source"], "announced");
  EXPECT_EQ(done[0]["digest"].get<std::string>().size(), 64u);
  EXPECT_EQ(done[1]["name_b64"], "Y2Fm6Q==");
  const json& summary = lines.back();
  EXPECT_EQ(summary["files_done"], 2);
  EXPECT_EQ(summary["files_failed"], 0);
  EXPECT_EQ(summary["files_verified"], 2);
  EXPECT_EQ(summary["bytes_moved"], 3'000'000);
  EXPECT_NE(sent.err.find("done   up 写真集.zip bytes=3000000"), std::string::npos)
      << "what is for people stays: " << sent.err;
}

TEST_F(FerryJson, TellsErrorsOfFilesWithTheirReply) {
  server_.put_file("akira", "there", "x");
  const RunResult got = client().run("get", {"--json", "/there", "/nowhere"});
  EXPECT_EQ(got.exit_code, 10) << got.err;
  const auto lines = json_lines_of(got.out);
  const auto errors = of_type(lines, "error");
  ASSERT_EQ(errors.size(), 1u) << got.out;
  EXPECT_EQ(errors[0]["class"], "not_found");
  EXPECT_EQ(errors[0]["ftp_code"], 550);
  EXPECT_EQ(errors[0]["retryable"], false);
  EXPECT_EQ(errors[0]["name"], "nowhere");
  EXPECT_EQ(errors[0]["attempt"], 1);
  EXPECT_EQ(lines.back()["exit_code"], 10);
  EXPECT_EQ(lines.back()["files_failed"], 1);
}

TEST_F(FerryJson, EndsWithTheSummaryWhenItIsInterrupted) {
  const FerryClient ferry = client();
  write_noise(ferry.here() / "tape", 60'000'000, 1);
  const ChildProcess upload(ferry.command_line("put", {"--json", "--stats=50ms", "--limit=20M", "tape", "/"}),
                            ferry.child_options());
  ASSERT_TRUE(wait_until([&] { return upload.out().find("\"progress\"") != std::string::npos; }));
  upload.send_signal(SIGINT);
  EXPECT_EQ(upload.wait(std::chrono::seconds(5)), 130);
  const auto lines = json_lines_of(upload.out());
  EXPECT_EQ(lines.back()["exit_code"], 130);
  const auto progress = of_type(lines, "progress");
  ASSERT_FALSE(progress.empty());
  EXPECT_EQ(progress[0]["files_total"], 1);
  EXPECT_EQ(progress[0]["files"][0]["name"], "tape");
  EXPECT_LE(progress[0]["bytes_done"], 60'000'000);
  EXPECT_EQ(of_type(lines, "error").at(0)["class"], "interrupted");
}

}  // namespace
}  // namespace ferry::test
