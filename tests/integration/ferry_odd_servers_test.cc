// ferry against servers that answer as no good server does: resume and digests.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/bytes.h"
#include "tests/support/ferry_client.h"
#include "tests/support/scripted_server.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class FerryAndOddServers : public testing::Test {
 protected:
  FerryAndOddServers() { write_file(client_.here() / "tape", content_); }

  fs::path here(const std::string& name) const { return client_.here() / name; }
  static ScriptedServer::Answer always(const std::string& line) {
    return [line](const std::string&) { return std::vector<std::string>{line}; };
  }
  RunResult get_within(const std::string& timeout) const {
    return client_.run_plain({"get", "--tls=off", "--no-input", "--password-file",
                              client_.password_file().string(), "--timeout", timeout, "--retries", "0", "-o",
                              "copy", client_.url("/tape")});
  }
  long count(const std::string& verb) const {
    const auto commands = server_.commands();
    return std::count_if(commands.begin(), commands.end(),
                         [&](const std::string& line) { return line.rfind(verb, 0) == 0; });
  }
  static testing::AssertionResult says(const RunResult& result, int code, const std::string& text) {
    if (result.exit_code == code && result.err.find(text) != std::string::npos)
      return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << "exit " << result.exit_code << ", not " << code << " with \"" << text << "\": " << result.err;
  }

  const std::string content_ = some_bytes(2'000'000), start_ = content_.substr(0, 1'000'000);
  ScriptedServer server_{content_};
  FerryClient client_{{"127.0.0.1", server_.port(), "akira", "x"}, {"--tls=off"}};
};

TEST_F(FerryAndOddServers, WithoutRestADownloadBeginsAnew) {
  server_.on("REST", always("502 no restart"));
  write_file(here("copy.ferry-part"), start_);
  EXPECT_TRUE(
      says(client_.run("get", {"--resume=always", "-o", "copy", "/tape"}), 0, "is fetched from the start"));
  EXPECT_TRUE(read_file(here("copy")) == content_);
}

// No digest tells; but its time did not stay what it was.
TEST_F(FerryAndOddServers, FileThatChangesWhileItMovesIsNoDownload) {
  server_.on("MDTM", [asked = 0](const std::string&) mutable {
    return std::vector<std::string>{asked++ == 0 ? "213 20260101000000" : "213 20260101000001"};
  });
  write_file(here("copy"), "what was there");
  EXPECT_TRUE(says(client_.run("get", {"-o", "copy", "/tape"}), 1, "changed on the server"));
  EXPECT_EQ(read_file(here("copy")), "what was there");
  EXPECT_FALSE(fs::exists(here("copy.ferry-part")));
  EXPECT_TRUE(says(client_.run("get", {"-o", "copy", "/tape"}), 0, ""));
  EXPECT_TRUE(read_file(here("copy")) == content_);
}

class FerryAndHalfAnUpload : public FerryAndOddServers {
 protected:
  FerryAndHalfAnUpload() {
    server_.on("SIZE", [this](const std::string&) {
      return std::vector<std::string>{"213 " + std::to_string(there_)};
    });
  }
  std::size_t there_ = start_.size();
};

TEST_F(FerryAndHalfAnUpload, WithoutRestItIsSentFromTheStart) {
  server_.on("REST", always("502 no restart"));
  EXPECT_TRUE(says(client_.run("put", {"--resume=always", "tape", "/tape"}), 0, "is sent from the start"));
  EXPECT_TRUE(server_.file() == content_);
}

// A digest of another kind of answer, or none at all, is no proof either way.
TEST_F(FerryAndHalfAnUpload, AnswersAboutBreakpointsThatMakeNoSenseAreNoProof) {
  server_.feature("SITE BREAKPOINT");
  for (const char* line : {"213 Offset=5;State=waiting; /tape", "213 what?", "200 fine", "504 unknown"}) {
    server_.on("SITE", always(line));
    EXPECT_TRUE(says(client_.run("put", {"-c", "tape", "/tape"}), 0, "cannot be shown to be of this file"))
        << line;
  }
}

TEST_F(FerryAndHalfAnUpload, HashThatDoesNotHeedTheRangeIsNoProof) {
  server_.feature("HASH SHA-256*");
  server_.feature("RANG STREAM");
  server_.on("RANG", always("350 noted"));
  server_.on("HASH", always("213 SHA-256 0-1999999 " + sha256_of(content_) + " /tape"));
  const RunResult put = client_.run("put", {"-c", "tape", "/tape"});
  EXPECT_TRUE(says(put, 0, "cannot be shown to be of this file"));
  EXPECT_TRUE(says(put, 0, "verified=server"));
  EXPECT_EQ(count("RANG 1 0"), 1) << "or the range would be that of the next transfer";
}

// Reading a large file takes longer than any timeout; what counts is that the server shows signs of life.
TEST_F(FerryAndOddServers, ADigestMayTakeAsLongAsTheServerShowsSignsOfLife) {
  server_.feature("HASH SHA-256*");
  server_.pause_between_lines(400ms);
  server_.on("HASH", [this](const std::string&) {
    return std::vector<std::string>{"213-Computing", "213-Computing", "213-Computing", "213-Computing",
                                    "213 SHA-256 0-1999999 " + sha256_of(content_) + " /tape"};
  });
  EXPECT_TRUE(says(get_within("1s"), 0, "verified=server"));
}

TEST_F(FerryAndOddServers, ADigestThatNeverComesIsWaitedForInVain) {
  server_.feature("HASH SHA-256*");
  server_.on("HASH", [](const std::string&) { return std::vector<std::string>{}; });
  EXPECT_TRUE(says(get_within("300ms"), 6, "no answer in time"));
  EXPECT_FALSE(fs::exists(here("copy")));
}

TEST_F(FerryAndOddServers, ADigestThatIsRefusedIsNoFailure) {
  server_.feature("HASH SHA-256*");
  server_.on("HASH", always("450 too busy"));
  const RunResult got = client_.run("get", {"-o", "copy", "/tape"});
  EXPECT_TRUE(says(got, 0, " done "));
  EXPECT_EQ(got.err.find("verified"), std::string::npos) << got.err;
  EXPECT_TRUE(says(client_.run("get", {"--verify=sha256", "-o", "copy", "/tape"}), 0, "verified=readback"));
}

TEST_F(FerryAndOddServers, ADownloadThatGoesOnWithOtherBytesThanAskedForIsNeverMixed) {
  server_.on("REST", always("350 as you say"));  // and begins at 0 all the same
  write_file(here("copy.ferry-part"), start_);
  EXPECT_TRUE(says(client_.run("get", {"--resume=always", "-o", "copy", "/tape"}), 0,
                   "is not what the server has, so it is fetched from the start"));
  EXPECT_TRUE(read_file(here("copy")) == content_);
}

}  // namespace
}  // namespace ferry::test
