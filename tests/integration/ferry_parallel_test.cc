// ferry with several files in flight: over as many sessions as the server lets it have, through breaks and
// killed workers, and stopped by what cannot get better.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

#include "tests/support/bytes.h"
#include "tests/support/cut_proxy.h"
#include "tests/support/ferry_client.h"
#include "tests/support/ferryd_server.h"
#include "tests/support/ftp_talker.h"
#include "tests/support/scripted_server.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

testing::AssertionResult exits(int code, const RunResult& result) {
  if (result.exit_code == code) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "exit " << result.exit_code << ", not " << code << "\n"
                                     << result.out << result.err;
}

testing::AssertionResult says(const RunResult& result, const std::string& text) {
  if (result.err.find(text) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no \"" << text << "\" in: " << result.err;
}

int count(const std::string& text, const std::string& word) {
  int found = 0;
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++found;
  return found;
}

// Relative path -> content; folders with "".
std::map<std::string, std::string> content_of(const fs::path& root) {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string path = entry.path().lexically_relative(root);
    if (path.rfind(".ferry", 0) == 0) continue;  // ferryd's own
    found[path] = entry.is_directory() ? "" : read_file(entry.path());
  }
  return found;
}

// `folders` folders with a sub-folder each, `files` files in each of both.
void make_tree(const fs::path& root, int folders, int files, std::size_t size) {
  for (int i = 0; i < folders; ++i) {
    const fs::path folder = root / ("folder " + std::to_string(i));
    fs::create_directories(folder / "deeper");
    for (int j = 0; j < files; ++j) {
      write_file(folder / ("file " + std::to_string(j)), some_bytes(size + static_cast<std::size_t>(j)));
      write_file(folder / "deeper" / std::to_string(j), some_bytes(size / 2 + static_cast<std::size_t>(i)));
    }
  }
}

class FerryInParallel : public testing::Test {
 protected:
  void serve(std::vector<std::string> sets = {}, const AccountOptions& account = {}) {
    server_ = std::make_unique<FerrydServer>(std::move(sets));
    server_->add_account("akira", account);
    client_ = std::make_unique<FerryClient>(ClientServer{"127.0.0.1", server_->port(), "akira", kPassword},
                                            std::vector<std::string>{"--tls=off"});
  }
  fs::path here(const std::string& name) const { return client_->here() / name; }
  fs::path there(const std::string& name) const { return server_->home("akira") / name; }
  int logins() const { return count(server_->log("login.log"), "login ok"); }
  RunResult ferry(const std::string& command, const std::vector<std::string>& operands) const {
    return client_->run(command, operands);
  }

  std::unique_ptr<FerrydServer> server_;
  std::unique_ptr<FerryClient> client_;
};

TEST_F(FerryInParallel, ATreeGoesUpAndComesBackOverSeveralSessions) {
  serve();
  make_tree(here("tree"), 3, 5, 20'000);
  EXPECT_TRUE(exits(0, ferry("put", {"-r", "tree", "/"})));
  EXPECT_EQ(content_of(there("tree")), content_of(here("tree")));
  EXPECT_GT(logins(), 1);
  EXPECT_LE(logins(), 4);
  EXPECT_TRUE(exits(0, ferry("get", {"-r", "-o", "back", "/tree"})));
  EXPECT_EQ(content_of(here("back/tree")), content_of(here("tree")));
  EXPECT_TRUE(server_->is_settled("akira"));
}

TEST_F(FerryInParallel, OneSessionIsEnoughWhereOneIsWanted) {
  serve();
  make_tree(here("tree"), 2, 3, 1'000);
  EXPECT_TRUE(exits(0, ferry("put", {"-r", "-j", "1", "tree", "/"})));
  EXPECT_EQ(logins(), 1);
  EXPECT_EQ(content_of(there("tree")), content_of(here("tree")));
}

TEST_F(FerryInParallel, SeveralOperandsShareTheSessions) {
  serve();
  for (const char* name : {"a", "b", "c", "d"}) write_file(here(name), some_bytes(200'000));
  EXPECT_TRUE(exits(0, ferry("put", {"a", "b", "c", "d", "/"})));
  for (const char* name : {"a", "b", "c", "d"}) EXPECT_TRUE(same_content(here(name), there(name))) << name;
  fs::create_directory(here("back"));
  EXPECT_TRUE(exits(0, ferry("get", {"-o", "back", "/a", "/b", "/c", "/d"})));
  EXPECT_TRUE(same_content(here("back/d"), there("d")));
}

class FerryAndFewSessions : public FerryInParallel, public testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(Limits, FerryAndFewSessions, testing::Values(1, 2));

TEST_P(FerryAndFewSessions, UsesWhatItGets) {
  serve({"max_sessions_per_user=" + std::to_string(GetParam())});
  make_tree(here("tree"), 2, 4, 5'000);
  const RunResult up = ferry("put", {"-r", "tree", "/"});
  EXPECT_TRUE(exits(0, up));
  EXPECT_EQ(up.err.find("too many"), std::string::npos) << "nothing was wrong: " << up.err;
  EXPECT_EQ(content_of(there("tree")), content_of(here("tree")));
  EXPECT_TRUE(exits(0, ferry("get", {"-r", "-o", "back", "/tree"})));
  EXPECT_EQ(content_of(here("back/tree")), content_of(here("tree")));
  const std::string log = server_->log("login.log");
  EXPECT_GE(count(log, "too many sessions"), 1) << "the limit was never met";
  EXPECT_LE(count(log, "too many sessions"), 6) << "it was not learnt: " << log;
}

TEST_F(FerryInParallel, TwoFilesForOneNameAreNotLeftToChance) {
  serve();
  fs::create_directories(here("x"));
  fs::create_directories(here("y"));
  write_file(here("x/same"), "first");
  write_file(here("y/same"), "second");
  EXPECT_TRUE(exits(10, ferry("put", {"x/same", "y/same", "/"})));
  EXPECT_EQ(read_file(there("same")), "first");
}

TEST_F(FerryInParallel, WhatDoesNotFitDoesNotStopTheOthers) {
  serve({}, {.quota = 1'000'000});
  for (const char* name : {"a", "c", "d"}) write_file(here(name), some_bytes(50'000));
  write_file(here("b"), some_bytes(2'000'000));
  const RunResult some = ferry("put", {"--no-fit-check", "a", "b", "c", "d", "/"});
  EXPECT_TRUE(exits(10, some));
  EXPECT_TRUE(says(some, "over quota"));
  EXPECT_EQ(some.err.find("; try 2"), std::string::npos) << some.err;
  for (const char* name : {"a", "c", "d"}) EXPECT_TRUE(same_content(here(name), there(name))) << name;
  EXPECT_FALSE(fs::exists(there("b")));
  EXPECT_TRUE(exits(8, ferry("put", {"b", "/"})));
}

TEST_F(FerryInParallel, AKilledWorkerCostsNoFile) {
  serve();
  make_tree(here("tree"), 4, 8, 150'000);
  {
    const ChildProcess upload(client_->command_line("put", {"-r", "--limit", "8M", "tree", "/"}),
                              client_->child_options());
    ASSERT_TRUE(wait_until([&] { return server_->disk_usage("akira").bytes > 1'000'000; }));
    ASSERT_TRUE(upload.running());
    ASSERT_EQ(::kill(server_->worker_pids().front(), SIGKILL), 0);
    const RunResult done{upload.wait(30s).value_or(-1), upload.out(), upload.err()};
    EXPECT_TRUE(exits(0, done));
  }
  EXPECT_EQ(content_of(there("tree")), content_of(here("tree")));
  EXPECT_TRUE(server_->is_settled("akira"));
}

TEST_F(FerryInParallel, CtrlCKeepsEveryPartialAndSaysHowToGoOn) {
  serve();
  for (const char* name : {"a", "b", "c"}) {
    server_->put_file("akira", name, some_bytes(3'000'000));
    write_file(here(std::string("expected ") + name), some_bytes(3'000'000));
  }
  {
    const ChildProcess download(client_->command_line("get", {"--limit", "4M", "/a", "/b", "/c"}),
                                client_->child_options());
    const auto is_begun = [&](const char* name) {
      const fs::path part = here(std::string(name) + ".ferry-part");
      return fs::exists(part) && fs::file_size(part) > 0;
    };
    ASSERT_TRUE(wait_until([&] { return is_begun("a") && is_begun("b") && is_begun("c"); }));
    download.send_signal(SIGINT);
    const RunResult stopped{download.wait(10s).value_or(-1), download.out(), download.err()};
    EXPECT_TRUE(exits(130, stopped));
    EXPECT_TRUE(says(stopped, "with -c goes on"));
    EXPECT_EQ(stopped.err.find("; try "), std::string::npos) << stopped.err;
    for (const char* name : {"a", "b", "c"}) EXPECT_TRUE(is_begun(name));
  }
  const RunResult resumed = ferry("get", {"-c", "/a", "/b", "/c"});
  EXPECT_TRUE(exits(0, resumed));
  int went_on = 0;
  std::istringstream lines(resumed.err);
  for (std::string line; std::getline(lines, line);)
    went_on += line.find(" done ") != line.npos && line.find(" offset=") != line.npos ? 1 : 0;
  EXPECT_EQ(went_on, 3) << resumed.err;
  for (const char* name : {"a", "b", "c"})
    EXPECT_TRUE(same_content(here(name), here(std::string("expected ") + name)));
}

TEST_F(FerryInParallel, WaitsForASessionThatSomebodyElseHas) {
  serve({"max_sessions_per_user=1"});
  write_file(here("a"), "a");
  auto other = std::make_unique<FtpTalker>(FtpTalker::logged_in(*server_, "akira", false));
  const ChildProcess upload(client_->command_line("put", {"a", "/"}), client_->child_options());
  ASSERT_TRUE(wait_until([&] { return upload.err().find("too many sessions") != std::string::npos; }));
  other.reset();
  EXPECT_EQ(upload.wait(20s), 0) << upload.err();
  EXPECT_EQ(read_file(there("a")), "a");
  EXPECT_TRUE(exits(6, [&] {
    FtpTalker holder = FtpTalker::logged_in(*server_, "akira", false);
    return ferry("put", {"--retries", "0", "a", "/"});
  }()));
}

TEST_F(FerryInParallel, AWrongPasswordIsTriedOnce) {
  serve();
  write_file(here("a"), "a");
  const FerryClient client({"127.0.0.1", server_->port(), "akira", "wrong"}, {"--tls=off"});
  write_file(client.here() / "a", "a");
  EXPECT_TRUE(exits(4, client.run("put", {"a", "/"})));
  EXPECT_EQ(count(server_->log("login.log"), "login refused"), 1);
}

// --- what breaks in the middle ---

class FerryTriesAgain : public testing::Test {
 protected:
  FerryTriesAgain() {
    server_.add_account("akira");
    proxy_.lead_to(server_);
    write_noise(here("tape"), 6'000'000, 1);
  }
  fs::path here(const std::string& name) const { return client_.here() / name; }
  fs::path there(const std::string& name) const { return server_.home("akira") / name; }

  CutProxy proxy_;
  FerrydServer server_{proxy_.options()};
  FerryClient client_{{CutProxy::kHost, proxy_.port(), "akira", kPassword}, {"--tls=off"}};
};

TEST_F(FerryTriesAgain, AndAnUploadGoesOnWhereItBroke) {
  for (const Cut::Kind kind : {Cut::Kind::reset, Cut::Kind::end}) {
    proxy_.arm({kind, Cut::Direction::up, 3'000'000});
    const std::string name = kind == Cut::Kind::reset ? "reset" : "end";
    const RunResult done = client_.run("put", {"tape", "/" + name});
    EXPECT_TRUE(exits(0, done));
    EXPECT_TRUE(says(done, "; try 2 in "));
    EXPECT_TRUE(says(done, " offset="));
    EXPECT_TRUE(says(done, "verified=server"));
    EXPECT_TRUE(same_content(here("tape"), there(name)));
    EXPECT_TRUE(server_.is_settled("akira"));
  }
}

TEST_F(FerryTriesAgain, AndADownloadGoesOnWhereItBroke) {
  server_.put_file("akira", "disk", read_file(here("tape")));
  proxy_.arm({Cut::Kind::end, Cut::Direction::down, 3'000'000});
  const RunResult done = client_.run("get", {"/disk"});
  EXPECT_TRUE(exits(0, done));
  EXPECT_TRUE(says(done, "; try 2 in "));
  EXPECT_TRUE(says(done, " offset="));
  EXPECT_TRUE(same_content(here("tape"), here("disk")));
  EXPECT_FALSE(fs::exists(here("disk.ferry-part")));
}

TEST_F(FerryTriesAgain, ButNotWhenItIsToldNotTo) {
  proxy_.arm({Cut::Kind::end, Cut::Direction::up, 3'000'000});
  const RunResult broken = client_.run("put", {"--retries", "0", "tape", "/"});
  EXPECT_TRUE(exits(6, broken));
  EXPECT_TRUE(says(broken, "with -c goes on"));
  EXPECT_EQ(broken.err.find("; try 2"), std::string::npos) << broken.err;
}

RunResult put_within(const FerryClient& client, const std::string& timeout, const std::string& retries) {
  return client.run_plain({"put", "--tls=off", "--no-input", "--password-file",
                           client.password_file().string(), "--timeout", timeout, "--retries", retries,
                           "tape", client.url("/tape")});
}

// The server has it all, but its 226 never comes.
TEST(FerryWaitsFor226, AndFindsTheFileThereWholeInsteadOfSendingItAgain) {
  ScriptedServer server;
  FerryClient client({"127.0.0.1", server.port(), "akira", "x"}, {"--tls=off"});
  write_noise(client.here() / "tape", 600'000, 1);
  server.keep_back_verdicts(1);
  const RunResult done = put_within(client, "300ms", "5");
  EXPECT_TRUE(exits(0, done));
  EXPECT_TRUE(says(done, "; try 2 in "));
  EXPECT_TRUE(server.file() == read_file(client.here() / "tape"));
  EXPECT_TRUE(says(done, " bytes=0 ")) << "it was sent twice";
}

TEST(FerryWaitsFor226, OnlyAsOftenAsItIsTold) {
  ScriptedServer server;
  FerryClient client({"127.0.0.1", server.port(), "akira", "x"}, {"--tls=off"});
  write_noise(client.here() / "tape", 600'000, 1);
  server.keep_back_verdicts(100);
  const RunResult done = put_within(client, "200ms", "1");
  EXPECT_TRUE(exits(6, done));
  EXPECT_TRUE(says(done, "no answer in time"));
}

TEST(FerryKeepsToItsTries, WhateverIsTemporary) {
  for (const char* refusal : {"450 busy", "451 local error", "425 no data connection", "421 going down"}) {
    ScriptedServer server("content");
    FerryClient client({"127.0.0.1", server.port(), "akira", "x"}, {"--tls=off"});
    auto left = std::make_shared<std::atomic<int>>(1);
    server.on("RETR", [=](const std::string&) {
      return std::vector<std::string>{(*left)-- > 0 ? refusal : "550 no more"};
    });
    const RunResult got = client.run("get", {"/a"});
    EXPECT_TRUE(says(got, "; try 2 in ")) << refusal;
    EXPECT_TRUE(exits(5, got)) << "550 is what it ends with";
    const auto commands = server.commands();
    EXPECT_EQ(std::ranges::count(commands, "RETR /a"), 2) << refusal;
  }
}

// --- time and memory ---

class FerryInParallelAlone : public FerryInParallel {
 protected:
  std::chrono::milliseconds time_of(const std::string& command, const std::vector<std::string>& operands) {
    const auto began = std::chrono::steady_clock::now();
    const RunResult done = ferry(command, operands);
    EXPECT_TRUE(exits(0, done));
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  }
  // The most memory that it had at any time, in KiB.
  std::pair<RunResult, long> run_and_weigh(const std::string& command,
                                           const std::vector<std::string>& operands) {
    const ChildProcess program(client_->command_line(command, operands), client_->child_options());
    long most = 0;
    while (program.running()) {
      std::ifstream status("/proc/" + std::to_string(program.pid()) + "/status");
      for (std::string line; std::getline(status, line);) {
        if (line.rfind("VmHWM:", 0) == 0) most = std::max(most, std::stol(line.substr(6)));
      }
      (void)program.wait(20ms);
    }
    return {{program.wait(1s).value_or(-1), program.out(), program.err()}, most};
  }
};

TEST_F(FerryInParallelAlone, TheRateIsThatOfAllTogether) {
  serve();
  for (const char* name : {"a", "b", "c", "d"}) write_file(here(name), some_bytes(1 << 20));
  const auto up = time_of("put", {"--limit", "0:2M", "a", "b", "c", "d", "/"});
  EXPECT_GE(up, 1'800ms);
  EXPECT_LE(up, 4s);
  const auto down = time_of("get", {"--limit", "2M:1K", "/a", "/b", "/c", "/d"});
  EXPECT_GE(down, 1'800ms);
  EXPECT_LE(down, 4s);
}

TEST_F(FerryInParallelAlone, TenThousandFilesNeedLittleMemory) {
  serve();
  for (int i = 0; i < 10'000; ++i) {
    const fs::path folder = here("tree/" + std::to_string(i / 100));
    if (i % 100 == 0) fs::create_directories(folder);
    write_file(folder / ("a name of some length " + std::to_string(i)), "content of " + std::to_string(i));
  }
  const auto [up, up_kib] = run_and_weigh("put", {"-r", "-q", "tree", "/"});
  EXPECT_TRUE(exits(0, up));
  EXPECT_LT(up_kib, 100 * 1024);
  const auto [down, down_kib] = run_and_weigh("get", {"-r", "-q", "-o", "back", "/tree"});
  EXPECT_TRUE(exits(0, down));
  EXPECT_LT(down_kib, 100 * 1024);
  EXPECT_GT(std::min(up_kib, down_kib), 1024) << "nothing was measured";
  EXPECT_EQ(content_of(here("back/tree")), content_of(here("tree")));
  RecordProperty("up_kib", static_cast<int>(up_kib));
  RecordProperty("down_kib", static_cast<int>(down_kib));
}

}  // namespace
}  // namespace ferry::test
