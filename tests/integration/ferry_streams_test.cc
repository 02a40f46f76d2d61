// ferry cat, get -o - and put -: files to and from pipes.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "tests/integration/ferry_commands_fixture.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

class FerryStreams : public FerryCommands {};

TEST_F(FerryStreams, CatAndGetWriteToStandardOutput) {
  std::string noise(700'000, '\0');
  for (std::size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<char>(i * i >> 7);
  put("noise", noise);
  put("end", "end");
  const RunResult both = ferry("cat", {"/noise", "/end"});
  EXPECT_TRUE(exits(0, both));
  EXPECT_TRUE(both.out == noise + "end");
  EXPECT_EQ(both.err, "");
  const RunResult got = ferry("get", {"-o", "-", "/noise"});
  EXPECT_TRUE(exits(0, got));
  EXPECT_TRUE(got.out == noise);
  EXPECT_NE(got.err.find("verified=server"), std::string::npos) << got.err;
  EXPECT_TRUE(shell("cat noise end\n").out == noise + "end");
  EXPECT_TRUE(fs::is_empty(client_.here()));

  EXPECT_TRUE(exits(3, ferry("cat", {"/nosuch"})));
  EXPECT_EQ(ferry("cat", {"/nosuch", "/end"}).out, "end");
  EXPECT_TRUE(exits(2, ferry("get", {"-r", "-o", "-", "/"})));
  EXPECT_TRUE(exits(2, ferry("get", {"-c", "-o", "-", "/end"})));
  EXPECT_TRUE(exits(2, ferry("get", {"--json", "-o", "-", "/end"})));
}

TEST_F(FerryStreams, CatOfAFolderIsRefused) {
  put("sub", std::nullopt);
  EXPECT_NE(ferry("cat", {"/sub"}).exit_code, 0);
}

std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (const auto& word : words) line += "'" + word + "' ";
  return line;
}

TEST_F(FerryStreams, ReaderWhoHasSeenEnoughHearsNoComplaint) {
  put("big", std::string(20'000'000, 'x'));
  const std::string cat = joined(client_.command_line("cat", {"/big"}));
  const RunResult head =
      run({"bash", "-c", cat + "| head -c 5; echo \" ${PIPESTATUS[0]}\""}, client_.child_options());
  EXPECT_EQ(head.out, "xxxxx 1\n");
  EXPECT_EQ(head.err, "");
  const RunResult full = run({"bash", "-c", cat + "> /dev/full"}, client_.child_options());
  EXPECT_TRUE(exits(8, full)) << "what nobody could write is an error";
}

TEST_F(FerryStreams, PutTakesStandardInput) {
  const std::string text(300'000, 'y');
  const RunResult put = ferry("put", {"-", "/streamed"}, text);
  EXPECT_TRUE(exits(0, put));
  EXPECT_NE(put.err.find("verified=server"), std::string::npos) << put.err;
  EXPECT_TRUE(read_file(there("streamed")) == text);
  EXPECT_TRUE(exits(0, ferry("put", {"--stdin-name", "named", "-", "/"}, "n")));
  EXPECT_EQ(read_file(there("named")), "n");
  EXPECT_TRUE(exits(0, ferry("put", {"-", "/empty"})));
  EXPECT_EQ(read_file(there("empty")), "");

  EXPECT_TRUE(exits(2, ferry("put", {"-", "/"}, "x"))) << "it has no name";
  EXPECT_TRUE(exits(2, ferry("put", {"-", "-", "/x"}, "x")));
  EXPECT_TRUE(exits(2, ferry("put", {"--stdin-name", "n", (client_.here() / "../password").string(), "/"})));
  EXPECT_TRUE(exits(3, ferry("put", {"-", "/nosuch/x"}, "x")));
  server_.add_account("small", {.quota = 1000});
  EXPECT_TRUE(exits(8, FerryClient(where("small"), {"--tls=off"}).run("put", {"-", "/x"}, text)));
}

// In clear the end of the data connection is all that tells a server that a file is whole.
TEST_F(FerryStreams, BrokenInputIsNeverTakenForAWholeFile) {
  ASSERT_TRUE(exits(0, ferry("put", {"-", "/old"}, "what was there")));
  const std::string put = joined(client_.command_line("put", {"-", "/old"}));
  const RunResult broken = run({"bash", "-c", "exec " + put + "< ."}, client_.child_options());  // EISDIR
  EXPECT_TRUE(exits(1, broken));
  EXPECT_NE(broken.err.find("standard input"), std::string::npos) << broken.err;
  EXPECT_EQ(read_file(there("old")), "what was there");
}

TEST_F(FerryStreams, StoppedInputIsNeverTakenForAWholeFile) {
  ASSERT_TRUE(exits(0, ferry("put", {"-", "/old"}, "what was there")));
  const std::string put = joined(client_.command_line("put", {"-", "/old"}));
  const ChildProcess upload({"bash", "-c", "exec " + put + "< <(head -c 20000000 /dev/zero; sleep 600)"},
                            client_.child_options());
  ASSERT_TRUE(wait_until([&] { return server_.disk_usage("akira").bytes > 5'000'000; }));
  upload.send_signal(SIGINT);
  EXPECT_EQ(upload.wait(std::chrono::seconds(10)), 130) << upload.err();
  ASSERT_TRUE(server_.is_settled("akira"));
  EXPECT_EQ(read_file(there("old")), "what was there");
}

TEST(FerryAndOthers, StreamsThatAreNotWhatTheServerToldAreErrors) {
  ScriptedServer other("content");
  other.feature("HASH SHA-256*");
  other.on("HASH", always("213 SHA-256 0-7 " + std::string(64, 'a') + " /x"));
  const RunResult differs = with_server(other, "cat", {"/x"});
  EXPECT_EQ(differs.exit_code, 9) << differs.err;
  EXPECT_EQ(differs.out, "content");
  ScriptedServer cut("content");
  cut.on("SIZE", always("213 8"));
  const RunResult shorter = with_server(cut, "cat", {"/x"});
  EXPECT_EQ(shorter.exit_code, 6) << shorter.err;
  EXPECT_NE(shorter.err.find("7 bytes came of the 8"), std::string::npos) << shorter.err;
}

}  // namespace
}  // namespace ferry::test
